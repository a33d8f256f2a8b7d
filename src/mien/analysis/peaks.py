"""Peaks of a series: moments at which an expression or an action unit stands out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.smoothing import Array, check_series


@dataclass(frozen=True)
class Peaks:
    """Peaks in the order of time; all (k,).

    Attributes:
        index: rows in the series.
        time_s, height: where and how high they are.
        prominence: how far each stands out.
    """

    index: NDArray[np.int64]
    time_s: Array
    height: Array
    prominence: Array


def find_peaks(
    values: ArrayLike,
    time_s: ArrayLike,
    height: float | None = None,
    prominence: float | None = None,
    min_distance_s: float = 0.0,
) -> Peaks:
    """Local maxima that are high, stand out and keep their distance.

    A peak is a value, or the middle of a plateau, with a lower one on both sides. Its prominence is how far one must
    descend from it before one can climb higher:  x_i - max(min on the left, min on the right), each minimum taken up
    to the next higher value, or to the end. A NaN ends the series on both its sides: nothing is known about a gap.
    Filters apply in this order: height, distance (the highest first), prominence.

    Args:
        values: (n,) measurements, NaN where missing; smooth them first, or noise will peak.
        time_s: (n,) times in seconds, ascending.
        height, prominence: least ones, in the unit of ``values``.
        min_distance_s: of two peaks less than this apart the lower goes.

    Raises:
        ScoreError: shapes differ or times do not ascend.

    *Source*: the definitions are those of ``scipy.signal.find_peaks``, with seconds in place of samples.

    >>> find_peaks([0, 1, 0, 3, 0], [0, 1, 2, 3, 4], prominence=2).time_s.tolist()
    [3.0]
    """
    x, t = check_series(values, time_s)
    places, rises = [], []
    for start, end in _runs(~np.isnan(x)):
        found = _maxima(x[start:end])
        places.append(found + start)
        rises.append(_prominence(x[start:end])[found])
    index = np.concatenate([np.zeros(0, np.int64), *places])
    rise = np.concatenate([np.zeros(0), *rises])
    kept = np.ones(len(index), bool) if height is None else x[index] >= height
    index, rise = index[kept], rise[kept]
    kept = _apart(x[index], t[index], min_distance_s)
    if prominence is not None:
        kept &= rise >= prominence
    index = index[kept]
    return Peaks(index, t[index], x[index], rise[kept])


def _runs(measured: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Starts and ends (m, 2) of the stretches without a gap."""
    edges = np.diff(np.concatenate([[0], measured.astype(np.int8), [0]]))
    runs: NDArray[np.int64] = np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)
    return runs


def _maxima(x: Array) -> NDArray[np.int64]:
    """Middles of the plateaus that fall off on both sides."""
    starts = np.flatnonzero(np.diff(x, prepend=np.nan) != 0)  # of stretches of equal values
    ends = np.append(starts[1:], len(x)) - 1
    level = x[starts]
    inner = np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])) + 1
    middles: NDArray[np.int64] = ((starts[inner] + ends[inner]) // 2).astype(np.int64)
    return middles


def _prominence(x: Array) -> Array:
    """Of every value, were it a peak."""
    return x - np.maximum(_lowest_before(x), _lowest_before(x[::-1])[::-1])


def _lowest_before(x: Array) -> Array:
    """Lowest value between each place and the nearest higher value on its left, by a stack of falling values."""
    lowest = np.empty_like(x)
    stack: list[tuple[float, float]] = []  # value, lowest since the one below it
    for i, value in enumerate(x.tolist()):
        least = value
        while stack and stack[-1][0] <= value:
            least = min(least, stack.pop()[1])
        stack.append((value, least))
        lowest[i] = least
    return lowest


def _apart(height: Array, time_s: Array, distance: float) -> NDArray[np.bool_]:
    kept = np.ones(len(height), bool)
    for i in np.argsort(height, kind="stable")[::-1]:
        if kept[i]:
            first, last = np.searchsorted(time_s, [time_s[i] - distance, time_s[i] + distance], "left")
            near = np.arange(first, last)
            near = near[np.abs(time_s[near] - time_s[i]) < distance * (1 - 1e-9)]  # exactly apart enough may stay
            kept[near[near != i]] = False
    return kept
