"""One reading of a database: its rows, and a list of everything that could not be taken."""

import csv
import math
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from mien.data.columns import CLASS_COLUMNS, SAME_FACE, TYPES, VALUE_COLUMNS, vote
from mien.data.databases.layout import Layout
from mien.data.read_faults import ReadFault, sums
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS, EXPRESSIONS

T = TypeVar("T")

MISSING_PICTURE = "missing picture"
ROWS = 8192  # rows that are gathered before they go into a batch
OTHER = "expression_other"  # the annotators' class that mien has no name for: "other", "uncertain", "non-face" ...
OTHER_COMPOUND = "compound_other"
LABELS = {
    *CLASS_COLUMNS.values(),
    *(column for columns in VALUE_COLUMNS.values() for column in columns.values()),
    *(vote(name) for name in EXPRESSIONS),
    OTHER,
    OTHER_COMPOUND,
}
FILE, LINE = "_file", "_line"  # where a row comes from; not in the table
ORIGIN = {FILE: pa.dictionary(pa.int32(), pa.string()), LINE: pa.int32()}


class Place(NamedTuple):
    """Where a label stands: an annotation file, and its line from 1."""

    file: Path
    line: int | None = None


def au_name(number: int | str) -> str | None:
    """``AU04`` for 4; None for an action unit that mien does not name, and for what is no number.

    >>> au_name("4"), au_name(99), au_name("s")
    ('AU04', None, None)
    """
    name = f"AU{number:>02}"
    return name if name in ACTION_UNITS else None


def split_csv(text: str) -> list[str]:
    """The trimmed cells of a line with commas and quotes; none where it is not one."""
    try:
        return [cell.strip() for cell in next(csv.reader([text]), [])]
    except csv.Error:
        return []


