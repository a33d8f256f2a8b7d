"""Long series cut down to what a plot can show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
BINS = 500


@dataclass(frozen=True)
class Binned:
    """A series, or the bins of one; NaN where nothing was measured.

    Attributes:
        time_s: (m,) times, or middles of the bins, in seconds.
        mean, low, high: (m, k) of the values in each bin; all three are the values themselves without bins.
        width_s: of a bin in seconds; 0 without bins.
    """

    time_s: Array
    mean: Array
    low: Array
    high: Array
    width_s: float

    def note(self, shown: str) -> str:
        """What a plot says about its bins; empty without bins."""
        return f"{shown} of every {self.width_s:.2g} s" if self.width_s else ""

    @property
    def edges_s(self) -> Array:
        """(m + 1,) the times half-way to the neighbours."""
        t = self.time_s
        around: Array = np.pad(t, 1, "reflect", reflect_type="odd") if len(t) > 1 else t[0] + np.array([-1.0, 0.0, 1.0])
        edges: Array = (around[1:] + around[:-1]) / 2
        return edges


def bin_series(time_s: ArrayLike, values: ArrayLike, bins: int = BINS) -> Binned:
    """At most ``bins`` points of a series, with a row of NaN in every gap, so that no line crosses one.

    A gap is a step of more than three usual ones and half a second. With more rows than bins, time is cut into
    even bins, and mean, minimum and maximum of what was measured are kept of each.

    Args:
        time_s: (n,) ascending times in seconds.
        values: (n, k) measurements, NaN where missing.

    >>> bin_series([0, 1, 2, 3], [[1], [3], [5], [9]], bins=2).mean.ravel().tolist()
    [2.0, 7.0]
    """
    t, x = np.asarray(time_s, np.float64), np.asarray(values, np.float64)
    if len(t) <= bins:
        t, x = _with_gaps(t, x)
        return Binned(t, x, x, x, 0.0)
    width = (t[-1] - t[0]) / bins
    place = np.minimum(((t - t[0]) / width).astype(np.int64), bins - 1)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    mean, low, high = (np.full((bins, x.shape[1]), np.nan) for _ in range(3))
    counts = np.add.reduceat((~np.isnan(x)).astype(np.float64), starts)
    seen = place[starts]
    mean[seen] = np.add.reduceat(np.nan_to_num(x), starts) / np.where(counts > 0, counts, np.nan)
    low[seen], high[seen] = np.fmin.reduceat(x, starts), np.fmax.reduceat(x, starts)
    return Binned(t[0] + (np.arange(bins) + 0.5) * width, mean, low, high, float(width))


def _with_gaps(t: Array, x: Array) -> tuple[Array, Array]:
    steps = np.diff(t)
    if not steps.size:
        return t, x
    usual = float(np.median(steps))
    before = np.flatnonzero(steps > max(3 * usual, 0.5))
    new = np.concatenate([t[before] + usual / 2, t[before + 1] - usual / 2])  # just after and just before
    places = np.concatenate([before + 1, before + 1])
    return np.insert(t, places, new), np.insert(x, places, np.nan, axis=0)
