"""Recognisers trained with generated faces of rare expressions added to the real ones: what do they gain?

    python benchmarks/rare_classes.py --gan runs/gan_faces/gan-seed0 [--out results.json]

With 100 %, generated faces fill each rare class up to the size of the smallest other class; with 25 % they fill a
quarter of that gap. Beside them stands the cheaper way, real faces of rare classes drawn more often. Every arm sees the
same number of faces, has the same seeds and is tested on the same real faces; differences come with 95 % Student
intervals over seeds. An arm or a run that is done is not done again.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from common import machine, write_results

from mien.cli.bars import bar
from mien.config import Balance, Recipe, read_recipe
from mien.data.columns import vote
from mien.data.databases import read_database
from mien.data.table import LabelTable
from mien.generation.make import FaceGenerator
from mien.generation.table import write_for_request
from mien.metrics.intervals import Interval, paired_difference
from mien.training.experiment import run_experiment

RARE = ("fear", "disgust", "contempt")
SHARES = (25, 50, 100)  # per cent
BALANCED = Balance(how="classes", power=0.5)
Scores = dict[str, list[float]]  # measure -> one score per seed


def main() -> None:
    """Read the command line, train what is not trained yet, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gan", type=Path, required=True, help="folder of a run with method 'gan'")
    parser.add_argument("--recipe", type=Path, default=Path("recipes/rare_classes.toml"))
    parser.add_argument("--folder", type=Path, default=Path("runs/rare_classes"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "rare_classes.json")
    args = parser.parse_args()
    recipe = read_recipe(args.recipe)
    (database,) = recipe.data
    real = read_database(database.reader, database.resolved_path())
    counts = faces_of(real)
    missing = {name: min(counts[n] for n in counts if n not in RARE) - counts[name] for name in RARE}
    arms = {"real faces": recipe, "drawn more often": changed(recipe, balance=BALANCED)}
    for share in SHARES:
        table = args.folder / f"{share}.parquet"
        if not table.exists():
            add(FaceGenerator(args.gan), real, {name: n * share // 100 for name, n in missing.items()}, table)
        arms[f"{share} % generated"] = changed(recipe, reader="table", path=str(table))
    scores = {}
    for name, one in arms.items():
        print(name)
        found = run_experiment(one, args.folder / name.replace(" ", "_").replace("%", "per_cent"), progress=bar)
        scores[name] = measured(found["scores"])
    print(table_of(scores, counts, missing))
    write_results(args.out, {"machine": machine(), "real": counts, "generated at 100 %": missing, "scores": scores})


def changed(recipe: Recipe, **settings: object) -> Recipe:
    """The recipe with other settings of its one database."""
    return recipe.model_copy(update={"data": (recipe.data[0].model_copy(update=settings),)})


def faces_of(table: LabelTable) -> dict[str, int]:
    """Training faces of each expression: votes, counted as the shares of a face that they are."""
    names = table.labels["expression"]
    rows = table.read(["split", *map(vote, names)])
    train = np.array(rows["split"].to_pylist()) == "train"
    votes = np.stack([rows[vote(name)].to_numpy() for name in names], axis=1)[train]
    shares = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    return {name: round(float(n)) for name, n in zip(names, np.nansum(shares, axis=0), strict=True)}


def add(generator: FaceGenerator, real: LabelTable, wanted: dict[str, int], path: Path) -> None:
    """Write the real faces and, in their training split, ``wanted`` generated ones of each class."""
    columns = ["split", "subject", "image", *map(vote, real.labels["expression"])]
    parts = [real.read(columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    for seed, (name, count) in enumerate(wanted.items()):
        made = path.with_suffix(f".{name}.parquet")
        write_for_request(generator, {"expression": name}, count, made, seed)
        parts.append(LabelTable(made).read(columns))
        made.unlink()
    LabelTable(pa.concat_tables(parts), classes={"expression": real.labels["expression"]}).write(path)


def measured(records: Sequence[dict[str, object]]) -> Scores:
    """Recall of the rare classes, their mean, and accuracy and F1 of all classes, by seed."""
    found: Scores = defaultdict(list)
    for record in sorted(records, key=lambda r: r["seed"]):
        if record["metric"] == "recall" and record["label"] in RARE:
            found[f"recall of {record['label']}"].append(record["value"])
        elif record["metric"] in ("accuracy", "macro_f1") and not record["label"]:
            found[record["metric"]].append(record["value"])
    found["recall of the rare"] = np.mean([found[f"recall of {name}"] for name in RARE], axis=0).tolist()
    return dict(found)


def table_of(scores: dict[str, Scores], counts: dict[str, int], missing: dict[str, int]) -> str:
    """Mean over seeds of each arm, and how much more than with real faces alone."""
    base = scores["real faces"]
    lines = [
        "training faces: " + ", ".join(f"{name} {n}" for name, n in counts.items()),
        "generated at 100 %: " + ", ".join(f"{name} {n}" for name, n in missing.items()),
        "",
        "| arm | " + " | ".join(base) + " |",
        "|---|" + "---|" * len(base),
    ]
    for arm, found in scores.items():
        cells = []
        for name, values in found.items():
            more = "" if arm == "real faces" else f" ({interval(paired_difference(values, base[name]))})"
            cells.append(f"{np.mean(values):.3f}{more}")
        lines.append(f"| {arm} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def interval(difference: Interval[float]) -> str:
    return f"{difference.value:+.3f} [{difference.low:.3f}, {difference.high:.3f}]"


if __name__ == "__main__":
    main()
