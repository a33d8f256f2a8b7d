"""``Faces`` as rows of a table: a row per face, and a row that says why where there is none."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mien.inference.results import OK, Faces
from mien.labels import LabelSet

PLACE = ("path", "frame", "time_s", "face", "track_id", "x1", "y1", "x2", "y2", "score")
BOX = ("x1", "y1", "x2", "y2")


def schema(labels: LabelSet) -> pa.Schema:
    """The columns of a model with these labels, in their order.

    path, frame, time_s, face (number within the frame), track_id, x1, y1, x2, y2, score; expression and a probability
    per expression; AU01 ... probabilities; AU01_intensity ... 0-5; valence, arousal; compound; status.
    """
    number = pa.float32()
    kinds: dict[str, pa.DataType] = dict.fromkeys(PLACE, number)
    kinds |= {"path": pa.string(), "time_s": pa.float64()}
    kinds |= dict.fromkeys(("frame", "face", "track_id"), pa.int64())
    if "expression" in labels:
        kinds["expression"] = pa.string()
    for task in ("expression", "au", "au_intensity", "va"):
        kinds |= dict.fromkeys(value_columns(task, labels), number)
    if "compound" in labels:
        kinds["compound"] = pa.string()
    return pa.schema([*kinds.items(), ("status", pa.string())])


def value_columns(task: str, labels: LabelSet) -> list[str]:
    """The columns of a task's values."""
    return [column_of(task, name) for name in labels.get(task, ())]


def column_of(task: str, label: str) -> str:
    """The column that holds a label of a task: its own name, of an intensity with an ending."""
    return f"{label}_intensity" if task == "au_intensity" else label


def to_arrow(faces: Faces) -> pa.Table:
    """The rows of one picture or frame; without a face one row with nulls whose ``status`` says why.

    An unknown time, score or track is null.
    """
    kinds = schema(faces.labels)
    columns = _face_columns(faces) if len(faces) else {"frame": [faces.index[0]], "time_s": [_or_null(faces.index[1])]}
    rows = max(1, len(faces))
    columns |= {"path": [faces.path or None] * rows, "status": [faces.status if not len(faces) else OK] * rows}
    arrays = [pa.array(columns.get(field.name, [None] * rows), field.type) for field in kinds]
    return pa.Table.from_arrays(arrays, schema=kinds)


def _face_columns(faces: Faces) -> dict[str, object]:
    columns: dict[str, object] = {
        "frame": faces.frame,
        "time_s": _nan_to_null(faces.time_s),
        "face": _within_frame(faces.frame),
        "track_id": pa.array(faces.track_id, mask=faces.track_id < 0),
        "score": _nan_to_null(faces.score),
        **{name: faces.xyxy[:, i] for i, name in enumerate(BOX)},
    }
    for task in ("expression", "au", "au_intensity", "va"):
        values = faces.values.get(task)
        columns |= {
            name: values[:, i] for i, name in enumerate(value_columns(task, faces.labels)) if values is not None
        }
    return columns | {task: faces.top(task) for task in ("expression", "compound") if task in faces.labels}


def _within_frame(frame: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0, 1, ... anew in every run of equal frame numbers.

    >>> _within_frame(np.array([7, 7, 8, 8, 8])).tolist()
    [0, 1, 0, 1, 2]
    """
    starts = np.flatnonzero(np.diff(frame, prepend=frame[0] - 1))
    return np.arange(len(frame)) - np.repeat(starts, np.diff(starts, append=len(frame)))


def _nan_to_null(values: npt.NDArray[np.floating]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _or_null(value: float) -> float | None:
    return None if np.isnan(value) else value
