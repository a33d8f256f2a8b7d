"""What all exchange formats share: rows as plain values and their picture's bytes, and rows made a table again."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from mien.data.columns import TYPES
from mien.data.pictures import full_path
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable, write_batches
from mien.errors import TableError

ROWS_AT_ONCE = 256
PICTURE_BYTES = 256 << 20  # a larger picture is a fault, not a reason to fill the memory
UNFIT = (pa.ArrowException, OverflowError, TypeError, ValueError)  # what Arrow says of a value of another type
SUFFIXES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"RIFF": "webp", b"BM": "bmp", b"GIF8": "gif", b"II*\0": "tif"}
Values = dict[str, Any]


class Entry(NamedTuple):
    """A row on its way: its columns but for the picture, and the picture's encoded bytes.

    ``file`` and ``line`` say where it stands, for the list of faults.
    """

    values: Values
    picture: bytes | None
    file: str
    line: int | None = None


@dataclass(frozen=True)
class Meta:
    """What a table holds beside its rows: types of the columns but for the picture, classes, notes."""

    schema: pa.Schema
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, table: LabelTable) -> "Meta":
        """That of a table; ``path`` becomes ``source_path``, since pictures travel as bytes.

        Raises:
            TableError: a column whose type has no form in JSON.
        """
        fields = []
        for one in table.schema:
            kind = one.type.value_type if pa.types.is_dictionary(one.type) else one.type
            if not _travels(kind):
                raise TableError(
                    f"{table.name}: column {one.name!r} holds {kind}; make it text or numbers to export it"
                )
            if one.name != "image":
                fields.append(pa.field("source_path" if one.name == "path" else one.name, kind))
        classes = {task: names for task, names in table.labels.items() if task in ("expression", "compound")}
        return cls(pa.schema(fields), classes, table.notes)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the types as an Arrow schema, so that none is lost."""
        packed = base64.b64encode(self.schema.serialize().to_pybytes()).decode()
        return {"schema": packed, "classes": {t: list(n) for t, n in self.classes.items()}, "notes": dict(self.notes)}

    @classmethod
    def from_dict(cls, content: Any) -> "Meta | None":
        """The inverse; None where there is nothing that can be used."""
        try:
            schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(content["schema"])))
            classes = {str(task): [str(name) for name in names] for task, names in content["classes"].items()}
            return cls(schema, classes, {str(name): str(note) for name, note in content["notes"].items()})
        except (TypeError, KeyError, ValueError, AttributeError, OSError):
            return None


def outgoing(table: LabelTable, faults: list[ReadFault]) -> Iterator[Entry]:
    """The rows of a table with their pictures' bytes; rows whose picture cannot be read are listed and left out."""
    row = 0
    for batch in table.stream(rows=ROWS_AT_ONCE):
        for values in batch.to_pylist():
            picture, path = values.pop("image", None), values.pop("path", None)
            if "path" in table.columns:
                values["source_path"] = path
            row += 1
            if picture is None and path is not None:
                try:
                    picture = full_path(table, path).read_bytes()
                except OSError as error:
                    faults.append(ReadFault("missing picture", path, row, 1, error.strerror or str(error)))
                    continue
            yield Entry({name: _plain(value) for name, value in values.items()}, picture, table.name, row)


def suffix(picture: bytes) -> str:
    """How a picture's file is named after its first bytes; ``jpg`` where they say nothing."""
    return next((name for start, name in SUFFIXES.items() if picture.startswith(start)), "jpg")


def write_table(
    entries: Callable[[list[ReadFault]], Iterable[Entry]], meta: Meta | None, out: Path
) -> tuple[int, list[ReadFault]]:
    """Write entries as a label table with pictures as bytes; number of rows, and what was not as it should be.

    Args:
        entries: gives them, and lists its faults; called twice where there is no ``meta``, first for the types.
        meta: types, classes and notes; None: types by name, or as the values have them.
        out: Parquet file.

    Raises:
        TableError: there is not one row.
    """
    meta = meta or Meta(_types_of(entries([])))
    kinds = {one.name: TYPES.get(one.name, one.type) for one in meta.schema} | {"image": pa.binary()}
    schema = pa.schema(list(kinds.items()))
    faults: list[ReadFault] = []
    rows = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        stream = iter(entries(faults))
        while chunk := list(islice(stream, ROWS_AT_ONCE)):
            rows += len(chunk)
            arrays = [_column(chunk, one, faults) for one in schema]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        if not rows:
            first = f"; the first of {len(faults)} faults: {faults[0].kind}, {faults[0].found}" if faults else ""
            raise TableError(f"Not one row could be read{first}; check the path and --format")

    write_batches(out, schema, batches(), meta.classes, meta.notes)
    return rows, faults


def read_json(path: Path, faults: list[ReadFault] | None = None) -> Any:
    """A JSON file; None, and a fault, where it is none, or an error without ``faults``."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if faults is None:
            raise TableError(f"{path}: not a JSON file ({error}); check the path and --format") from None
        faults.append(ReadFault("broken JSON", path.name, None, 1, str(error)))
        return None


def _column(chunk: Sequence[Entry], one: pa.Field, faults: list[ReadFault]) -> pa.Array:
    """One column of some entries; values of another type become null and are listed."""
    if one.name == "image":
        return pa.array([entry.picture for entry in chunk], pa.binary())
    values = [packed(entry.values.get(one.name), one.type) for entry in chunk]
    try:
        return pa.array(values, one.type)
    except UNFIT:
        for place, (entry, value) in enumerate(zip(chunk, values, strict=True)):
            try:
                pa.array([value], one.type)
            except UNFIT:
                faults.append(ReadFault("wrong value", entry.file, entry.line, 0, f"{one.name}: {value!r:.80}"))
                values[place] = None
        return pa.array(values, one.type)


def _types_of(entries: Iterable[Entry]) -> pa.Schema:
    """Types by the columns' names, else by their values."""
    kinds: dict[str, set[type]] = {}
    for entry in entries:
        for name, value in entry.values.items():
            kinds.setdefault(name, set()).update({type(value)} - {type(None)})
    return pa.schema([(name, TYPES.get(name) or _type_of(found)) for name, found in kinds.items() if name != "image"])


def _type_of(found: set[type]) -> pa.DataType:
    if found == {bool}:
        return pa.bool_()
    return pa.int64() if found == {int} else pa.float64() if found and found <= {int, float} else pa.string()


def _travels(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _travels(kind.value_type)
    simple = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null, pa.types.is_string)
    return any(same(kind) for same in (*simple, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary))


def _plain(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def packed(value: Any, kind: pa.DataType) -> Any:
    """A value of JSON as Arrow takes it."""
    if isinstance(value, dict) and set(value) == {"base64"}:
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (ValueError, TypeError):
            return value
    if pa.types.is_string(kind) and value is not None and not isinstance(value, str):
        return json.dumps(value, default=str)
    return value
