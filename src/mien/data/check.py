"""Every fault of a label table at once, each with its row, column, value and what was expected."""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mien.choose import nearest
from mien.data.columns import BOX, CLASS_COLUMNS, SAME_FACE, TYPES, VALUE_COLUMNS, vote
from mien.data.databases.folders import meant
from mien.data.faults import LISTED, BoolArray, Faults, Finding, Report
from mien.data.splits import subject_key
from mien.data.table import LabelTable
from mien.errors import ImageError
from mien.images import read_image
from mien.labels import EXPRESSIONS, INTENSITY_RANGE, KNOWN_NAMES, VA_RANGE

NO_LEAK = ("train", "val", "test")  # a subject in two of these is a fault; other splits, as test_leaked, are not asked
LABEL_ROWS, IMAGE_ROWS = 65_536, 256  # rows per batch without and with pictures in memory
VOTES = tuple(vote(name) for name in EXPRESSIONS)


def check(table: LabelTable, images: bool = False, advance: Callable[[int], object] = lambda rows: None) -> Report:
    """Find every fault of ``table``.

    Args:
        table: read as a stream of the columns that mien knows; encoded pictures are held a few hundred at a time.
        images: also decode every picture.
        advance: called with the number of rows after each batch, for a progress bar.

    >>> report = check(LabelTable(pa.table({"path": ["a.png"], "valence": [3.0]})))
    >>> [(fault.kind, fault.column, fault.findings[0].value) for fault in report.faults]
    [('missing file', 'path', 'a.png'), ('out of range', 'valence', '3')]
    """
    found = Faults()
    _check_names(table.columns, found)
    if not len(table):
        found.add_one("empty table", "", "no rows", "at least one row")
    columns = [name for name in table.columns if name in TYPES]
    rows = IMAGE_ROWS if "image" in columns else LABEL_ROWS
    state = _Seen()
    start = 0
    for batch in table.stream(columns, rows=rows, as_stored=True):
        given = _Given(start, {name: batch.column(name) for name in columns}, batch.num_rows)
        _check_pictures(given, table.root or Path(), images, state, found)
        _check_classes(given, found)
        _check_numbers(given, found)
        _check_votes(given, found)
        _check_boxes(given, found)
        state.remember(given)
        start += batch.num_rows
        advance(batch.num_rows)
    _check_duplicates(table, state, found)
    _check_missing_classes(state, found)
    if {"split", "subject"} <= set(columns) or {"split", "clip"} <= set(columns):
        _check_subjects(table, found)
    return Report(table.name, len(table), found.all())


@dataclass(frozen=True)
class _Given:
    """A batch: number of its first row, and its columns as they are stored."""

    start: int
    columns: dict[str, pa.Array]
    rows: int

    def numbers(self, name: str) -> tuple[npt.NDArray[np.float64], BoolArray]:
        """Values (rows,) and which of them are not null; a column that the table lacks is null."""
        column = self.columns.get(name, pa.nulls(self.rows))
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return values, column.is_valid().to_numpy(zero_copy_only=False)

    def text(self, name: str) -> pa.Array:
        """A column as strings; all null where the table lacks it."""
        return self.columns.get(name, pa.nulls(self.rows)).cast(pa.string())


@dataclass
class _Seen:
    """What must be remembered over the whole table: a few bytes per row."""

    hashes: list[npt.NDArray[Any]] = field(default_factory=list)
    classes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    folders: dict[str, frozenset[str]] = field(default_factory=dict)

    def exists(self, path: str, root: Path) -> bool:
        """Whether a file is there; each folder is listed once, which is faster than asking for every file."""
        folder, name = os.path.split(path)
        if folder not in self.folders:
            listed = root / folder
            self.folders[folder] = frozenset(e.name for e in os.scandir(listed)) if listed.is_dir() else frozenset()
        return name in self.folders[folder]

    def remember(self, given: _Given) -> None:
        if "path" in given.columns:
            same = {name: given.columns[name].to_pandas() for name in SAME_FACE if name in given.columns}
            self.hashes.append(pd.util.hash_pandas_object(pd.DataFrame(same), index=False).to_numpy())
        for task, column in CLASS_COLUMNS.items():
            if "split" in given.columns and column in given.columns:
                pairs = pa.table({"split": given.text("split"), "name": given.text(column)})
                for row in pairs.group_by(["split", "name"]).aggregate([([], "count_all")]).to_pylist():
                    if row["split"] in NO_LEAK and row["name"] in KNOWN_NAMES[task]:
                        self.classes[task, row["split"], row["name"]] += row["count_all"]


