"""A labelled database of generated faces, marked as such."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mien.data.columns import CLASS_COLUMNS, TYPES, VALUE_COLUMNS, task_columns, vote
from mien.data.synthetic.records import encode
from mien.data.table import LabelTable, write_batches
from mien.data.targets import Labels, labels_of
from mien.errors import MienError
from mien.generation.make import FaceGenerator
from mien.generation.request import Asked, condition_of
from mien.labels import CLASS_TASKS

ROWS_AT_ONCE = 256
DATABASE = "generated"
REMARK = "generated: the label that the generator was told, no annotator's"
Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
WHERE = ("database", "split", "subject", "image")


def write_for_request(generator: FaceGenerator, asked: Asked, count: int, path: Path, seed: int = 0) -> int:
    """A table of ``count`` faces that all show what is asked for; returns the rows."""
    values, told = condition_of(asked, generator.labels)
    same = np.zeros(count, np.int64)
    one = Labels({t: a[None] for t, a in values.items()}, {t: a[None] for t, a in told.items()})
    _write(generator, iter([one.take(same)]), path, seed)
    return count


def write_for_table(
    generator: FaceGenerator,
    table: LabelTable,
    path: Path,
    seed: int = 0,
    progress: Progress = lambda items, what, total: items,
) -> int:
    """A table with a generated face for every row of ``table`` that has a label the generator can be told.

    Args:
        generator: makes the faces.
        table: whose labels are told; its pictures are not looked at.
        path: Parquet file to write, atomically.
        seed: of the people.
        progress: wraps the batches in a progress bar.

    Returns:
        How many rows were written.

    Raises:
        MienError: the table gives no label that the generator can be told.
    """
    wanted = generator.labels
    shared = {t: names for t, names in table.labels.items() if set(names) & set(wanted.get(t, ()))}
    if not shared:
        raise MienError(
            f"{table.name} gives {', '.join(table.labels) or 'no labels'}, the generator can be told "
            f"{', '.join(wanted)}; give a table that shares a label with it"
        )
    columns = [c for t, names in wanted.items() for c in task_columns(t, names) if c in table.columns]
    counted = [0]

    def chunks() -> Iterator[Labels]:
        start = 0
        batches = table.stream(list(dict.fromkeys(columns)), rows=ROWS_AT_ONCE)
        for batch in progress(batches, f"{table.name}: faces for its labels", -(-len(table) // ROWS_AT_ONCE)):
            rows = np.arange(start, start + batch.num_rows)
            start += batch.num_rows
            labels = labels_of(batch, wanted, shared, table.name, rows)
            some = np.any([mask.any(axis=1) for mask in labels.mask.values()], axis=0)
            counted[0] += int(some.sum())
            if some.any():
                yield labels.take(np.flatnonzero(some))

    _write(generator, chunks(), path, seed)
    return counted[0]


def _write(generator: FaceGenerator, chunks: Iterator[Labels], path: Path, seed: int) -> None:
    columns = [c for task, names in generator.labels.items() for c in _columns(task, names)]
    schema = pa.schema([(name, TYPES[name]) for name in (*WHERE, *columns)])
    classes = {task: names for task, names in generator.labels.items() if task in CLASS_TASKS}

    def batches() -> Iterator[pa.RecordBatch]:
        first = 0
        for number, labels in enumerate(chunks):
            faces = list(generator.for_labels(labels.target, labels.mask, seed=seed + number))
            yield pa.RecordBatch.from_pydict(_rows(generator, labels, faces, first), schema=schema)
            first += len(faces)

    write_batches(path, schema, batches(), classes, dict.fromkeys(columns, REMARK))


def _columns(task: str, names: tuple[str, ...]) -> list[str]:
    """Expressions as votes, which keep a distribution; compounds by name; else a column per label."""
    if task == "expression":
        return [vote(name) for name in names]
    return [CLASS_COLUMNS[task]] if task == "compound" else [VALUE_COLUMNS[task][name] for name in names]


def _rows(generator: FaceGenerator, labels: Labels, faces: list[Any], first: int) -> dict[str, list[Any]]:
    """The columns of a chunk; what was not told is null. Every face is a person of its own."""
    grey = generator.makers.spec.grey
    out: dict[str, list[Any]] = {
        "database": [DATABASE] * len(faces),
        "split": ["train"] * len(faces),
        "subject": [f"g{first + i:07d}" for i in range(len(faces))],
        "image": [encode(face, grey) for face in faces],
    }
    for task, names in generator.labels.items():
        out |= _label_columns(task, names, labels)
    return out


def _label_columns(task: str, names: tuple[str, ...], labels: Labels) -> dict[str, list[Any]]:
    target, mask = labels.target[task], labels.mask[task]
    if task == "compound":
        return {
            CLASS_COLUMNS[task]: [names[t.argmax()] if m.any() else None for t, m in zip(target, mask, strict=True)]
        }
    known = mask if task != "expression" else np.repeat(mask.any(axis=1, keepdims=True), len(names), axis=1)
    return {
        column: [float(v) if m else None for v, m in zip(target[:, i], known[:, i], strict=True)]
        for i, column in enumerate(_columns(task, names))
    }
