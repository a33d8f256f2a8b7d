"""What a long analysis has done so far, on disk, so that the same command goes on after a break.

Rows are collected in parts, each a Parquet file that appears whole or not at all and names the sources whose rows it
holds. When all is done the parts become the one table and go away.
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
from mien.files import atomic_write, replacing

JOB_FILE = "job.json"
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
        self.done = {name for part in self._parts() for name in self._sources(part)}

    def keep(self, sources: Sequence[str], tables: Iterable[pa.Table]) -> None:
        """Keep the rows of whole sources; nothing is kept when ``tables`` fails."""
        marked = self.schema.with_metadata({DONE: json.dumps(list(sources))})
        name = hashlib.sha256(sources[0].encode("utf-8", "surrogateescape")).hexdigest()[:12]
        with (
            replacing(self.folder / f"{len(self._parts()):08d}-{name}.parquet") as partial,
            pq.ParquetWriter(partial, marked, compression="zstd") as writer,
        ):
            for table in tables:
                writer.write_table(table.replace_schema_metadata(marked.metadata))
        self.done |= set(sources)

    def rows(self) -> Iterator[pa.Table]:
        """All rows so far, in bounded pieces, in the order in which they were written."""
        for part in self._parts():
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches():
                    yield pa.Table.from_batches([batch]).replace_schema_metadata(None)

    def close(self) -> None:
        """Remove the parts: the table is written."""
        shutil.rmtree(self.folder)

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.parquet"))

    def _sources(self, part: Path) -> list[str]:
        try:
            return list(json.loads(pq.read_schema(part).metadata[DONE]))
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            raise MienError(f"{part} is broken ({error}); delete it, and its sources are analysed again") from None
