"""Hugging Face datasets: Parquet files, one for each split, whose ``image`` the library shows as pictures.

``datasets.load_dataset("FOLDER")`` reads them. Expressions stay words; ``class_encode_column`` makes them numbers.

*Source*: the Parquet files that datasets writes: pictures as ``struct<bytes, path>``, and in the schema's metadata the
key ``huggingface``, ``{"info": {"features": ...}}``; a split's files are ``data/SPLIT-00000-of-00001.parquet``.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mien.data.interchange.base import ROWS_AT_ONCE, Entry, Meta, outgoing, packed, write_table
from mien.data.parquet import METADATA_KEY
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable
from mien.errors import TableError
from mien.files import replacing

KEY = b"huggingface"
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
NAMES = {"float": "float32", "double": "float64", "halffloat": "float16"}  # Arrow's name -> that of datasets


def export(table: LabelTable, out: Path) -> list[ReadFault]:
    """Write ``data/SPLIT-00000-of-00001.parquet`` for every split; what was left out. Splits come one after another."""
    faults: list[ReadFault] = []
    meta = Meta.of(table)
    schema = pa.schema([*meta.schema, pa.field("image", PICTURE)])
    features = {one.name: _feature(one.type) for one in schema}
    own = {METADATA_KEY: json.dumps(meta.to_dict()).encode()}
    schema = schema.with_metadata({KEY: json.dumps({"info": {"features": features}}).encode(), **own})
    for split in _splits(table):
        rows = (e for e in outgoing(table, faults) if e.values.get("split") == split)
        name = re.sub(r"\W", "_", split) if split else "train"
        _write(out / "data" / f"{name}-00000-of-00001.parquet", schema, rows)
    return list(dict.fromkeys(faults))  # every split's turn met the same ones


def convert(source: Path, out: Path) -> tuple[int, list[ReadFault]]:
    """Parquet files of datasets, one or a folder of them, as a label table; rows, and what was not as it should be.

    Numbered classes become their names. A folder's split is in the files' names where no column says it.
    """
    files = sorted(source.rglob("*.parquet")) if source.is_dir() else [source]
    if not files or not files[0].is_file():
        raise TableError(f"{source}: no Parquet file; expected one that datasets wrote, or a folder of them")
    schema = next((found for path in files if (found := _schema(path, []))), pa.schema([]))
    meta = Meta.from_dict(_json((schema.metadata or {}).get(METADATA_KEY))) or Meta(_words(schema))
    return write_table(lambda faults: (entry for path in files for entry in _entries(path, faults)), meta, out)


def _splits(table: LabelTable) -> list[str | None]:
    if "split" not in table.columns:
        return [None]
    return list(dict.fromkeys(table.read(["split"]).column("split").to_pylist()))


def _write(path: Path, schema: pa.Schema, rows: Iterator[Entry]) -> None:
    with replacing(path) as partial, pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            columns = [one for one in schema if one.name != "image"]
            arrays = [pa.array([packed(e.values.get(one.name), one.type) for e in chunk], one.type) for one in columns]
            pictures = [e.picture and {"bytes": e.picture, "path": None} for e in chunk]
            writer.write_batch(pa.RecordBatch.from_arrays([*arrays, pa.array(pictures, PICTURE)], schema=schema))


def _feature(kind: pa.DataType) -> Any:
    """How datasets calls a type."""
    if kind == PICTURE:
        return {"_type": "Image"}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "Sequence"}
    return {"dtype": NAMES.get(str(kind), str(kind)), "_type": "Value"}


def _schema(path: Path, faults: list[ReadFault]) -> pa.Schema | None:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowInvalid) as error:
        faults.append(ReadFault("broken Parquet file", path.name, None, 0, str(error).splitlines()[0]))
        return None


def _classes(schema: pa.Schema) -> dict[str, list[str]]:
    """The columns that hold numbers of classes, and the classes."""
    info = _json((schema.metadata or {}).get(KEY))
    features = info["info"]["features"] if isinstance(info, dict) and "features" in info.get("info", {}) else {}
    return {name: f["names"] for name, f in features.items() if isinstance(f, dict) and f.get("_type") == "ClassLabel"}


def _words(schema: pa.Schema) -> pa.Schema:
    """The types of a file's columns, with words for numbered classes, and a split."""
    kinds = {one.name: one.type for one in schema} | dict.fromkeys(_classes(schema), pa.string())
    return pa.schema(list(({"split": pa.string()} | kinds).items()))


def _entries(path: Path, faults: list[ReadFault]) -> Iterator[Entry]:
    schema = _schema(path, faults)
    if schema is None:
        return
    classes = _classes(schema)
    found = re.fullmatch(r"(\w+)-\d+-of-\d+", path.stem)
    split = {"split": found[1]} if found and "split" not in schema.names else {}
    row = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(ROWS_AT_ONCE):
            for values in batch.to_pylist():
                row += 1
                picture = values.pop("image", None)
                picture = picture.get("bytes") if isinstance(picture, dict) else picture
                for name, names in classes.items():
                    values[name] = _named(values.get(name), names, path.name, row, name, faults)
                yield Entry({**values, **split}, picture if isinstance(picture, bytes) else None, path.name, row)
    except (OSError, pa.ArrowInvalid) as error:
        faults.append(ReadFault("broken Parquet file", path.name, row + 1, 0, f"reading ends here: {error}"))


def _named(number: Any, names: list[str], file: str, row: int, column: str, faults: list[ReadFault]) -> str | None:
    """The name of a class; -1 is how datasets writes that there is none."""
    if number is None or number == -1:
        return None
    if isinstance(number, int) and 0 <= number < len(names):
        return names[number]
    faults.append(ReadFault("unknown code", file, row, 0, f"{column}: {number} of {len(names)} classes"))
    return None


def _json(content: bytes | None) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None
