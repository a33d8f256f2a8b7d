"""The label table: one row per face image, a null where nobody gave a label."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mien.choose import nearest
from mien.data.columns import CLASS_COLUMNS, TYPES, VALUE_COLUMNS, vote
from mien.data.parquet import METADATA_KEY, open_parquet, stored_batches, stored_notes
from mien.data.read_faults import ReadFault
from mien.errors import TableError
from mien.files import replacing
from mien.labels import EXPRESSIONS, KNOWN_NAMES, LabelSet, label_set

BATCH_ROWS = 8192


class LabelTable:
    """Labels of face images, held in memory or read from a Parquet file as a stream.

    A table on disk is never loaded whole: ``stream`` gives it batch by batch, with the wanted columns only.

    Args:
        source: an Arrow table, or the path of a Parquet file.
        classes: per class task (``expression``, ``compound``) the names that the annotators could choose from. A class
            outside this list is unknown for a row, not absent. Without it: the names that occur in the table.
        notes: remarks by column, for example that a label is derived and not annotated.
        root: folder that relative image paths start from; by default the Parquet file's own folder.

    Raises:
        TableError: the file is missing or no Parquet, or a column has a type that its name does not allow.
    """

    def __init__(
        self,
        source: pa.Table | str | Path,
        *,
        classes: Mapping[str, Sequence[str]] | None = None,
        notes: Mapping[str, str] | None = None,
        root: str | Path | None = None,
    ) -> None:
        self._path = None if isinstance(source, pa.Table) else Path(source)
        self._rows = source if isinstance(source, pa.Table) else open_parquet(Path(source))
        self.name = str(self._path or "table")
        stored = self._rows.schema if self._path is None else self._rows.schema_arrow
        own_classes, own_notes = stored_notes(stored, self.name)
        self._classes = {t: tuple(names) for t, names in (classes or own_classes).items()}
        self.notes: dict[str, str] = dict(notes or own_notes)
        self.root = Path(root) if root is not None else self._path and self._path.parent
        self.read_faults: tuple[ReadFault, ...] = ()  # what its reader could not take; not written with the table
        self._replaced: dict[str, pa.Array] = {}
        self._stored = stored
        _check_types(stored, self.name)

    def __len__(self) -> int:
        return int(self._rows.num_rows if self._path is None else self._rows.metadata.num_rows)

    @property
    def columns(self) -> list[str]:
        """Names of the columns, replaced and added ones included."""
        return [*self._stored.names, *(name for name in self._replaced if name not in self._stored.names)]

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, as ``stream`` gives them."""
        return self._schema(self.columns)

    def require(self, columns: Iterable[str]) -> None:
        """Raise unless the table has every one of ``columns``."""
        for column in columns:
            if column not in self.columns:
                raise TableError(f"{self.name}: no column {column!r}; {nearest(column, self.columns)}")

    def stream(
        self, columns: Sequence[str] | None = None, rows: int = BATCH_ROWS, as_stored: bool = False
    ) -> Iterator[pa.RecordBatch]:
        """The table in order, in batches of at most ``rows`` rows, each with just ``columns`` (all by default).

        Columns come in the type of ``TYPES``; ``as_stored`` leaves them as they are, for ``check`` to find what
        cannot be converted.
        """
        wanted = list(columns) if columns is not None else self.columns
        self.require(wanted)
        stored = [name for name in wanted if name not in self._replaced]
        start = 0
        for batch in self._stored_batches(stored, rows):
            arrays = {
                name: self._replaced[name].slice(start, batch.num_rows)
                if name in self._replaced
                else batch.column(name)
                if as_stored
                else self._as_known(name, batch.column(name))
                for name in wanted
            }
            start += batch.num_rows
            yield pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))

    def _stored_batches(self, stored: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        columns = stored or self._stored.names[:1]  # a batch needs a column to have a length
        if self._path is None:
            yield from self._rows.select(columns).to_batches(max_chunksize=rows)
        else:
            yield from stored_batches(self._rows, rows, columns, self.name)

    def _as_known(self, name: str, array: pa.Array) -> pa.Array:
        wanted = _known_type(name, array.type)
        try:
            return array if array.type == wanted else array.cast(wanted)
        except pa.ArrowInvalid as error:
            raise TableError(
                f"{self.name}: column {name!r} holds a value that is no {wanted} ({error}); "
                f"'mien table check' lists every fault at once"
            ) from None

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Some columns of all rows, in memory: for label columns of tables that fit."""
        return pa.Table.from_batches(self.stream(columns), schema=self._schema(columns))

    def _schema(self, columns: Sequence[str]) -> pa.Schema:
        self.require(columns)

        def type_of(name: str) -> pa.DataType:
            stored = self._replaced[name].type if name in self._replaced else self._stored.field(name).type
            return _known_type(name, stored)

        return pa.schema([(name, type_of(name)) for name in columns])

    def replace(self, column: str, values: Sequence[Any] | pa.Array) -> "LabelTable":
        """The same table with one column replaced or added; nothing is copied or written."""
        array = self._as_known(column, values if isinstance(values, pa.Array) else pa.array(values))
        if len(array) != len(self):
            raise TableError(f"{self.name}: column {column!r} got {len(array)} values for {len(self)} rows")
        other = object.__new__(LabelTable)
        other.__dict__.update(self.__dict__)
        for computed in ("labels", "fingerprint"):
            other.__dict__.pop(computed, None)
        other._replaced = {**self._replaced, column: array}
        return other

    @cached_property
    def labels(self) -> LabelSet:
        """The label set that this table's annotators gave."""
        found: dict[str, list[str]] = {}
        for task, by_name in VALUE_COLUMNS.items():
            found[task] = [name for name, column in by_name.items() if column in self.columns]
        for task in CLASS_COLUMNS:
            found[task] = list(self._classes.get(task) or self._occurring(task))
        return label_set({task: names for task, names in found.items() if names})

    def _occurring(self, task: str) -> set[str]:
        """Classes that occur in the table; unknown names are left to ``check``."""
        column = CLASS_COLUMNS[task]
        names = {name for name in EXPRESSIONS if task == "expression" and vote(name) in self.columns}
        if column in self.columns:
            for batch in self.stream([column]):
                names.update(pc.unique(batch.column(column)).to_pylist())
        return names & set(KNOWN_NAMES[task])

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the table's content, the same on every machine that holds the same table."""
        digest = hashlib.sha256(str(self._schema(self.columns)).encode())
        if self._path is None:
            for batch in self._rows.combine_chunks().to_batches(max_chunksize=BATCH_ROWS):
                digest.update(_spelled_out(batch).serialize())
        else:
            with self._path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        for name, array in sorted(self._replaced.items()):
            digest.update(name.encode() + _spelled_out(pa.RecordBatch.from_arrays([array], names=[name])).serialize())
        return digest.hexdigest()

    def write(self, path: str | Path) -> None:
        """Write the table as Parquet (zstd), streaming and atomically; relative picture paths keep their pictures."""
        path = Path(path)
        classes = {task: names for task, names in self.labels.items() if task in CLASS_COLUMNS}
        batches = (self._moved(batch, path.parent) for batch in self.stream())
        write_batches(path, self._schema(self.columns), batches, classes, self.notes)

    def _moved(self, batch: pa.RecordBatch, folder: Path) -> pa.RecordBatch:
        """The batch with its relative picture paths starting from ``folder``."""
        if self.root is None or "path" not in batch.schema.names:
            return batch
        place = batch.schema.get_field_index("path")
        moved = [
            path if path is None or Path(path).is_absolute() else os.path.relpath(self.root / path, folder)
            for path in batch.column(place).to_pylist()
        ]
        return batch.set_column(place, "path", pa.array(moved, pa.string()))


def write_batches(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    classes: Mapping[str, Sequence[str]],
    notes: Mapping[str, str],
) -> None:
    """Write a stream of rows as a label table (Parquet, zstd), atomically; see ``LabelTable`` for the arguments."""
    meta = json.dumps({"classes": {task: list(names) for task, names in classes.items()}, "notes": dict(notes)})
    schema = schema.with_metadata({METADATA_KEY: meta.encode()})
    with replacing(path) as partial, pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=BATCH_ROWS)


def _spelled_out(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with words in place of codes: a serialised batch leaves its dictionaries out."""
    arrays = [a.dictionary_decode() if pa.types.is_dictionary(a.type) else a for a in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _known_type(name: str, stored: pa.DataType) -> pa.DataType:
    return TYPES.get(name, stored)


def _check_types(schema: pa.Schema, where: str) -> None:
    """Refuse a column whose type cannot be cast to the one that its name stands for."""
    for field in schema:
        wanted = _known_type(field.name, field.type)
        numeric = _is_number(wanted)
        given = field.type
        fits = _is_number(given) if numeric else given == wanted or any(same(given) for same in _OTHER_FORMS)
        if not (fits or pa.types.is_null(given)):
            raise TableError(f"{where}: column {field.name!r} holds {given}, expected {wanted}; convert the column")


_OTHER_FORMS = (pa.types.is_large_string, pa.types.is_large_binary, pa.types.is_dictionary)


def _is_number(given: pa.DataType) -> bool:
    return bool(pa.types.is_integer(given) or pa.types.is_floating(given) or pa.types.is_boolean(given))
