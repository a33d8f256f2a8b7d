"""Which rows were scored, as one hash: two people with the same hash scored the same faces."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from mien.data.table import LabelTable

NAMED_BY = ("database", "clip", "frame", "path")


def rows_hash(table: LabelTable, rows: Sequence[int]) -> str:
    """SHA-256 of which rows of a table were scored, in whatever order: their persons, and what they are called.

    A row is called by database, clip, frame and file name; one without them by its number. Folders are left out: they
    differ from machine to machine.
    """
    pairs = zip(persons(table, rows), row_keys(table, rows), strict=True)
    lines = sorted(f"{person}\t{key}\n" for person, key in pairs)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def persons(table: LabelTable, rows: Sequence[int]) -> list[str]:
    """The person on each row; a row without a subject is a person of its own."""
    if "subject" not in table.columns:
        return [f"row {row}" for row in rows]
    subjects = table.read(["subject"]).column("subject").take(pa.array(rows, pa.int64())).to_pylist()
    return [f"row {row}" if subject is None else subject for row, subject in zip(rows, subjects, strict=True)]


def row_keys(table: LabelTable, rows: Sequence[int]) -> list[str]:
    """What each row is called; see ``rows_hash``."""
    there = [name for name in NAMED_BY if name in table.columns]
    columns = table.read(there).take(pa.array(rows, pa.int64())).to_pydict() if there else {}
    named = zip(*(columns.get(name, [None] * len(rows)) for name in NAMED_BY), strict=True)
    return [_key(row, *names) for row, names in zip(rows, named, strict=True)]


def _key(row: int, database: Any, clip: Any, frame: Any, path: Any) -> str:
    if clip is None and frame is None and path is None:
        return f"{database or ''} row {row}"
    name = str(path).replace("\\", "/").rsplit("/", 1)[-1] if path is not None else ""
    return " ".join("" if part is None else str(part) for part in (database, clip, frame, name))
