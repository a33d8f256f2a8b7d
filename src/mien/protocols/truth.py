"""The truth that answers are scored against: a label table, a CSV file of one, or ABAW's annotation files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mien.choose import nearest
from mien.data.databases import csv_file
from mien.data.databases.reading import OTHER as OTHER_COLUMN
from mien.data.table import LabelTable
from mien.errors import ScoreError
from mien.inference.video import VIDEO_SUFFIXES
from mien.protocols.base import OTHER, ScoringProtocol
from mien.protocols.join import Names
from mien.protocols.matched import truth_columns
from mien.protocols.outputs import abaw
from mien.protocols.outputs.base import joined

READ_TOO = ("path", "clip", "frame", "subject", "split", OTHER_COLUMN)


class Truth(NamedTuple):
    """The rows of a table that a protocol scores.

    Attributes:
        table: the whole.
        rows: (n,) numbers of the rows within it.
        splits: which they are of; empty for all of them.
        columns: their labels and names.
        people: (n,) who is on each: the subject, else the clip, else nobody but that row.
        resampled: what ``people`` are: subject, clip or row.
        folds: (n,) which fold tests each; empty where the protocol has none.
    """

    table: LabelTable
    rows: list[int]
    splits: tuple[str, ...]
    columns: pa.Table
    people: list[str]
    resampled: str
    folds: list[str]

    @property
    def names(self) -> Names:
        """How the rows are named."""
        given = {name: self._given(name) for name in ("path", "clip", "frame")}
        return Names(self.rows, given["path"], given["clip"], given["frame"])

    def called(self, places: Iterable[int]) -> list[str]:
        """Some of the n rows, for people."""
        rows, path, clip, frame = self.names
        return [_called(rows[i], path[i], clip[i], frame[i]) for i in places]

    def _given(self, name: str) -> list[Any]:
        values: list[Any] = (
            self.columns.column(name).to_pylist() if name in self.columns.column_names else [None] * len(self.rows)
        )
        return values


def _called(row: int, path: str | None, clip: str | None, frame: int | None) -> str:
    if path is not None and PurePosixPath(path).suffix.lower() not in VIDEO_SUFFIXES:
        return path
    clip = path if clip is None else clip
    return f"row {row}" if clip is None else f"{clip} frame {frame}"


def read_truth(path: str | Path) -> LabelTable:
    """A table: Parquet, CSV with the columns of a label table, or ABAW annotations (a .txt, or a folder of them).

    Raises:
        TableError: it cannot be read.
    """
    path = Path(path)
    if path.is_dir() or path.suffix.lower() == ".txt":
        return _of_abaw(path)
    if path.suffix.lower() not in (".csv", ".tsv"):
        return LabelTable(path)
    table = csv_file.read(path)
    table.name = str(path)
    return table


def scored_rows(protocol: ScoringProtocol, table: LabelTable, splits: Sequence[str], where: Mapping[str, str]) -> Truth:
    """The rows that count: of these splits (where the table has splits), and with these values.

    Raises:
        ScoreError: no row is left, or the protocol's folds are not there or share people.
        TableError: a column of ``where`` is missing.
    """
    table.require(where)
    wanted = {name for names in truth_columns(protocol).values() for name in names}
    wanted |= {*READ_TOO, *where, *([protocol.fold] if protocol.fold else [])}
    arrow = table.read([name for name in table.columns if name in wanted])
    keep = np.ones(arrow.num_rows, bool)
    for column, value in where.items():
        keep &= np.array([str(one) == value for one in arrow.column(column).to_pylist()], bool)
    divided = "split" in arrow.column_names and arrow.column("split").null_count < arrow.num_rows
    if splits and divided:
        keep &= np.asarray(pc.is_in(arrow.column("split"), value_set=pa.array(splits)))
    rows = np.flatnonzero(keep).tolist()
    if not rows:
        there = pc.unique(arrow.column("split")).to_pylist() if divided else []
        found = f"; its splits are {', '.join(map(str, there))}" if there else ""
        asked = [f"split {' or '.join(splits)}"] * bool(splits) + [f"{name}={value}" for name, value in where.items()]
        raise ScoreError(
            f"{table.name}: no row with {', '.join(asked) or 'anything'}{found}; choose with --split and --where"
        )
    columns = arrow.take(pa.array(rows, pa.int64()))
    people, resampled = _people(columns, rows)
    folds = _folds(protocol, columns, people, table)
    return Truth(table, rows, tuple(splits) if divided else (), columns, people, resampled, folds)


def _people(columns: pa.Table, rows: list[int]) -> tuple[list[str], str]:
    for name in ("subject", "clip"):
        if name in columns.column_names and columns.column(name).null_count < columns.num_rows:
            values = columns.column(name).to_pylist()
            people = [f"row {row}" if one is None else str(one) for row, one in zip(rows, values, strict=True)]
            return people, name
    return [f"row {row}" for row in rows], "row"


def _folds(protocol: ScoringProtocol, columns: pa.Table, people: list[str], table: LabelTable) -> list[str]:
    if not protocol.fold:
        return []
    if protocol.fold not in columns.column_names:
        raise ScoreError(
            f"{table.name}: no column {protocol.fold!r} that says which fold tests a row "
            f"({nearest(protocol.fold, table.columns)}); {protocol.name} averages over subject folds"
        )
    folds = [str(fold) for fold in columns.column(protocol.fold).to_pylist()]
    seen: dict[str, str] = {}
    for person, fold in zip(people, folds, strict=True):
        if seen.setdefault(person, fold) != fold:
            raise ScoreError(
                f"{table.name}: {person} is tested in the folds {seen[person]} and {fold}; {protocol.name} has subject "
                "folds, so that nobody is in two"
            )
    return folds


def _of_abaw(path: Path) -> LabelTable:
    """ABAW's annotations as a table; ``clip`` is the video, ``frame`` counts from 1 as its pictures do."""
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    if not files:
        raise ScoreError(f"{path}: no .txt file; expected ABAW annotations, a text file per video")
    parts = [abaw.read(file) for file in files]
    truth = joined(parts, str(path))
    pictures = [PurePosixPath(name) for name in truth.path]
    columns: dict[str, Any] = {
        "path": truth.path,
        "clip": [picture.parent.name or None for picture in pictures],
        "frame": pa.array([int(p.stem) if p.stem.isdigit() else None for p in pictures], pa.int64()),
    }
    for name, values in truth.values.items():
        columns[name] = pa.array(values, pa.float32() if name in abaw.VA else pa.int8(), from_pandas=True)
    if truth.expression is not None:
        known = [None if word == OTHER else word for word in truth.expression]
        columns["expression"] = pa.array(known, pa.string())
        columns[OTHER_COLUMN] = pa.array([word if word == OTHER else None for word in truth.expression], pa.string())
    table = LabelTable(pa.table(columns))
    table.name = str(path)
    return table
