"""Label Studio: tasks as JSON, with a labelling interface in which people correct expressions, units and VA.

What the table says stands in every task beside the picture; what people answer is laid over it when tasks come back.
Action units have three states: chosen under ``au`` is present, under ``au_unknown`` unknown, and in neither absent.

*Source*: Label Studio's task format (labelstud.io/guide/task_format): ``data``, ``annotations`` with ``result`` of
``from_name``, ``type`` and ``value``.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from mien.data.columns import VALUE_COLUMNS
from mien.data.interchange.answers import laid_over, results
from mien.data.interchange.base import PICTURE_BYTES, Entry, Meta, outgoing, read_json, suffix, write_table
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable
from mien.errors import TableError
from mien.files import atomic_write
from mien.labels import LabelSet

META_FILE = "table.json"
TASKS_FILE = "tasks.json"
LOCAL = "/data/local-files/?d="  # how Label Studio writes a file of its own local storage
TYPES = {"jpg": "jpeg", "tif": "tiff"}


def export(table: LabelTable, out: Path) -> list[ReadFault]:
    """Write ``tasks.json`` with the pictures inside, ``config.xml`` (the interface), and ``table.json``."""
    faults: list[ReadFault] = []
    meta, labels = Meta.of(table), table.labels
    tasks = []
    for entry in outgoing(table, faults):
        if entry.picture is None:
            faults.append(ReadFault("no picture", entry.file, entry.line, 1, "Label Studio shows pictures"))
            continue
        kind = suffix(entry.picture)
        picture = f"data:image/{TYPES.get(kind, kind)};base64,{base64.b64encode(entry.picture).decode()}"
        known = results(entry.values, labels)
        annotations = [{"result": known}] if known else []
        tasks.append({"data": {"image": picture, "mien": entry.values}, "annotations": annotations})
    atomic_write(out / TASKS_FILE, json.dumps(tasks))
    atomic_write(out / "config.xml", interface(labels))
    atomic_write(out / META_FILE, json.dumps(meta.to_dict()))
    return faults


def convert(source: Path, out: Path) -> tuple[int, list[ReadFault]]:
    """A JSON export of Label Studio, or the folder that ``export`` wrote, as a label table; rows and faults.

    Types and notes are those of ``table.json`` beside it, if there. Pictures are taken from the tasks themselves, or
    from files beside the JSON file, and never from elsewhere or from the net.
    """
    path = source / TASKS_FILE if source.is_dir() else source
    tasks = read_json(path)
    if not isinstance(tasks, list):
        raise TableError(f"{path}: no list of tasks; export the project as JSON, not JSON-MIN or CSV")
    beside = path.parent / META_FILE
    meta = Meta.from_dict(read_json(beside, [])) if beside.is_file() else None
    units = [name for name in VALUE_COLUMNS["au"] if meta is not None and name in meta.schema.names]
    return write_table(lambda faults: _entries(tasks, path, units, faults), meta, out)


def interface(labels: LabelSet) -> str:
    """Label Studio's labelling configuration for a table's labels, as XML."""
    lines = ["<View>", '  <Image name="face" value="$image" zoom="true"/>']
    for task in ("expression", "compound"):
        lines += _choices(task, labels.get(task, ()), "single-radio")
    lines += _choices("au", labels.get("au", ()), "multiple") + _choices("au_unknown", labels.get("au", ()), "multiple")
    for name in labels.get("va", ()):
        lines.append(f'  <Header value="{name}"/>')
        lines.append(f'  <Number name="{name}" toName="face" min="-1" max="1" step="any"/>')
    return "\n".join([*lines, "</View>"]) + "\n"


def _choices(name: str, options: Sequence[str], how: str) -> list[str]:
    if not options:
        return []
    inside = [f"    <Choice value={quoteattr(option)}/>" for option in options]
    head = [f'  <Header value="{name.replace("_", " ")}"/>', f'  <Choices name="{name}" toName="face" choice="{how}">']
    return [*head, *inside, "  </Choices>"]


def _entries(tasks: Sequence[Any], path: Path, units: Sequence[str], faults: list[ReadFault]) -> Iterator[Entry]:
    for number, task in enumerate(tasks, 1):
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            faults.append(ReadFault("broken task", path.name, number, 1, f"no data: {task!r:.60}"))
            continue
        try:
            picture = _picture(data, path.parent)
            values = data.get("mien") or {k: v for k, v in data.items() if k != "image"}
            if not isinstance(values, Mapping):
                raise ValueError(f"columns are {values!r:.40}")
            values = laid_over(dict(values), task.get("annotations") or [], units)
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            faults.append(ReadFault("broken task", path.name, number, 1, f"{error}"[:200]))
            continue
        yield Entry(values, picture, path.name, number)


def _picture(data: Mapping[str, Any], folder: Path) -> bytes:
    """The bytes of a task's picture.

    Raises:
        ValueError: it is elsewhere, outside the folder, or no picture is named.
    """
    image = data.get("image")
    if not isinstance(image, str):
        raise ValueError("data has no image")
    if image.startswith("data:"):
        head, _, content = image.partition(",")
        if not head.endswith(";base64"):
            raise ValueError("the picture is not in base64")
        return base64.b64decode(content, validate=True)
    if "://" in image:
        raise ValueError(f"the picture is on the net ({image[:60]}): download it and name the file")
    file = (folder / image.removeprefix(LOCAL)).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise ValueError(f"the picture is outside {folder}: {image[:60]}")
    if not file.is_file() or file.stat().st_size > PICTURE_BYTES:
        raise ValueError(f"no such picture, or too large: {image[:60]}")
    return file.read_bytes()
