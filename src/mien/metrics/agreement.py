"""Agreement of numbers: valence and arousal, AU intensities. Every score is per column, (K,).

``preds`` and ``target`` (N, K), ``mask`` (N, K) bool. With population moments (divided by n, not n - 1) of the known
rows of a column:

    CCC      = 2 cov / (var_p + var_t + (mu_p - mu_t)^2)
    PCC      = cov / (sd_p sd_t)
    ICC(3,1) = 2 cov / (var_p + var_t)

so |CCC| <= |ICC(3,1)| <= |PCC|: each step down forgives less, first a different scale, then a shift. All three are
undefined (NaN) with fewer than two rows and when neither side varies; PCC also when one side does not vary, where
CCC and ICC are 0.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mien.metrics.arrays import Array, Mask, as_mask, masked, ratio, row_weights


class Moments(NamedTuple):
    """Population moments of the known rows of each column, each (K,)."""

    n: Array
    shift: Array  # mean of predictions minus mean of targets
    var_preds: Array
    var_target: Array
    cov: Array


def moments(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> Moments:
    """Means, variances and covariance (ddof = 0) per column; NaN for a column without rows.

    >>> moments([[1.0], [3.0]], [[2.0], [2.0]], np.full((2, 1), True)).var_preds
    array([1.])
    """
    known, p, t = _pair(preds, target, mask)
    counts = row_weights(known, weights)
    n = counts.sum(axis=0)
    mean_p, mean_t = (ratio(np.einsum("nk,nk->k", counts, x), n) for x in (p, t))
    p_moves, t_moves = _varies(p, counts), _varies(t, counts)
    p, t = p - mean_p, t - mean_t
    weighted = counts * t
    var_p, var_t, cov = (
        ratio(np.einsum("nk,nk->k", x, y), n) for x, y in ((counts * p, p), (weighted, t), (weighted, p))
    )
    # A constant column must have exactly no spread, which its rounded mean alone would not give.
    return Moments(n, mean_p - mean_t, var_p * p_moves, var_t * t_moves, cov * (p_moves & t_moves))


def ccc(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Concordance correlation coefficient (K,) in [-1, 1]; see the module for the formula and when it is NaN.

    *Source*: Lin 1989, Biometrics 45(1), with his population moments (torchmetrics divides by n - 1 instead).

    >>> ccc([[1.0], [2.0], [3.0]], [[2.0], [3.0], [4.0]], np.full((3, 1), True)).round(4)
    array([0.5714])
    """
    return ccc_of(moments(preds, target, mask, weights))


def pcc(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Pearson correlation coefficient (K,) in [-1, 1]; NaN also when one side is constant.

    >>> pcc([[1.0], [2.0], [3.0]], [[2.0], [3.0], [4.0]], np.full((3, 1), True)).round(4)
    array([1.])
    """
    return pcc_of(moments(preds, target, mask, weights))


def icc31(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Intraclass correlation ICC(3,1), consistency, of predictions and labels as two fixed raters: (K,) in [-1, 1].

    (BMS - EMS) / (BMS + (k - 1) EMS) with k = 2 raters is 2 cov / (var_p + var_t). The usual score of AU intensity.
    *Source*: Shrout & Fleiss 1979, Psychological Bulletin 86(2).

    >>> icc31([[1.0], [2.0], [3.0]], [[2.0], [4.0], [6.0]], np.full((3, 1), True))
    array([0.8])
    """
    return icc31_of(moments(preds, target, mask, weights))


def mae(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Mean absolute error per column (K,), down is good; NaN without rows.

    >>> mae([[1.0], [9.0]], [[3.0], [0.0]], np.array([[True], [False]]))
    array([2.])
    """
    known, p, t = _pair(preds, target, mask)
    counts = row_weights(known, weights)
    return ratio(np.einsum("nk,nk->k", counts, np.abs(p - t)), counts.sum(axis=0))


def rmse(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Root of the mean squared error per column (K,), down is good; NaN without rows.

    >>> rmse([[1.0], [1.0]], [[1.0], [3.0]], np.full((2, 1), True)).round(4)
    array([1.4142])
    """
    known, p, t = _pair(preds, target, mask)
    counts = row_weights(known, weights)
    squares: Array = np.sqrt(ratio(np.einsum("nk,nk->k", counts, (p - t) ** 2), counts.sum(axis=0)))
    return squares


def ccc_of(m: Moments) -> Array:
    """CCC (K,) from moments."""
    return ratio(2 * m.cov, _if_defined(m, m.var_preds + m.var_target + m.shift**2))


def pcc_of(m: Moments) -> Array:
    """PCC (K,) from moments."""
    return ratio(m.cov, _if_defined(m, np.sqrt(m.var_preds) * np.sqrt(m.var_target)))


def icc31_of(m: Moments) -> Array:
    """ICC(3,1) (K,) from moments."""
    return ratio(2 * m.cov, _if_defined(m, m.var_preds + m.var_target))


def _pair(preds: ArrayLike, target: ArrayLike, mask: ArrayLike) -> tuple[Mask, Array, Array]:
    known = as_mask(mask, 2)
    return known, masked(preds, known, "predictions"), masked(target, known, "targets")


def _if_defined(m: Moments, under: Array) -> Array:
    """``under`` where there are two rows and some spread, else 0, which ``ratio`` turns into NaN."""
    return np.where((m.n >= 2) & (m.var_preds + m.var_target > 0), under, 0.0)


def _varies(values: Array, counts: Array) -> Mask:
    """Whether a column holds two different values among the rows that count: (K,)."""
    if len(values) == 0:
        return np.zeros(values.shape[1], dtype=np.bool_)
    present = counts > 0
    first = np.take_along_axis(values, present.argmax(axis=0)[None], axis=0)
    varies: Mask = (present & (values != first)).any(axis=0)
    return varies
