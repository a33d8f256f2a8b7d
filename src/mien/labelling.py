"""A network's answers as labels of a table: where nobody labelled, and marked as such.

Answers are no annotations. They fill gaps of a table so that another network can learn from them, and the table's notes
say which columns hold any, by which network.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mien.data.columns import BOX, CLASS_COLUMNS, VALUE_COLUMNS, task_columns, vote
from mien.data.pictures import readable
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.labels import CLASS_TASKS, TASKS
from mien.preprocessing import Image

ROWS_AT_ONCE = 256
AROUND = 0.15  # of the box's side, left on every side of it
Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
Column = npt.NDArray[np.float32]


def label_table(
    analyzer: Analyzer,
    table: LabelTable,
    *,
    tasks: Sequence[str] = TASKS,
    sure: float = 0.8,
    progress: Progress = lambda items, what, total: items,
) -> LabelTable:
    """``table`` with the network's answers where it has no label; annotators' labels stay as they are.

    Expressions become shares of votes that add up to 1; intensities, valence and arousal the values themselves. An
    action unit becomes present from the probability ``sure`` on, absent up to 1 - ``sure``, and stays unknown between.
    A compound expression is named from ``sure`` on. Rows whose picture cannot be read, or shows no face, get nothing.

    Args:
        analyzer: the network.
        table: pictures with a path or bytes, whole faces or with boxes.
        tasks: which labels to fill.
        sure: in (0.5, 1].
        progress: wraps the batches in a progress bar.

    Raises:
        MienError: ``sure`` makes no sense, the network knows none of the tasks, or the table has no pictures.
    """
    if not 0.5 < sure <= 1:
        raise MienError(f"sure = {sure}; expected above 0.5, up to 1")
    wanted = [task for task in tasks if task in analyzer.labels]
    if not wanted:
        raise MienError(f"The network knows {', '.join(analyzer.labels)}; none of {', '.join(tasks)}")
    if not {"image", "path"} & set(table.columns):
        raise MienError(f"{table.name} has neither a column 'image' nor 'path'; give a table with pictures")
    found = _answers(analyzer, table, progress)
    info, filled = analyzer.predictor.info, table
    remark = f"soft: by the network {info.weights_sha256[:16]} where no annotator gave it"
    for task in wanted:
        for column, values in _columns(task, analyzer.labels[task], found[task], sure).items():
            filled = filled.replace(column, _filled(table, task, column, values))
            filled.notes = {**filled.notes, column: remark}
    return filled


def _answers(analyzer: Analyzer, table: LabelTable, progress: Progress) -> dict[str, Column]:
    """Per task (rows, labels), NaN where there is no face."""
    parts: dict[str, list[Column]] = {task: [] for task in analyzer.labels}
    wanted = [name for name in ("image", "path", *BOX) if name in table.columns]
    batches = table.stream(wanted, rows=ROWS_AT_ONCE)
    for batch in progress(batches, f"{table.name}: labelling", -(-len(table) // ROWS_AT_ONCE)):
        rows, pictures = zip(*found, strict=True) if (found := list(_pictures(batch, table))) else ((), ())
        faces = analyzer.crops(pictures)
        there = faces.is_face
        for task, names in analyzer.labels.items():
            values = np.full((batch.num_rows, len(names)), np.nan, np.float32)
            values[np.array(rows, int)[there]] = faces.values[task][there]
            parts[task].append(values)
    return {task: np.concatenate(values) for task, values in parts.items()}


def _pictures(batch: pa.RecordBatch, table: LabelTable) -> Iterator[tuple[int, Image]]:
    """Row and face of the pictures that can be read."""
    boxed = set(BOX) <= set(batch.schema.names)
    boxes = np.stack([batch.column(c).to_numpy(zero_copy_only=False) for c in BOX], axis=1) if boxed else None
    for row, picture in readable(batch, table):
        yield row, picture if boxes is None or np.isnan(boxes[row]).any() else _near(picture, boxes[row])


def _near(picture: Image, box: npt.NDArray[np.floating[Any]]) -> Image:
    """What lies in and around a box; the whole picture where the box is outside it."""
    around = AROUND * max(box[2] - box[0], box[3] - box[1])
    x1, y1 = (max(0, int(value - around)) for value in box[:2])
    x2, y2 = (max(0, int(np.ceil(value + around))) for value in box[2:])
    part = picture[y1:y2, x1:x2]
    return part if part.size else picture


def _columns(task: str, names: Sequence[str], values: Column, sure: float) -> dict[str, npt.NDArray[Any]]:
    """A task's answers as the columns of a label table; NaN or None where unknown."""
    if task == "expression":
        return {vote(name): values[:, i] for i, name in enumerate(names)}
    if task in CLASS_TASKS:
        best = np.where(np.isnan(values), -1, values).argmax(axis=1)
        certain = np.nan_to_num(values, nan=-1.0).max(axis=1) >= sure
        words = [names[i] if known else None for i, known in zip(best, certain, strict=True)]
        return {CLASS_COLUMNS[task]: np.array(words, object)}
    if task == "au":
        values = np.where(values >= sure, 1.0, np.where(values <= 1 - sure, 0.0, np.nan)).astype(np.float32)
    return {VALUE_COLUMNS[task][name]: values[:, i] for i, name in enumerate(names)}


def _filled(table: LabelTable, task: str, column: str, values: npt.NDArray[Any]) -> pa.Array:
    """The column with ``values`` in the rows that no annotator labelled."""
    missing = [v is None for v in values] if values.dtype == object else np.isnan(values)
    answers = pa.array(values, mask=np.asarray(missing))
    if column not in table.columns and task != "expression":
        return answers
    taken = _annotated(table, task, column)
    own = table.read([column]).column(column).combine_chunks() if column in table.columns else pa.nulls(len(table))
    kind = own.type if column in table.columns else answers.type
    return pc.if_else(pa.array(taken), own.cast(kind), answers.cast(kind, safe=False))


def _annotated(table: LabelTable, task: str, column: str) -> npt.NDArray[np.bool_]:
    """The rows with an annotator's label: of any class for class tasks, else in the column itself."""
    asked = task_columns(task, ()) if task in CLASS_TASKS else [column]
    given = np.zeros(len(table), bool)
    for name in (name for name in asked if name in table.columns):
        values = table.read([name]).column(name)
        known = pc.is_valid(values).to_numpy()
        zero = pc.equal(values, 0).fill_null(False).to_numpy() if name.startswith("votes_") else False
        given |= known & ~np.asarray(zero)
    return given
