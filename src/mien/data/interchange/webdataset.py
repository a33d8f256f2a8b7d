"""WebDataset: tar files in which a row is a picture and a JSON file of the same name.

*Source*: the format of webdataset (github.com/webdataset/webdataset): files that share the name before the first dot
are one sample and stand one after another.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from mien.data.interchange.base import PICTURE_BYTES, Entry, Meta, outgoing, read_json, suffix, write_table
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable
from mien.errors import TableError
from mien.files import atomic_write, replacing

SHARD_ROWS = 10_000
META_FILE = "table.json"
PICTURES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm")


def export(table: LabelTable, out: Path) -> list[ReadFault]:
    """Write ``faces-000000.tar`` ... and ``table.json``, types and notes, into a folder; what was left out."""
    faults: list[ReadFault] = []
    meta = Meta.of(table)
    rows = enumerate(outgoing(table, faults))
    for shard, group in groupby(rows, key=lambda pair: pair[0] // SHARD_ROWS):
        path = out / f"faces-{shard:06d}.tar"
        with replacing(path) as partial, tarfile.open(partial, "w") as tar:
            for number, entry in group:
                if entry.picture is not None:
                    _add(tar, f"{number:09d}.{suffix(entry.picture)}", entry.picture)
                _add(tar, f"{number:09d}.json", json.dumps(entry.values).encode())
    atomic_write(out / META_FILE, json.dumps(meta.to_dict()))
    return faults


def convert(source: Path, out: Path) -> tuple[int, list[ReadFault]]:
    """A folder of tar files, or one of them, as a label table; number of rows, and what was not as it should be.

    Nothing is unpacked: members are read in memory, so that their names lead nowhere.
    """
    shards = sorted(source.glob("*.tar*")) if source.is_dir() else [source]
    if not shards or not shards[0].is_file():
        raise TableError(f"{source}: no tar file; expected WebDataset shards, or a folder of them")
    beside = (source if source.is_dir() else source.parent) / META_FILE
    meta = Meta.from_dict(read_json(beside, [])) if beside.is_file() else None
    return write_table(lambda faults: (entry for shard in shards for entry in _entries(shard, faults)), meta, out)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # without owner and time: the same table gives the same file
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _entries(shard: Path, faults: list[ReadFault]) -> Iterator[Entry]:
    """The samples of one shard; of one that breaks off, those before."""
    key: str | None = None
    parts: dict[str, bytes] = {}
    for name, content in _members(shard, faults):
        stem, _, kind = name.partition(".")
        if stem != key and parts:
            yield from _entry(f"{shard.name}/{key}", parts, faults)
            parts = {}
        key, parts[kind.lower()] = stem, content
    if parts:
        yield from _entry(f"{shard.name}/{key}", parts, faults)


def _members(shard: Path, faults: list[ReadFault]) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(shard, "r|*") as tar:
            for member in tar:
                if member.isdir():
                    continue
                if not member.isreg() or member.size > PICTURE_BYTES:
                    what = f"{member.size} bytes" if member.isreg() else "a link or device"
                    faults.append(ReadFault("not a file of a sample", f"{shard.name}/{member.name}", None, 1, what))
                elif (content := tar.extractfile(member)) is not None:
                    yield Path(member.name).name, content.read()
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        faults.append(ReadFault("broken tar file", shard.name, None, 0, f"reading ends here: {error}"))


def _entry(where: str, parts: dict[str, bytes], faults: list[ReadFault]) -> Iterator[Entry]:
    """A sample as an entry; ``cls`` and ``txt`` files of other tools as columns of these names."""
    values: dict[str, Any] = {}
    for kind, content in parts.items():
        try:
            if kind == "json":
                read = json.loads(content)
                if not isinstance(read, dict):
                    raise ValueError("not an object")
                values |= read
            elif kind in ("cls", "txt"):
                values[kind] = content.decode().strip()
        except (ValueError, RecursionError) as error:
            faults.append(
                ReadFault("broken JSON" if kind == "json" else "broken text", f"{where}.{kind}", None, 1, str(error))
            )
            return
    yield Entry(values, next((parts[kind] for kind in PICTURES if kind in parts), None), where)
