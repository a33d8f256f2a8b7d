"""The level of conformal sets, and how well sets keep their promise."""

import math

import numpy as np
from numpy.typing import ArrayLike

from mien.errors import ScoreError
from mien.metrics.arrays import Mask

EVERYTHING = 1.0  # no score is above it
SLACK = 1e-9  # (n + 1) * 0.9 may come out a bit above the whole number that it is


def conformal_level(scores: ArrayLike, coverage: float) -> float:
    """The level up to which classes belong into a set, so that it holds the true class with probability ``coverage``:

        the k-th smallest score,   k = ceil((n + 1) coverage);   1 (every class) where k > n

    The new face is one of n + 1 that are alike, which is why n + 1 stands there: the plain quantile, with n, covers
    too few. The share of true classes in sets then lies between coverage and coverage + 1 / (n + 1), where no two
    scores are equal.

    Args:
        scores: (n,) in [0, 1], how little the true class of each labelled row conforms. Rows that nothing else was
            chosen by.
        coverage: in (0, 1).

    *Source*: Vovk, Gammerman & Shafer 2005; Angelopoulos & Bates 2023, "Conformal prediction: a gentle introduction".

    >>> conformal_level([0.1, 0.2, 0.3, 0.4], 0.6)  # k = 3
    0.3
    """
    values = np.sort(np.asarray(scores, dtype=np.float64))
    if not 0 < coverage < 1:
        raise ScoreError(f"coverage = {coverage}; expected a share between 0 and 1, such as 0.9")
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ScoreError(f"conformal scores of shape {values.shape}: expected (n,), all finite")
    k = math.ceil((len(values) + 1) * coverage - SLACK)
    return float(values[k - 1]) if k <= len(values) else EVERYTHING


def set_coverage(inside: Mask, target: ArrayLike, known: Mask) -> tuple[float, float]:
    """Of sets (N, C) bool, the share that hold their row's class, and the mean size; NaN without known rows."""
    if not known.any():
        return math.nan, math.nan
    sets, classes = inside[known], np.asarray(target)[known].astype(np.int64)
    return float(sets[np.arange(len(sets)), classes].mean()), float(sets.sum(axis=1).mean())