class Reading:
    """Rows and faults of a database.

    Args:
        layout: the database.
        root: what the user gave; paths in the table are relative to this folder.
        columns: columns of the table that the reader fills; those that stay empty are left out in the end.
        more: attributes besides, with their types.

    Raises:
        TableError: there is no such folder.
    """

    def __init__(
        self, layout: Layout, root: Path, columns: Sequence[str], more: Mapping[str, pa.DataType] | None = None
    ) -> None:
        self.layout = layout
        self.root = layout.folder(root)
        self._root = str(self.root)
        types = {name: TYPES[name] for name in columns} | dict(more or {})
        self._schema = pa.schema({"database": pa.string(), **types, **ORIGIN})
        self._labels = [name for name in types if name in LABELS]
        self._faults: list[ReadFault] = []
        self._unlabelled = 0
        self._rows: list[dict[str, Any]] = []
        self._batches: list[pa.RecordBatch] = []

    def relative(self, path: Path) -> str:
        """``path`` from ROOT, with slashes."""
        text = str(path)  # pathlib's own way is ten times slower, and every picture comes through here
        return "." if text == self._root else text.removeprefix(self._root + os.sep).replace(os.sep, "/")

    def fault(self, kind: str, place: Place, found: str, rows: int = 0) -> None:
        """Note a fault; pictures that are missing line after line are one fault over all of those lines."""
        new = ReadFault(kind, self.relative(place.file), place.line, rows, found)
        last = self._faults[-1] if self._faults else None
        goes_on = last and last[:2] == new[:2] and last.line is not None and last.line + last.rows == new.line
        if last and goes_on and kind == MISSING_PICTURE:
            self._faults[-1] = last._replace(rows=last.rows + rows)
        else:
            self._faults.append(new)

    def lines(self, file: Path) -> Iterator[tuple[Place, str]]:
        """The lines of a text file that are not blank; what is not UTF-8 is replaced, and found wrong later."""
        try:
            with file.open(encoding="utf-8-sig", errors="replace") as opened:
                for number, line in enumerate(opened, start=1):
                    if text := line.strip():
                        yield Place(file, number), text
        except OSError as error:
            self.fault("unreadable file", Place(file), error.strerror or str(error))

    def number(
        self, cell: str, within: tuple[float, float], missing: Collection[float], place: Place, what: str
    ) -> float | None:
        """A number in a closed range; None where the cell is one of the database's marks for missing, or wrong."""
        try:
            value = float(cell)
        except ValueError:
            self.fault("not a number", place, f"{what} is {cell!r}")
            return None
        if value in missing:
            return None
        if not within[0] <= value <= within[1]:
            self.fault("out of range", place, f"{what} is {cell.strip()}, expected {within[0]:g} to {within[1]:g}")
            return None
        return value

    def code(self, cell: str, codes: Mapping[int, T | None], place: Place, what: str) -> T | None:
        """What a whole number stands for; None where that is "not annotated", or the code is unknown."""
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if value.is_integer() and int(value) in codes:
            return codes[int(value)]
        known = ", ".join(map(str, codes))
        self.fault("unknown code", place, f"{what} is {cell.strip()!r}, expected one of {known}")
        return None

    def cells(self, text: str, separator: str | None, wanted: int, place: Place, rows: int = 1) -> list[str] | None:
        """The trimmed cells of a line, or None where their number is wrong: the line, ``rows`` faces, is left out."""
        return self._counted([cell.strip() for cell in text.split(separator)], text, wanted, place, rows)

    def csv_cells(self, text: str, wanted: int, place: Place) -> list[str] | None:
        """The trimmed cells of a line with commas and quotes, or None as ``cells`` does."""
        return self._counted(split_csv(text), text, wanted, place, 1)

    def _counted(self, found: list[str], text: str, wanted: int, place: Place, rows: int) -> list[str] | None:
        if len(found) == wanted:
            return found
        self.fault("broken line", place, f"{len(found)} cells, expected {wanted}: {text[:80]}", rows)
        return None

    def picture(self, picture: Path | None, place: Place, wanted: str) -> str | None:
        """A picture's path for the table; where there is none, the face is left out."""
        if picture is None:
            self.fault(MISSING_PICTURE, place, f"no picture {wanted}", rows=1)
            return None
        return self.relative(picture)

    def add(self, place: Place, **values: Any) -> None:
        """Add a row. One without any label is counted and left out."""
        if all(values.get(name) is None for name in self._labels):
            self._unlabelled += 1
            return
        self._rows.append({**values, FILE: self.relative(place.file), LINE: place.line})
        if len(self._rows) == ROWS:
            self._flush()

    def _flush(self) -> None:
        rows = [{"database": self.layout.database, **row} for row in self._rows]
        self._batches.append(pa.RecordBatch.from_pylist(rows, schema=self._schema))
        self._rows = []

    def table(
        self, classes: Mapping[str, Sequence[str]] | None = None, notes: Mapping[str, str] | None = None
    ) -> LabelTable:
        """All rows as a label table, with the faults in ``read_faults`` and their sum in ``notes["rows"]``.

        Raises:
            TableError: not a single face is left.
        """
        self._flush()
        rows = self._without_repeats(pa.Table.from_batches(self._batches, schema=self._schema))
        if not len(rows):
            first = self._faults[0] if self._faults else None
            why = f", first in {first.file}: {first.kind}, {first.found}" if first else ""
            count = f"{len(self._faults)} faults{why}"
            raise self.layout.wrong(self.root, f"not one labelled face ({count}, {self._unlabelled} without a label)")
        kept = [name for name in rows.column_names if name not in ORIGIN and rows[name].null_count < len(rows)]
        notes = {**(notes or {}), **self._sum_up()}
        table = LabelTable(
            rows.select(kept),
            classes={task: names for task, names in (classes or {}).items() if self._has(task, kept)},
            notes={column: note for column, note in notes.items() if column in (*kept, "rows")},
            root=self.root,
        )
        table.read_faults = tuple(self._faults)
        return table

    def _has(self, task: str, columns: Sequence[str]) -> bool:
        return CLASS_COLUMNS[task] in columns or (task == "expression" and vote("neutral") in columns)

    def _sum_up(self) -> dict[str, str]:
        told = []
        if self._faults:
            kinds = ", ".join(f"{kind} {places}" for kind, places, _, _ in sums(self._faults))
            left_out = sum(fault.rows for fault in self._faults)
            told.append(f"{left_out} faces left out for {len(self._faults)} faults ({kinds})")
        if self._unlabelled:
            told.append(f"{self._unlabelled} faces without any label left out")
        return {"rows": "when read: " + "; ".join(told)} if told else {}

    def _without_repeats(self, rows: pa.Table) -> pa.Table:
        """Each face once: of equal rows the first, and none of those whose labels contradict each other."""
        key = [name for name in SAME_FACE if name in rows.column_names]
        if "path" not in key or not len(rows):
            return rows
        shown = {name: rows[name].cast(pa.float64()) if name == "frame" else rows[name] for name in key}
        hashed = np.concatenate(  # batch by batch, as floats: a batch with a gap in its frames would have them anyway
            [pd.util.hash_pandas_object(b.to_pandas(), index=False).to_numpy() for b in pa.table(shown).to_batches()]
        )
        again = np.flatnonzero(pd.Series(hashed).duplicated(keep=False).to_numpy())
        groups: dict[int, list[int]] = {}
        for row in again.tolist():
            groups.setdefault(int(hashed[row]), []).append(row)
        keep: npt.NDArray[np.bool_] = np.ones(len(rows), dtype=bool)
        for group in groups.values():
            keep[self._repeated(group, rows.take(group).to_pylist())] = False
        return rows.filter(pa.array(keep)) if groups else rows

    def _repeated(self, group: list[int], rows: list[dict[str, Any]]) -> list[int]:
        """Note rows that show one face; gives the numbers of those that are left out."""
        labels = [name for name in rows[0] if name not in ORIGIN]
        differing = [name for name in labels if any(row[name] != rows[0][name] for row in rows)]
        for row in rows if differing else rows[1:]:
            said = ", ".join(f"{name} {row[name]}" for name in differing)
            kind, found = ("two labels", f"{row['path']}: {said}") if differing else ("repeated row", row["path"])
            self._faults.append(ReadFault(kind, row[FILE], row[LINE], 1, found))
        return group if differing else group[1:]
