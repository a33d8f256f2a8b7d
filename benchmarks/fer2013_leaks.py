"""What ``mien table leaks`` finds in FER2013 by itself, beside the columns of a copy whose leaks were listed before.

    python benchmarks/fer2013_leaks.py FOLDER

FOLDER holds ``fer2013plus.parquet``. Only numbers leave it: no picture, no name.
"""

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

from common import machine, write_results

from mien.data.databases import read_database
from mien.data.leaks import KINDS, Leaks, Pair, find_leaks
from mien.data.table import LabelTable
from mien.report.results import markdown

COLUMNS = ("usage", "split", "leaks", "duplicate_group", "train_similarity", "expression")
SAME_PHOTO = 0.97


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "fer2013_leaks.json")
    given = parser.parse_args()
    table = read_database("fer2013plus", given.folder)
    start = time.perf_counter()
    found = find_leaks(table, by="usage", within=True)
    seconds = time.perf_counter() - start
    content = {"seconds": round(seconds, 1), "between": found.to_dict()["between"], **compare(table, found)}
    print(f"{len(table)} pictures in {seconds:.0f} s\n")
    print(markdown([["splits", *KINDS, "rows of the first", "rows of the second"], *between(found)]), end="\n\n")
    print(markdown([["what", "rows"], *([what, str(rows)] for what, rows in content.items() if "rows" in what)]))
    write_results(given.out, {"machine": machine(), **content})


def between(found: Leaks) -> list[list[str]]:
    """Pairs by kind for each two splits."""
    return [
        [f"{c.split_a} - {c.split_b}", *(str(n) for n in (c.exact, c.near, c.mirrored, c.rows_a, c.rows_b))]
        for c in found.between
    ]


def compare(table: LabelTable, found: Leaks) -> dict[str, int]:
    """How many of the listed rows are found, and how many are found that no column lists."""
    column = table.read(COLUMNS).to_pydict()
    rows = range(len(table))
    test = {row for row in rows if column["usage"][row] != "Training"}
    listed = {
        "leaks": {row for row in rows if column["leaks"][row]},
        "duplicate_group": {row for row in rows if column["duplicate_group"][row] is not None},
        "train_similarity": {row for row in test if column["train_similarity"][row] > SAME_PHOTO},
    }
    to_train = [p for p in found.pairs if p.split_a == "Training" != p.split_b]
    ours = {
        "leaks": of(to_train, "exact"),
        "duplicate_group": either(p for p in found.pairs if p.kind == "exact"),
        "train_similarity": of(to_train, "exact", "near"),
    }
    counts = {}
    for name, theirs in listed.items():
        counts[f"rows listed by {name}"] = len(theirs)
        counts[f"... of these rows found, {name}"] = len(theirs & ours[name])
        counts[f"... rows found, not listed by {name}"] = len(ours[name] - theirs)
    known = listed["leaks"] | listed["train_similarity"]
    public = [p for p in found.pairs if (p.split_a, p.split_b) == ("PublicTest", "PrivateTest")]
    strict = {row for row in rows if column["split"][row] == "test"}
    inside = [p for p in found.pairs if p.split_a == p.split_b == "Training"]
    counts |= {
        "test rows: mirrored copy of a training row, in no column": len(of(to_train, "mirrored") - known),
        "PrivateTest rows: near or mirrored copy of a PublicTest row": len(of(public, "near", "mirrored")),
        "strict test rows: any copy of a training or PublicTest row": len(of([*to_train, *public], *KINDS) & strict),
        "training rows with an exact copy in training": len(either(p for p in inside if p.kind == "exact")),
        "training rows with a near or mirrored copy in training": len(either(p for p in inside if p.kind != "exact")),
        "training rows with a copy of another majority expression": len(
            either(p for p in inside if column["expression"][p.row_a] != column["expression"][p.row_b])
        ),
    }
    return counts


def of(pairs: Iterable[Pair], *kinds: str) -> set[int]:
    """The rows on the second side."""
    return {pair.row_b for pair in pairs if pair.kind in kinds}


def either(pairs: Iterable[Pair]) -> set[int]:
    """The rows on both sides."""
    return {row for pair in pairs for row in (pair.row_a, pair.row_b)}


if __name__ == "__main__":
    main()
