"""Write a table as it comes, in the format that the file's ending names."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from mien.errors import MienError
from mien.files import replacing


def write_csv(path: Path | BinaryIO, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Comma-separated, with a header; a missing value is empty."""
    with pa.csv.CSVWriter(path, schema, write_options=pa.csv.WriteOptions(quoting_style="needed")) as writer:
        for table in tables:
            writer.write_table(table)


def write_parquet(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Parquet, zstd."""
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def write_jsonl(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """One JSON object per line; a missing value is null."""
    with path.open("w", encoding="utf-8") as file:
        for table in tables:
            for row in table.to_pylist():
                file.write(json.dumps(row) + "\n")


SINKS: dict[str, Callable[[Path, pa.Schema, Iterable[pa.Table]], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".jsonl": write_jsonl,
}


def check_ending(path: Path) -> None:
    """Raise when no sink writes such a file, before hours of work are spent."""
    if path.suffix.lower() not in SINKS:
        raise MienError(f"{path}: tables are written as {', '.join(SINKS)}; give the file one of these endings")


def write_tables(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write all tables, which share their columns, into one file: wholly or not at all.

    Raises:
        MienError: no table, an unknown ending, or the file cannot be written.
    """
    check_ending(path)
    iterator = iter(tables)
    first = next(iterator, None)
    if first is None:
        raise MienError(f"{path}: there is nothing to write")

    def every() -> Iterable[pa.Table]:
        yield first
        yield from iterator

    with replacing(path) as partial:
        SINKS[path.suffix.lower()](partial, first.schema, every())