def _check_names(columns: list[str], found: Faults) -> None:
    """Columns that look like a label but are called otherwise: they would be ignored in silence."""
    known = {_plain(name): name for name in TYPES}
    for name in columns:
        if name in TYPES:
            continue
        expected = "a name that mien knows; a column of another name is kept but not read as a label"
        if _plain(name) in known:
            found.add_one("column name", name, name, expected, f"rename it to {known[_plain(name)]!r}")
        elif close := get_close_matches(name.lower(), TYPES, n=1, cutoff=0.85):
            hint = f"did you mean {close[0]!r}?"
            found.add_one("similar column name", name, name, expected, hint, severity="warning")


def _plain(name: str) -> str:
    """A name without case, separators and leading zeros: ``au_1``, ``AU1`` and ``AU01`` are all ``au1``."""
    return re.sub(r"(?<=[a-z])0+(?=\d)", "", re.sub(r"[\W_]", "", name.lower()))


def _check_pictures(given: _Given, root: Path, images: bool, state: _Seen, found: Faults) -> None:
    paths = given.text("path")
    image = given.columns.get("image", pa.nulls(given.rows))
    neither = pc.and_(paths.is_null(), image.is_null()).to_numpy(zero_copy_only=False)
    found.add_rows(
        "no picture", "path", "a path or an encoded image in every row", neither, given.start, lambda i: "null"
    )
    names = paths.to_pylist()
    gone = np.array([path is not None and not state.exists(path, root) for path in names], dtype=bool)
    found.add_rows("missing file", "path", f"a file, looked for in {root}", gone, given.start, lambda i: names[i])
    if not images:
        return
    faults = [
        None if gone[i] or neither[i] else _broken(image[i].as_py() or root / names[i]) for i in range(given.rows)
    ]
    column = "image" if "image" in given.columns else "path"
    bad = np.array([fault is not None for fault in faults], dtype=bool)
    found.add_rows("broken picture", column, "a picture that can be decoded", bad, given.start, lambda i: faults[i])


def _broken(source: bytes | Path) -> str | None:
    """Why a picture cannot be decoded, or None."""
    try:
        read_image(source)
    except ImageError as error:
        return str(error)
    return None


def _check_classes(given: _Given, found: Faults) -> None:
    for task, column in CLASS_COLUMNS.items():
        names = given.text(column)
        known = pc.is_in(names, pa.array(KNOWN_NAMES[task])).to_numpy(zero_copy_only=False)
        bad = names.is_valid().to_numpy(zero_copy_only=False) & ~known

        def name(i: int, names: pa.Array = names) -> str:
            return str(names[i].as_py())

        def hint(i: int, names: pa.Array = names, task: str = task) -> str:
            return meant(names[i].as_py()) if task == "expression" else nearest(names[i].as_py(), KNOWN_NAMES[task])

        found.add_rows("unknown class", column, f"a {task} that mien.labels names", bad, given.start, name, hint)


def _check_numbers(given: _Given, found: Faults) -> None:
    ranges = {
        **dict.fromkeys(VALUE_COLUMNS["au_intensity"].values(), INTENSITY_RANGE),
        **dict.fromkeys(VALUE_COLUMNS["va"].values(), VA_RANGE),
        **dict.fromkeys(VOTES, (0.0, np.inf)),
    }
    binary = set(VALUE_COLUMNS["au"].values())
    for name in given.columns:
        if not (pa.types.is_floating(TYPES[name]) or pa.types.is_integer(TYPES[name])):
            continue
        values, valid = given.numbers(name)
        infinite = valid & ~np.isfinite(values)
        found.add_rows("not finite", name, "a number, or null", infinite, given.start, values.__getitem__)
        finite = valid & ~infinite
        if name in binary:
            bad = finite & (values != 0) & (values != 1)
            found.add_rows("out of range", name, "0 or 1, or null", bad, given.start, values.__getitem__)
        elif name in ranges:
            low, high = ranges[name]
            bad = finite & ((values < low) | (values > high))
            expected = f"{low:g} to {high:g}, or null" if np.isfinite(high) else "0 or more, or null"
            found.add_rows("out of range", name, expected, bad, given.start, values.__getitem__)


