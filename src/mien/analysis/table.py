"""The table that ``mien analyze`` writes: read it, check it, and find the people in it."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from mien.choose import choose
from mien.errors import TableError
from mien.inference.results import OK
from mien.inference.table import PLACE, column_of
from mien.labels import ACTION_UNITS, EXPRESSIONS, VALENCE_AROUSAL, LabelSet

NEEDED = (*PLACE, "status")
TEXT = ("path", "expression", "expression_set", "compound", "compound_set", "status")


class Person(NamedTuple):
    """Somebody followed through a video; the same person in another video is another one here."""

    path: str
    track: int

    def __str__(self) -> str:
        return f"track {self.track} of {Path(self.path).name}"


def read_analysis(path: str | Path) -> pd.DataFrame:
    """Read a table that ``mien analyze`` wrote: ``.csv``, ``.parquet`` or ``.jsonl``.

    Returns:
        One row per face and frame, checked as ``check_analysis`` does; what is missing is NaN.

    Raises:
        TableError: the file is missing or broken, its extension is unknown, or the table is not one of faces.
    """
    path = Path(path)
    read = choose(
        {".csv": _read_csv, ".parquet": _read_parquet, ".jsonl": _read_jsonl},
        path.suffix.lower(),
        f"extension of an analysis table ({path}),",
        TableError,
    )
    try:
        return check_analysis(read(path), str(path))
    except FileNotFoundError:
        raise TableError(f"{path}: no such file; make a table with 'mien analyze PICTURES -o {path.name}'") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        raise TableError(f"{path}: cannot be read as {path.suffix} ({error}); run 'mien analyze' again") from None


def check_analysis(table: pd.DataFrame | pa.Table, where: str = "the table") -> pd.DataFrame:
    """A copy with numbers as float64, faces in the order of file and time; Arrow tables are converted.

    Raises:
        TableError: columns are missing, the table is empty, or a column of numbers holds text.
    """
    frame = table.to_pandas() if isinstance(table, pa.Table) else table.copy()
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise TableError(
            f"{where}: no column {', '.join(missing)}; expected a table that 'mien analyze' wrote, "
            f"got the columns {', '.join(map(str, frame.columns[:12]))}"
        )
    if frame.empty:
        raise TableError(f"{where}: the table has no rows; run 'mien analyze' on at least one picture or video")
    frame["path"] = frame["path"].fillna("(no file)").astype(str)
    for name in (*NEEDED, *value_columns(frame)):
        if name not in TEXT:
            frame[name] = _numbers(frame[name], name, where)
    return frame.sort_values(["path", "time_s", "face"], kind="stable").reset_index(drop=True)


def value_columns(table: pd.DataFrame) -> list[str]:
    """The columns of measurements, in the order of ``mien.labels``."""
    intensities = [column_of("au_intensity", name) for name in ACTION_UNITS]
    known = (*EXPRESSIONS, *ACTION_UNITS, *intensities, *VALENCE_AROUSAL)
    return [name for name in known if name in table.columns]


def labels_in(table: pd.DataFrame) -> LabelSet:
    """What the table measures: task -> labels whose column holds at least one value.

    The column of ``AU12`` of task ``au_intensity`` is ``AU12_intensity``; elsewhere a label is its column.
    """
    names = {
        "expression": EXPRESSIONS,
        "au": tuple(ACTION_UNITS),
        "au_intensity": tuple(ACTION_UNITS),
        "va": VALENCE_AROUSAL,
    }
    found = {task: tuple(n for n in labels if _measured(table, column_of(task, n))) for task, labels in names.items()}
    if len(found["va"]) < 2:  # half a plane is none
        found["va"] = ()
    return {task: labels for task, labels in found.items() if labels}


def faces_of(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with a face."""
    return table[(table["status"] == OK) & table["x1"].notna()]


def videos_of(table: pd.DataFrame) -> list[str]:
    """Paths whose rows have times: videos, in order; the other files are photos."""
    last = table.groupby("path", sort=False)["time_s"].max()
    return [str(path) for path in last.index[last.to_numpy() > 0]]


def people_in(table: pd.DataFrame) -> dict[Person, pd.DataFrame]:
    """The people of the videos with their rows in the order of time; those seen longest come first.

    A person is a track of a video. In a video without tracks, faces are told apart by their order in the frame,
    which is right only while nobody comes, goes or changes places.
    """
    faces = faces_of(table)
    faces = faces[faces["path"].isin(videos_of(table))]
    track = faces["track_id"].fillna(faces["face"]).fillna(0).astype(int)
    groups = [rows for _, rows in faces.groupby(["path", track], sort=False)]
    found = {Person(str(rows["path"].iloc[0]), int(track[rows.index[0]])): rows for rows in groups}
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def frames_per_second(time_s: Any) -> float:
    """The usual rate of a series of times (n,) in seconds: one over the median step; NaN for fewer than two times."""
    steps = np.diff(np.unique(np.asarray(time_s, dtype=np.float64)))
    return float(1 / np.median(steps)) if steps.size else np.nan


def _measured(table: pd.DataFrame, column: str) -> bool:
    return column in table.columns and bool(table[column].notna().any())


def _numbers(column: "pd.Series[Any]", name: str, where: str) -> "pd.Series[float]":
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    wrong = column[numbers.isna() & column.notna()]
    if len(wrong):
        raise TableError(
            f"{where}: column {name} should hold numbers, but row {wrong.index[0]} holds {wrong.iloc[0]!r}; "
            "give the table as 'mien analyze' wrote it"
        )
    return numbers


def _read_csv(path: Path) -> pd.DataFrame:
    """Only an empty cell is a missing text: a picture may be called NA."""
    columns = pd.read_csv(path, nrows=0).columns
    missing = {name: [""] if name in TEXT else ["", "nan", "NaN", "null", "None"] for name in columns}
    texts = {name: str for name in TEXT if name in columns}
    return pd.read_csv(path, keep_default_na=False, na_values=missing, dtype=texts, low_memory=False)


def _read_parquet(path: Path) -> pd.DataFrame:
    table: pd.DataFrame = pq.read_table(path).to_pandas()
    return table


def _read_jsonl(path: Path) -> pd.DataFrame:
    table: pd.DataFrame = pyarrow.json.read_json(path).to_pandas()
    return table
