"""``Faces`` as rows of a table: a row per face, and a row that says why where there is none."""

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mien.inference.arrow import numbers, words
from mien.inference.results import OK, Faces, concatenate
from mien.labels import LabelSet

PLACE = ("path", "frame", "time_s", "face", "track_id", "x1", "y1", "x2", "y2", "score")
BOX = ("x1", "y1", "x2", "y2")


def schema(labels: LabelSet, sets: Collection[str] = ()) -> pa.Schema:
    """The columns of a model, in their order.

    path, frame, time_s, face (number within the frame), track_id, x1, y1, x2, y2, score; expression, expression_set and
    a probability per expression; AU01 ... probabilities; AU01_intensity ... 0-5; valence, arousal; compound,
    compound_set; status.

    Args:
        labels: of the model.
        sets: the tasks for which it has sets of classes, see ``Faces.sets``; the others have no such column.
    """
    number = pa.float32()
    kinds: dict[str, pa.DataType] = dict.fromkeys(PLACE, number)
    kinds |= {"path": pa.string(), "time_s": pa.float64()}
    kinds |= dict.fromkeys(("frame", "face", "track_id"), pa.int64())
    if "expression" in labels:
        kinds |= dict.fromkeys(_class_columns("expression", sets), pa.string())
    for task in ("expression", "au", "au_intensity", "va"):
        kinds |= dict.fromkeys(value_columns(task, labels), number)
    if "compound" in labels:
        kinds |= dict.fromkeys(_class_columns("compound", sets), pa.string())
    return pa.schema([*kinds.items(), ("status", pa.string())])


def _class_columns(task: str, sets: Collection[str]) -> list[str]:
    """The columns that name classes."""
    return [task, f"{task}_set"] if task in sets else [task]


def value_columns(task: str, labels: LabelSet) -> list[str]:
    """The columns of a task's values."""
    return [column_of(task, name) for name in labels.get(task, ())]


def column_of(task: str, label: str) -> str:
    """The column that holds a label of a task: its own name, of an intensity with an ending."""
    return f"{label}_intensity" if task == "au_intensity" else label


def to_arrow(*pictures: Faces) -> pa.Table:
    """The rows of pictures or frames of one model, in their order.

    A picture without a face is one row with nulls whose ``status`` says why. An unknown time, score or track is null.

    Raises:
        MienError: no pictures, or those of several models.
    """
    faces = concatenate(pictures)
    counts = np.array([len(one) for one in pictures])
    picture = np.repeat(np.arange(len(pictures)), np.maximum(counts, 1))  # of each row
    shown = counts[picture] > 0
    values = {name: _spread(some, shown) for name, some in _values(faces, picture[shown]).items()}
    for name, index in zip(("frame", "time_s"), zip(*(one.index for one in pictures), strict=True), strict=True):
        values[name] = np.where(shown, values[name], np.array(index)[picture])
    known = {name: np.isfinite(values[name]) for name in ("time_s", "score")}
    known |= {"frame": np.ones(len(shown), bool), "track_id": values["track_id"] >= 0}
    texts = {name: _spread(np.array(some, object), shown).tolist() for name, some in _words(faces).items()}
    texts["path"] = [pictures[i].path or None for i in picture]
    texts["status"] = [OK if counts[i] else pictures[i].status for i in picture]
    kinds = schema(faces.labels, faces.conformal)
    columns = [
        words(texts[field.name])
        if field.name in texts
        else numbers(values[field.name], field.type, known.get(field.name, shown))
        for field in kinds
    ]
    return pa.table(columns, schema=kinds)


def _spread(some: npt.NDArray[Any], shown: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """What is said of the faces, (n,), in the rows that have one; NaN, -1 or None in the others."""
    empty = {"f": np.nan, "i": -1}.get(some.dtype.kind)
    rows = np.full(len(shown), empty, some.dtype)
    rows[shown] = some
    return rows


def _values(faces: Faces, picture: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """The columns of numbers of n faces, which are of these pictures (n,)."""
    tasks = [task for task in ("expression", "au", "au_intensity", "va") if task in faces.labels]
    return {
        "frame": faces.frame,
        "time_s": faces.time_s,
        "face": _within_frame(picture, faces.frame),
        "track_id": faces.track_id,
        "score": faces.score,
        **{name: faces.xyxy[:, i] for i, name in enumerate(BOX)},
        **{n: faces.values[task][:, i] for task in tasks for i, n in enumerate(value_columns(task, faces.labels))},
    }


def _words(faces: Faces) -> dict[str, list[str]]:
    """The columns of words of n faces."""
    sets = {f"{task}_set": ["|".join(names) for names in faces.sets(task)] for task in faces.conformal}
    return {task: faces.top(task) for task in ("expression", "compound") if task in faces.labels} | sets


def _within_frame(*frame: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0, 1, ... anew wherever a number of the frame, its picture's or its own, is another one.

    >>> _within_frame(np.array([0, 0, 0, 0, 1]), np.array([7, 7, 8, 8, 8])).tolist()
    [0, 1, 0, 1, 0]
    """
    changes = np.any([np.diff(numbers) != 0 for numbers in frame], axis=0)
    starts = np.flatnonzero(np.concatenate([[True], changes])) if len(frame[0]) else np.zeros(0, np.int64)
    return np.arange(len(frame[0])) - np.repeat(starts, np.diff(starts, append=len(frame[0])))
