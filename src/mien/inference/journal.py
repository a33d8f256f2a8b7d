"""What a long analysis has done so far, on disk, so that the same command goes on after a break.

Rows are collected in parts, each a Parquet file that appears whole or not at all, names the sources whose rows it
holds, and is named after its own content, so that an altered one is never read. When all is done the parts become the
one table and go away, or stay as a folder of tables with a manifest.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mien.errors import MienError
from mien.files import atomic_write, cannot_write, replacing

JOB_FILE = "_job.json"  # readers of folders of tables leave out names that begin so
WHOLE_FILE = "_whole.parquet"  # a part before its content, and so its name, is known
MANIFEST_FILE = "_manifest.json"
DONE = b"mien.sources"


class Journal:
    """The parts of one output file.

    Args:
        out: the table to be; the parts lie in a folder beside it.
        job: everything that decides the rows (model, options). A folder of another job is not gone on with.
        schema: the columns of all rows.

    Raises:
        MienError: the parts there belong to another job.
    """

    def __init__(self, out: Path, job: dict[str, Any], schema: pa.Schema) -> None:
        self.folder, self.schema = out.with_name(f".{out.name}.parts"), schema
        path = self.folder / JOB_FILE
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) != job:
            raise MienError(
                f"{self.folder} holds the beginning of an analysis with another model or other options; "
                f"choose another -o, or delete that folder"
            )
        if not path.exists():
            atomic_write(path, json.dumps(job))
        parts = self._parts()
        self.done = {name for part in parts for name in self._sources(part)}
        self._next = len(parts)

    def keep(self, sources: Sequence[str], tables: Iterable[pa.Table], number: int | None = None) -> None:
        """Keep the rows of whole sources; nothing is kept when ``tables`` fails.

        Args:
            sources: their keys.
            tables: their rows.
            number: the part's place among all parts; after those that are there when None.
        """
        marked = self.schema.with_metadata({DONE: json.dumps(list(sources))})
        place = self._next if number is None else number
        whole = self.folder / WHOLE_FILE
        with replacing(whole) as partial, pq.ParquetWriter(partial, marked, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table.replace_schema_metadata(marked.metadata))
        whole.rename(self.folder / f"{place:08d}-{_digest(whole)}.parquet")
        self.done |= set(sources)
        self._next += 1

    def rows(self) -> Iterator[pa.Table]:
        """All rows so far, in bounded pieces, in the order of the parts.

        Raises:
            MienError: a part was altered since it was written.
        """
        for part in self._parts():
            _check(part)
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches():
                    yield pa.Table.from_batches([batch]).replace_schema_metadata(None)

    def close(self) -> None:
        """Remove the parts: the table is written."""
        shutil.rmtree(self.folder)

    def publish(self, out: Path) -> None:
        """Make the parts the folder ``out``: tables of one schema beside a manifest of their rows and sources.

        Raises:
            MienError: ``out`` is there already or cannot be written, or a part was altered.
        """
        parts = []
        for part in self._parts():
            _check(part)
            rows = pq.read_metadata(part).num_rows
            size = part.stat().st_size
            parts.append({"file": part.name, "rows": rows, "bytes": size, "sources": self._sources(part)})
        job = json.loads((self.folder / JOB_FILE).read_text(encoding="utf-8"))
        content = {"job": job, "rows": sum(part["rows"] for part in parts), "parts": parts}
        atomic_write(self.folder / MANIFEST_FILE, json.dumps(content, indent=1))
        try:
            self.folder.rename(out)
        except OSError as error:
            raise cannot_write(out, error) from error

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.parquet"))

    def _sources(self, part: Path) -> list[str]:
        try:
            return list(json.loads(pq.read_schema(part).metadata[DONE]))
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            raise _broken(part, str(error)) from None


def _check(part: Path) -> None:
    """Raise when a part is not what its name says."""
    if part.stem.split("-")[1] != _digest(part):
        raise _broken(part, "its content is not what was written")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _broken(part: Path, reason: str) -> MienError:
    return MienError(f"{part} is broken ({reason}); delete it, and its sources are analysed again")
