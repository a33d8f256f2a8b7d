"""Which rows were scored, as one hash: two people with the same hash scored the same faces."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from mien.data.table import LabelTable

NAMED_BY = ("database", "clip", "frame", "path")


def row_keys(table: LabelTable, rows: Sequence[int]) -> list[str]:
    """What each of ``rows`` is called: database, clip, frame and file name; a row without them, its number.

    Folders are left out: they differ from machine to machine.
    """
    there = [name for name in NAMED_BY if name in table.columns]
    columns = table.read(there).take(pa.array(rows, pa.int64())).to_pydict() if there else {}
    named = zip(*(columns.get(name, [None] * len(rows)) for name in NAMED_BY), strict=True)
    return [_key(row, *names) for row, names in zip(rows, named, strict=True)]


def rows_hash(people: Iterable[str], keys: Iterable[str]) -> str:
    """SHA-256 of which persons' rows were scored, in whatever order.

    >>> rows_hash(["ann", "bob"], ["1", "2"]) == rows_hash(["bob", "ann"], ["2", "1"])
    True
    >>> rows_hash(["ann", "bob"], ["1", "2"]) == rows_hash(["bob", "ann"], ["1", "2"])
    False
    """
    lines = sorted(f"{person}\t{key}\n" for person, key in zip(people, keys, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _key(row: int, database: Any, clip: Any, frame: Any, path: Any) -> str:
    if clip is None and frame is None and path is None:
        return f"{database or ''} row {row}"
    name = str(path).replace("\\", "/").rsplit("/", 1)[-1] if path is not None else ""
    return " ".join("" if part is None else str(part) for part in (database, clip, frame, name))
