"""``Faces`` as rows of a table: a row per face, and a row that says why where there is none."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
    face = pa.array(np.cumsum(shown) - 1, mask=~shown)  # of each row
    columns = {name: values.take(face) for name, values in _face_columns(faces, picture[shown]).items()}
    frames, times = zip(*(one.index for one in pictures), strict=True)
    columns["frame"] = pc.coalesce(columns["frame"], pa.array(frames).take(picture))
    nobody = pc.if_else(shown, None, _nan_to_null(np.array(times, float)).take(picture))
    columns["time_s"] = pc.coalesce(columns["time_s"], nobody)
    columns["path"] = pa.array([one.path or None for one in pictures], pa.string()).take(picture)
    columns["status"] = pa.array([OK if len(one) else one.status for one in pictures]).take(picture)
    kinds = schema(faces.labels, faces.conformal)
    return pa.table([columns[field.name].cast(field.type) for field in kinds], schema=kinds)


def _face_columns(faces: Faces, picture: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
    """The columns of n faces, which are of these pictures (n,)."""
    columns = {
        "frame": pa.array(faces.frame),
        "time_s": _nan_to_null(faces.time_s),
        "face": pa.array(_within_frame(picture, faces.frame)),
        "track_id": pa.array(faces.track_id, mask=faces.track_id < 0),
        "score": _nan_to_null(faces.score),
        **{name: pa.array(faces.xyxy[:, i]) for i, name in enumerate(BOX)},
    }
    for task in ("expression", "au", "au_intensity", "va"):
        names = value_columns(task, faces.labels)
        columns |= {name: pa.array(faces.values[task][:, i]) for i, name in enumerate(names)}
    columns |= {task: pa.array(faces.top(task), pa.string()) for task in ("expression", "compound")}
    return columns | {f"{task}_set": pa.array(map("|".join, faces.sets(task)), pa.string()) for task in faces.conformal}


def _within_frame(*frame: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0, 1, ... anew wherever a number of the frame, its picture's or its own, is another one.

    >>> _within_frame(np.array([0, 0, 0, 0, 1]), np.array([7, 7, 8, 8, 8])).tolist()
    [0, 1, 0, 1, 0]
    """
    changes = np.any([np.diff(numbers) != 0 for numbers in frame], axis=0)
    starts = np.flatnonzero(np.concatenate([[True], changes])) if len(frame[0]) else np.zeros(0, np.int64)
    return np.arange(len(frame[0])) - np.repeat(starts, np.diff(starts, append=len(frame[0])))


def _nan_to_null(values: npt.NDArray[np.floating]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
