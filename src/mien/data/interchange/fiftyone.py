"""FiftyOne: a folder of pictures and one JSON file, its ``FiftyOneImageClassificationDataset``.

The expression is the label, everything else an attribute of it; a face without an expression is called ``unlabelled``.

*Source*: FiftyOne's importer of that type: ``labels.json`` with ``classes`` and ``labels``, picture's name without its
ending -> label, or ``{"label": ..., "attributes": ...}``; pictures in ``data``. Written and read without the package.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mien.data.interchange.base import PICTURE_BYTES, Entry, Meta, outgoing, read_json, suffix, write_table
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable
from mien.errors import TableError
from mien.files import atomic_write

UNLABELLED = "unlabelled"


def export(table: LabelTable, out: Path) -> list[ReadFault]:
    """Write ``labels.json`` and ``data`` into a folder; rows without a picture are left out and listed."""
    faults: list[ReadFault] = []
    meta = Meta.of(table)
    labels: dict[str, Any] = {}
    for number, entry in enumerate(outgoing(table, faults)):
        if entry.picture is None:
            faults.append(ReadFault("no picture", entry.file, entry.line, 1, "FiftyOne shows pictures"))
            continue
        name = f"{number:09d}"
        atomic_write(out / "data" / f"{name}.{suffix(entry.picture)}", entry.picture)
        known = {column: value for column, value in entry.values.items() if value is not None}
        labels[name] = {"label": known.pop("expression", UNLABELLED), "attributes": known}
    atomic_write(out / "labels.json", json.dumps({"classes": None, "labels": labels, "mien": meta.to_dict()}))
    return faults


def convert(source: Path, out: Path) -> tuple[int, list[ReadFault]]:
    """Such a folder as a label table; number of rows, and what was not as it should be."""
    content = read_json(source / "labels.json")
    if not isinstance(content, dict) or not isinstance(content.get("labels"), dict):
        raise TableError(f"{source}/labels.json: no 'labels'; expected a FiftyOneImageClassificationDataset")
    meta = Meta.from_dict(content.get("mien"))
    return write_table(lambda faults: _entries(source, content, faults), meta, out)


def _entries(source: Path, content: dict[str, Any], faults: list[ReadFault]) -> Iterator[Entry]:
    # Pictures are looked up among the files that are there: a name in the JSON file is never a path.
    folder = source / "data"
    files = {path.stem: path for path in sorted(folder.iterdir()) if path.is_file()} if folder.is_dir() else {}
    classes = content.get("classes")
    for name, label in content["labels"].items():
        path = files.get(name)
        if path is None or path.is_symlink() or path.stat().st_size > PICTURE_BYTES:
            what = "no such file in data" if path is None else "a link, or too large"
            faults.append(ReadFault("missing picture", f"labels.json/{name}", None, 1, what))
            continue
        given = label if isinstance(label, dict) else {"label": label}
        attributes = given.get("attributes") or {}
        expression = given.get("label")
        if isinstance(expression, int) and isinstance(classes, list) and 0 <= expression < len(classes):
            expression = classes[expression]
        if not isinstance(attributes, dict) or not isinstance(expression, str | None):
            faults.append(ReadFault("broken label", f"labels.json/{name}", None, 1, f"{label!r:.80}"))
            continue
        labelled = {} if expression in (None, UNLABELLED) else {"expression": expression}
        yield Entry({**attributes, **labelled}, path.read_bytes(), f"labels.json/{name}")
