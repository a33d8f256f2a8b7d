"""What every metric does first: check shapes, blank what the mask hides, weigh the rows.

Metrics take ``(preds, target, mask)`` and an optional ``weights`` (N,): how often each row counts. Without it each
row counts once; the bootstrap passes the number of times it drew each row, which is the same as repeating rows and
much faster.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import ScoreError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Mean(NamedTuple):
    """A mean over labels, and how many labels it had to leave out because they are undefined."""

    value: float
    undefined: int


def mean_defined(values: Array) -> Mean:
    """The mean of the entries that are not NaN, and the number that are; NaN when none is left.

    >>> mean_defined(np.array([0.5, np.nan, 1.0]))
    Mean(value=0.75, undefined=1)
    """
    defined = values[~np.isnan(values)]
    return Mean(float(defined.mean()) if defined.size else np.nan, values.size - defined.size)


def ratio(over: Array, under: Array) -> Array:
    """``over / under``, NaN where ``under`` is 0; same shape as both."""
    quotient = np.full(np.shape(under), np.nan)
    np.divide(over, under, out=quotient, where=np.asarray(under) != 0)
    return quotient


def as_mask(mask: Any, dims: int, what: str = "the mask") -> Mask:
    """``mask`` as a bool array with ``dims`` axes; raises ``ScoreError`` on anything else."""
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.ndim != dims:
        expected = "(N,)" if dims == 1 else "(N, labels)"
        raise ScoreError(f"{what} is {array.dtype} of shape {array.shape}: give a bool array of shape {expected}")
    return array


def masked(values: ArrayLike, mask: Mask, what: str) -> Array:
    """``values`` as float64 with 0 where the mask is False, so that nothing hidden is ever read.

    Raises ``ScoreError`` when the shapes differ or a value under True is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != mask.shape:
        raise ScoreError(f"{what} have shape {array.shape} but the mask has {mask.shape}: give both the same shape")
    filled = np.where(mask, array, 0.0)
    bad = ~np.isfinite(filled)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ScoreError(
            f"{what} hold {filled[where]} at {where}, where the mask is True: give finite values or mask them out"
        )
    return filled


def class_indices(values: ArrayLike, mask: Mask, n_classes: int, what: str) -> Indices:
    """``values`` (N,) as class indices in [0, n_classes), 0 where the mask is False; raises ``ScoreError``."""
    filled = masked(values, mask, what)
    bad = (filled < 0) | (filled >= n_classes) | (filled != np.floor(filled))
    if bad.any():
        row = int(bad.argmax())
        raise ScoreError(
            f"{what} hold {filled[row]:g} at row {row}: expected a class index in 0-{n_classes - 1} or a False mask"
        )
    return filled.astype(np.int64)


def known_rows(probs: ArrayLike, target: ArrayLike, mask: ArrayLike) -> tuple[Array, Indices]:
    """Probabilities (n, C) and class indices (n,) of the rows whose class is known; raises ``ScoreError``."""
    known = as_mask(mask, 1)
    classes = np.shape(probs)[1]
    wide = np.broadcast_to(known[:, None], (len(known), classes))
    p = masked(probs, wide, "the probabilities")[known]
    return p, class_indices(target, known, classes, "the targets")[known]


def row_weights(mask: Mask, weights: ArrayLike | None) -> Array:
    """How much each entry counts: 0 where the mask is False, else the row's weight; the shape of ``mask``."""
    if weights is None:
        return mask.astype(np.float64)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != mask.shape[:1]:
        raise ScoreError(f"weights have shape {array.shape}: expected one per row, {mask.shape[:1]}")
    return mask * (array if mask.ndim == 1 else array[:, None])