def _check_votes(given: _Given, found: Faults) -> None:
    present = [name for name in VOTES if name in given.columns]
    if present:
        both = [given.numbers(name) for name in present]
        any_given = np.any([valid for _, valid in both], axis=0)
        none_cast = ~np.any([valid & (values != 0) for values, valid in both], axis=0)
        expected = "a sum above 0, or null in every vote column"
        found.add_rows("no votes", "votes_*", expected, any_given & none_cast, given.start, lambda i: 0.0)


def _check_boxes(given: _Given, found: Faults) -> None:
    if not any(name in given.columns for name in BOX):
        return
    values, valid = (np.stack(part) for part in zip(*(given.numbers(name) for name in BOX), strict=True))  # (4, rows)

    def box(i: int) -> str:
        return ", ".join(f"{name} {value:g}" for name, value in zip(BOX, values[:, i], strict=True))

    partial = np.logical_and(valid.any(axis=0), ~valid.all(axis=0))
    found.add_rows("partial box", "x1", "all of x1, y1, x2, y2, or none", partial, given.start, box)
    finite: BoolArray = np.isfinite(values).all(axis=0)
    flat = finite & ((values[2] <= values[0]) | (values[3] <= values[1]))
    found.add_rows("empty box", "x1", "x2 above x1 and y2 above y1", flat, given.start, box)


def _check_duplicates(table: LabelTable, state: _Seen, found: Faults) -> None:
    """Rows that show the same face again: the same path, box, clip and frame as an earlier row."""
    if not state.hashes:
        return
    paths = table.read(["path"]).column("path")
    again = pd.Series(np.concatenate(state.hashes)).duplicated().to_numpy() & paths.is_valid().to_numpy()
    rows = np.flatnonzero(again)
    if len(rows):
        listed = [Finding(int(row), str(paths[int(row)].as_py())) for row in rows[:LISTED]]
        found.add("duplicate row", "path", "every face once", len(rows), listed, "error")


def _check_missing_classes(state: _Seen, found: Faults) -> None:
    """Classes that one split has and another lacks: a score cannot be trusted there, or not be had."""
    for task in CLASS_COLUMNS:
        seen = {(split, name) for t, split, name in state.classes if t == task}
        for split in [s for s in NO_LEAK if s in {s for s, _ in seen}]:
            for name in [n for n in KNOWN_NAMES[task] if n in {n for _, n in seen} and (split, n) not in seen]:
                value = f"no {name} in {split}"
                found.add_one("missing class", task, value, "every class in every split", severity="warning")


def _check_subjects(table: LabelTable, found: Faults) -> None:
    """Subjects, or clips where nobody named the subject, that are in more than one of train, val and test."""
    met: dict[str, dict[str, int]] = {}  # subject -> split -> first row: grows with the people, not with the rows
    start = 0
    for batch in table.stream([c for c in ("database", "subject", "clip", "split") if c in table.columns], LABEL_ROWS):
        rows = pa.array(np.arange(start, start + batch.num_rows))
        keys = subject_key(LabelTable(pa.Table.from_batches([batch])))
        seen = pa.table({"subject": keys, "split": batch.column("split"), "row": rows})
        firsts = seen.group_by(["subject", "split"]).aggregate([("row", "min")]).to_pydict()
        for subject, split, row in zip(firsts["subject"], firsts["split"], firsts["row_min"], strict=True):
            if subject is not None and split in NO_LEAK:
                met.setdefault(subject, {}).setdefault(split, row)
        start += batch.num_rows
    wrong = {subject: splits for subject, splits in met.items() if len(splits) > 1}
    if wrong:
        second = sorted((sorted(splits.values())[1], subject) for subject, splits in wrong.items())
        listed = [
            Finding(row, subject.split("\x1f")[-1], "in " + ", ".join(s for s in NO_LEAK if s in wrong[subject]))
            for row, subject in second[:LISTED]
        ]
        expected = "each subject in one of train, val and test"
        found.add("subject in two splits", "subject", expected, len(wrong), listed, "error")
