"""Smooth a series of measurements over time in seconds, whatever the frame rate and the gaps."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.choose import choose
from mien.errors import ScoreError

Array = NDArray[np.float64]
REACH = 4.0  # standard deviations after which the Gaussian is cut, as in scipy.ndimage


def smooth(values: ArrayLike, time_s: ArrayLike, width_s: float, kernel: str = "gaussian") -> Array:
    """Weighted mean of the measured neighbours in time.

        y_i = sum_j w(t_i - t_j) x_j / sum_j w(t_i - t_j),   j over the measured values
        gaussian: w(d) = exp(-d^2 / (2 width_s^2)) for |d| <= 4 width_s;   box: w(d) = 1 for |d| <= width_s / 2

    Weights follow the times, not the row numbers, so dropped frames and a changing rate do not shift anything. A NaN
    weighs nothing and stays NaN: a moment that was not measured is not invented. At the ends the weights that are
    there are renormalised. Each frame counts once, so where frames are denser they weigh more.

    Args:
        values: (n,) measurements, or (n, k) of k kinds, NaN where missing.
        time_s: (n,) their times in seconds, ascending.
        width_s: standard deviation of the Gaussian or full width of the box, in seconds; 0 changes nothing.
        kernel: ``gaussian`` or ``box``.

    Returns:
        Smoothed measurements, as many.

    Raises:
        ScoreError: shapes differ, times do not ascend, or the width is negative.

    >>> smooth([0.0, 1.0, 0.0, float("nan")], [0.0, 0.1, 0.2, 0.3], 0.2, "box").round(2).tolist()
    [0.5, 0.33, 0.5, nan]
    """
    x, t = check_series(values, time_s, dims=2 if np.ndim(values) == 2 else 1)
    if not width_s >= 0:
        raise ScoreError(f"Smoothing over {width_s} s: give a width of 0 s or more")
    weigh = choose(KERNELS, kernel, "smoothing kernel", ScoreError)
    if width_s == 0 or not x.size:
        return x
    columns = x.reshape(len(t), -1)
    measured = ~np.isnan(columns)
    smoothed = weigh(np.where(measured, columns, 0.0), measured.astype(np.float64), t, width_s)
    return np.where(measured, smoothed, np.nan).reshape(x.shape)


def reach_s(width_s: float, kernel: str) -> float:
    """How far from a moment in seconds anything still counts."""
    return REACH * width_s if kernel == "gaussian" else width_s / 2


def check_series(values: ArrayLike, time_s: ArrayLike, dims: int = 1) -> tuple[Array, Array]:
    """Both as float64, the values (n,) or (n, k) by ``dims``, the times (n,).

    Raises:
        ScoreError: their shapes differ, or times do not ascend.
    """
    x, t = np.array(values, dtype=np.float64), np.asarray(time_s, dtype=np.float64)
    if x.ndim != dims or x.shape[:1] != t.shape:
        raise ScoreError(f"A series of shape {x.shape} with times of shape {t.shape}: give one time for each value")
    if np.isnan(t).any() or (np.diff(t) < 0).any():
        raise ScoreError("The times of a series must be given and ascend: sort the rows of one person by time_s")
    return x, t


def _gaussian(x: Array, measured: Array, t: Array, width_s: float) -> Array:
    """Sum over neighbours 1, 2, ... rows away, all rows at once, until none is within reach."""
    total, weights = x.copy(), measured.copy()
    for k in range(1, len(t)):
        apart = t[k:] - t[:-k]
        near = apart <= REACH * width_s * (1 + 1e-9)
        if not near.any():
            break
        w = np.where(near, np.exp(-0.5 * (apart / width_s) ** 2), 0.0)[:, None]
        total[k:] += w * x[:-k]
        total[:-k] += w * x[k:]
        weights[k:] += w * measured[:-k]
        weights[:-k] += w * measured[k:]
    means: Array = total / np.where(weights > 0, weights, np.nan)
    return means


def _box(x: Array, measured: Array, t: Array, width_s: float) -> Array:
    half = width_s / 2 * (1 + 1e-9)  # a neighbour at the very edge counts, whatever its last bit
    first, last = np.searchsorted(t, t - half, "left"), np.searchsorted(t, t + half, "right")
    sums, counts = (np.pad(part.cumsum(axis=0), ((1, 0), (0, 0))) for part in (x, measured))
    count = counts[last] - counts[first]
    box: Array = (sums[last] - sums[first]) / np.where(count > 0, count, np.nan)
    return box


KERNELS: dict[str, Callable[[Array, Array, Array, float], Array]] = {"gaussian": _gaussian, "box": _box}
