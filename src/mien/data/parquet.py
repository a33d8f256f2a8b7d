"""Parquet files from anywhere: whatever is broken in one becomes a sentence that names the file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mien.errors import TableError

METADATA_KEY = b"mien"
BROKEN = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What Arrow raises on damaged pages, sizes and names."""


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open a file; only its footer is read.

    Raises:
        TableError: it is missing, no Parquet, or its columns' names are no text.
    """
    try:
        file = pq.ParquetFile(path)
        _ = file.schema_arrow.names  # decoded only now
    except FileNotFoundError:
        raise TableError(f"{path}: no such table; check the path, or make one with 'mien table read'") from None
    except BROKEN as error:
        raise TableError(f"{path}: not a Parquet table ({error}); read other formats with 'mien table read'") from None
    return file


def stored_batches(file: pq.ParquetFile, rows: int, columns: Sequence[str], where: str) -> Iterator[pa.RecordBatch]:
    """Some columns, batch by batch.

    Raises:
        TableError: the file is damaged, from the damaged place on.
    """
    try:
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            batch.validate(full=True)  # else text that is no UTF-8 is found where nobody expects it
            yield batch
    except BROKEN as error:
        raise TableError(f"{where}: the file is damaged ({error}); copy it again or make the table anew") from None


def stored_notes(schema: pa.Schema, where: str) -> tuple[Mapping[str, Sequence[str]], Mapping[str, str]]:
    """Classes by task, and notes by column, as ``write_batches`` stored them; none where another tool wrote it.

    Raises:
        TableError: they are there and damaged.
    """
    try:
        meta: Any = json.loads((schema.metadata or {}).get(METADATA_KEY, b"{}"))
        classes, notes = meta.get("classes") or {}, meta.get("notes") or {}
        names = [name for task in classes.values() for name in task]
        if not all(isinstance(text, str) for text in (*names, *notes.values())):
            raise ValueError("a class or a note is no text")
    except (ValueError, AttributeError, TypeError) as error:
        raise TableError(f"{where}: the record that mien keeps in a table is damaged ({error}); make it anew") from None
    return classes, notes
