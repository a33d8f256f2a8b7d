"""The columns of a label table, and which of them carry which task's labels."""

import pyarrow as pa

from mien.labels import ACTION_UNITS, EXPRESSIONS, VALENCE_AROUSAL

WHERE = {
    "database": pa.string(),
    "split": pa.string(),
    "subject": pa.string(),
    "clip": pa.string(),
    "frame": pa.int64(),
    "time_s": pa.float64(),
    "path": pa.string(),
    "image": pa.binary(),
}
BOX = ("x1", "y1", "x2", "y2")  # face box in pixels of the picture
BODY = tuple(f"body_{side}" for side in BOX)  # box of the whole person, for databases that have no other
SAME_FACE = ("path", *BOX, *BODY, "clip", "frame")  # equal in all of these: the same face twice
LANDMARKS = tuple(f"lm_{p}_{c}" for p in ("eye_l", "eye_r", "nose", "mouth_l", "mouth_r") for c in "xy")


def vote(expression: str) -> str:
    """Column with the weight (votes, or a probability) that annotators gave to an expression."""
    return f"votes_{expression}"


def intensity(au: str) -> str:
    """Column with the intensity (0-5) of an action unit."""
    return f"{au}_intensity"


CLASS_COLUMNS = {"expression": "expression", "compound": "compound"}
VALUE_COLUMNS = {
    "au": {au: au for au in ACTION_UNITS},
    "au_intensity": {au: intensity(au) for au in ACTION_UNITS},
    "va": {name: name for name in VALENCE_AROUSAL},
}

TYPES: dict[str, pa.DataType] = {
    **WHERE,
    **dict.fromkeys((*BOX, *BODY, *LANDMARKS), pa.float32()),
    "expression": pa.string(),
    **{vote(name): pa.float32() for name in EXPRESSIONS},
    **{au: pa.int8() for au in ACTION_UNITS},
    **{intensity(au): pa.float32() for au in ACTION_UNITS},
    "valence": pa.float32(),
    "arousal": pa.float32(),
    "compound": pa.string(),
}
"""Arrow type of every column that mien reads. Further columns (age, sex, lighting ...) are kept and ignored."""


def task_columns(task: str, names: tuple[str, ...]) -> list[str]:
    """The table columns that hold a task's labels: a class column and its votes, or one column per label."""
    if task in VALUE_COLUMNS:
        return [VALUE_COLUMNS[task][name] for name in names]
    votes = [vote(name) for name in EXPRESSIONS] if task == "expression" else []
    return [CLASS_COLUMNS[task], *votes]
