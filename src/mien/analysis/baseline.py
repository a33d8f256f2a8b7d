"""Baseline correction: what a face does beyond how it rests."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mien.analysis.table import people_in, value_columns
from mien.errors import ScoreError
from mien.smoothing import Array, check_series


def subtract_baseline(values: ArrayLike, time_s: ArrayLike, quiet: tuple[float, float] | None = None) -> Array:
    """``x - median(x over the quiet window)``: a person's own resting level becomes 0.

    Faces differ at rest (a low brow looks like AU04), so raw levels of different people do not compare. The median
    over all frames is a baseline only if the face rests more than half of the time; a stated window is safer.

    Args:
        values: (n,) measurements of one person, NaN where missing.
        time_s: (n,) times in seconds, ascending.
        quiet: start and end in seconds of a window in which the person rests; default: all frames.

    Raises:
        ScoreError: nothing was measured in the window.

    >>> subtract_baseline([0.25, 0.25, 0.75], [0, 1, 2]).tolist()
    [0.0, 0.0, 0.5]
    """
    x, t = check_series(values, time_s)
    start, end = quiet or (-np.inf, np.inf)
    rest = x[(t >= start) & (t <= end) & ~np.isnan(x)]
    if not rest.size:
        raise ScoreError(f"No value between {start} s and {end} s to take a baseline from; choose another window")
    return x - float(np.median(rest))


def correct_baseline(
    table: pd.DataFrame, columns: Sequence[str] | None = None, quiet: tuple[float, float] | None = None
) -> pd.DataFrame:
    """A copy of an analysis table with ``subtract_baseline`` done for each person of its videos.

    Args:
        table: as ``read_analysis`` gives it.
        columns: default: all measurements that the table has. A person without any value in one keeps NaN there.
        quiet: as in ``subtract_baseline``, in the time of each video.

    Raises:
        ScoreError: a person has values, but none in the quiet window.
    """
    corrected = table.copy()
    for rows in people_in(table).values():
        for column in columns or value_columns(table):
            if rows[column].notna().any():
                corrected.loc[rows.index, column] = subtract_baseline(rows[column], rows["time_s"], quiet)
    return corrected
