"""Clips in a label table: which rows are the frames of one film of one person, in the order of time."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mien.data.table import LabelTable
from mien.errors import TableError
from mien.windows import IntArray

FloatArray = npt.NDArray[np.float64]
KEYS = ("database", "subject", "clip")


def clips_of(table: LabelTable, rows: IntArray, gap_s: float = 1.0, gap_frames: int = 30) -> list[IntArray]:
    """The clips among some rows of a table, each cut where too much is missing.

    A row without a clip is a clip of one frame. Frames of a clip are ordered by ``time_s``, or by ``frame`` where not
    all have a time; their numbers need not follow each other.

    Args:
        table: with a column ``clip``, and ``time_s`` or ``frame``.
        rows: (n,) row numbers.
        gap_s, gap_frames: frames further apart than this, in the unit of the order, do not belong together.

    Returns:
        Per clip or part of a clip, the places of its frames in ``rows``; together they are all of 0 ... n - 1.

    Raises:
        TableError: a column is missing, a frame has neither time nor number, or two frames of a clip have the same.
    """
    if "clip" not in table.columns:
        raise TableError(
            f"{table.name}: no column 'clip', so nobody can say which rows are frames of one film; add it, with the "
            f"column 'frame' or 'time_s', or score the faces one by one with a frame network"
        )
    if not {"time_s", "frame"} & set(table.columns):
        raise TableError(
            f"{table.name}: clips, but neither a column 'time_s' nor 'frame' to order their frames by; add one of them"
        )
    names = [name for name in (*KEYS, "time_s", "frame") if name in table.columns]
    columns = table.read(names).take(pa.array(rows, pa.int64()))
    clip = columns.column("clip").to_pylist()
    keys = zip(*(columns.column(name).to_pylist() for name in KEYS if name in names), strict=True)
    places: dict[tuple[object, ...], list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key if clip[place] is not None else ("row", place), []).append(place)
    time_s, number = (_numbers(columns, name) for name in ("time_s", "frame"))
    found: list[IntArray] = []
    for of_clip in map(np.array, places.values()):
        timed = not np.isnan(time_s[of_clip]).any()
        order, gap = (time_s[of_clip], gap_s) if timed else (number[of_clip], float(gap_frames))
        found += _in_order(of_clip, order, gap, f"{table.name}: clip {clip[of_clip[0]]!r}", rows)
    return found


def _numbers(columns: pa.Table, name: str) -> FloatArray:
    """A column as float64, NaN where null or absent."""
    if name not in columns.column_names:
        return np.full(columns.num_rows, np.nan)
    return np.asarray(columns.column(name).cast(pa.float64()).to_numpy(), np.float64)


def _in_order(places: IntArray, order: FloatArray, gap: float, where: str, rows: IntArray) -> list[IntArray]:
    """The parts of one clip, in order."""
    if len(places) == 1:
        return [places]
    if np.isnan(order).any():
        row = rows[places[np.isnan(order).argmax()]]
        raise TableError(f"{where}: row {row} has neither 'time_s' nor 'frame'; give every frame of a clip one of them")
    places, order = places[(by_time := np.argsort(order, kind="stable"))], order[by_time]
    apart = np.diff(order)
    if (apart == 0).any():
        twice = int((apart == 0).argmax())
        raise TableError(
            f"{where}: rows {rows[places[twice]]} and {rows[places[twice + 1]]} are both its frame at "
            f"{order[twice]:g}; give each person's frames a clip of their own, and each frame its number"
        )
    return list(np.split(places, np.flatnonzero(apart > gap) + 1))
