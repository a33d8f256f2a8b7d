"""Synchrony of two people: correlation in moving windows, at every lag, against a null of shuffled series."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mien.analysis.table import frames_per_second
from mien.choose import choose
from mien.errors import ScoreError
from mien.smoothing import Array, check_series


@dataclass(frozen=True)
class Synchrony:
    """Windowed lagged correlation of a with b.

    Attributes:
        time_s: (w,) middles of the windows in seconds.
        lags_s: (l,) lags in seconds; positive: b follows a.
        r: (w, l) Pearson correlations in [-1, 1]; NaN where too little was measured or nothing moved.
        strength: mean over windows of the highest r over lags.
        null: (draws,) strengths of the shuffled series.
        p: share of the null that is at least as strong, (1 + hits) / (1 + draws).
    """

    time_s: Array
    lags_s: Array
    r: Array
    strength: float
    null: Array
    p: float

    @property
    def lag_s(self) -> float:
        """The lag of the highest mean correlation over the windows; positive: b follows a."""
        mean = _mean_over_windows(self.r)
        return float(self.lags_s[np.nanargmax(mean)]) if np.isfinite(mean).any() else np.nan

    @property
    def peak_r(self) -> Array:
        """(w,) the highest correlation of each window."""
        return np.where(np.isnan(self.r).all(axis=1), np.nan, np.fmax.reduce(self.r, axis=1))

    @property
    def peak_lag_s(self) -> Array:
        """(w,) the lag of the highest correlation of each window, in seconds."""
        best = self.lags_s[np.argmax(np.nan_to_num(self.r, nan=-np.inf), axis=1)]
        return np.where(np.isnan(self.r).all(axis=1), np.nan, best)


def synchrony(
    a: ArrayLike,
    b: ArrayLike,
    time_s: ArrayLike,
    window_s: float = 5.0,
    max_lag_s: float = 2.0,
    null: str = "phase",
    draws: int = 200,
    seed: int = 0,
) -> Synchrony:
    """How two series move together, and with what lag.

        r(w, l) = Pearson correlation of a_t and b_{t + l} over t in window w

    Windows overlap by half. A window needs half of its pairs measured. The highest of many correlations is high by
    chance, too, so ``strength`` means nothing alone: it is held against ``draws`` series that keep what b does by
    itself and lose when it does it. ``phase`` gives b random Fourier phases (same spectrum; gaps are bridged by a
    line and cut out again); ``segments`` cuts b into pieces of a window's length and permutes them.

    Args:
        a, b: (n,) measurements of two people at the same times, NaN where missing; see ``on_one_clock``.
        time_s: (n,) times in seconds, evenly spaced.
        window_s: length of a window, some times as long as what is looked for.
        max_lag_s: lags from minus this to this are tried.

    Raises:
        ScoreError: shapes differ, times are uneven, or the series is shorter than a window and both lags.

    *Source*: windowed cross-correlation: Boker et al. 2002, Psychological Methods 7(3); surrogates: Theiler et al.
    1992, Physica D 58, and Moulder et al. 2018, Psychological Methods 23(4); p: Phipson & Smyth 2010, SAGMB 9(1).
    """
    x, t = check_series(a, time_s)
    y, _ = check_series(b, time_s)
    shuffle = choose(NULLS, null, "null for synchrony", ScoreError)
    steps = np.diff(t)
    if len(t) < 3 or np.ptp(steps) > 0.01 * steps.mean():
        raise ScoreError("Synchrony needs evenly spaced times: put both people on_one_clock first")
    rate = 1 / float(steps.mean())
    width, reach = max(3, round(window_s * rate)), round(max_lag_s * rate)
    if len(t) < width + 2 * reach:
        raise ScoreError(
            f"A series of {len(t) / rate:.1f} s is too short for windows of {window_s} s and lags of {max_lag_s} s; "
            "give shorter ones"
        )
    r = _correlations(x, y, width, reach)
    rng = np.random.default_rng(seed)
    drawn = np.array([_strength(_correlations(x, shuffle(y, width, rng), width, reach)) for _ in range(draws)])
    strength = _strength(r)
    hits = int((drawn >= strength).sum())
    p = (1 + hits) / (1 + draws) if np.isfinite(strength) else np.nan
    middles = t[0] + (reach + (width - 1) / 2 + np.arange(len(r)) * _stride(width)) / rate
    return Synchrony(middles, np.arange(-reach, reach + 1) / rate, r, strength, drawn, p)


def on_one_clock(
    a: ArrayLike,
    a_time_s: ArrayLike,
    b: ArrayLike,
    b_time_s: ArrayLike,
    rate_hz: float | None = None,
    gap_s: float = 0.5,
) -> tuple[Array, Array, Array]:
    """Two people's series at the same, even times: ``(a, b, time_s)`` over the span that both share.

    Values between two measurements are interpolated on a line; between measurements more than ``gap_s`` seconds apart
    they are NaN. The default rate is the lower of both.

    Raises:
        ScoreError: the two were never seen at the same time, or fewer than two frames of one were measured.
    """
    series = [check_series(a, a_time_s), check_series(b, b_time_s)]
    series = [(x[~np.isnan(x)], t[~np.isnan(x)]) for x, t in series]
    if min(len(t) for _, t in series) < 2:
        raise ScoreError("Synchrony needs at least two measured frames of both people")
    rate = rate_hz or min(frames_per_second(t) for _, t in series)
    start, end = max(t[0] for _, t in series), min(t[-1] for _, t in series)
    if end <= start:
        raise ScoreError("The two people were never seen at the same time, so there is no synchrony to speak of")
    time_s = start + np.arange(int((end - start) * rate + 1e-6) + 1) / rate
    first, second = (_interpolate(x, t, time_s, gap_s) for x, t in series)
    return first, second, time_s


def _interpolate(x: Array, t: Array, at: Array, gap_s: float) -> Array:
    right = np.clip(np.searchsorted(t, at, "left"), 1, len(t) - 1)
    inside = (t[right] - t[right - 1] <= gap_s) | np.isclose(at, t[right]) | np.isclose(at, t[right - 1])
    return np.where(inside, np.interp(at, t, x), np.nan)


def _stride(width: int) -> int:
    return max(1, width // 2)


def _correlations(x: Array, y: Array, width: int, reach: int) -> Array:
    """(windows, lags) by running sums over all windows of a lag at once."""
    x, y = (part - (np.nanmean(part) if np.isfinite(part).any() else 0.0) for part in (x, y))
    count = len(x) - 2 * reach
    starts = np.arange(0, count - width + 1, _stride(width))
    r = np.empty((len(starts), 2 * reach + 1))
    a = x[reach : reach + count]
    for place in range(2 * reach + 1):
        b = y[place : place + count]
        both = np.isfinite(a) & np.isfinite(b)
        u, v = np.where(both, a, 0.0), np.where(both, b, 0.0)
        sums = np.stack([both, u, v, u * v, u * u, v * v]).cumsum(axis=1)
        sums = np.concatenate([np.zeros((6, 1)), sums], axis=1)
        n, su, sv, suv, suu, svv = sums[:, starts + width] - sums[:, starts]
        enough = (n >= width / 2) & (n >= 3)
        n = np.where(enough, n, 1.0)
        spread_u, spread_v = suu - su * su / n, svv - sv * sv / n
        moved = enough & (spread_u > 1e-9 * sums[4, -1] / len(a)) & (spread_v > 1e-9 * sums[5, -1] / len(a))
        product = np.where(moved, spread_u * spread_v, 1.0)
        r[:, place] = np.where(moved, np.clip((suv - su * sv / n) / np.sqrt(product), -1, 1), np.nan)
    return r


def _mean_over_windows(r: Array) -> Array:
    counts = np.isfinite(r).sum(axis=0)
    means: Array = np.nansum(r, axis=0) / np.where(counts > 0, counts, np.nan)
    return means


def _strength(r: Array) -> float:
    seen = r[np.isfinite(r).any(axis=1)]
    return float(np.nanmax(seen, axis=1).mean()) if len(seen) else np.nan


def _random_phases(y: Array, _: int, rng: np.random.Generator) -> Array:
    """A series with the spectrum of y, its mean, and gaps where y has them."""
    measured = np.isfinite(y)
    if not measured.any():
        return y
    places = np.arange(len(y))
    spectrum = np.fft.rfft(np.interp(places, places[measured], y[measured]))
    turn = np.exp(2j * np.pi * rng.random(len(spectrum)))
    turn[0] = 1  # the mean
    if len(y) % 2 == 0:
        turn[-1] = rng.choice([-1, 1])  # the highest frequency of an even series has no phase
    return np.where(measured, np.fft.irfft(spectrum * turn, len(y)), np.nan)


def _permuted_segments(y: Array, width: int, rng: np.random.Generator) -> Array:
    """Pieces of ``width`` values, cut at a random offset, in random order."""
    turned = np.roll(y, int(rng.integers(len(y))))
    pieces = [turned[start : start + width] for start in range(0, len(y), width)]
    return np.concatenate([pieces[i] for i in rng.permutation(len(pieces))])


NULLS: dict[str, Callable[[Array, int, np.random.Generator], Array]] = {
    "phase": _random_phases,
    "segments": _permuted_segments,
}
