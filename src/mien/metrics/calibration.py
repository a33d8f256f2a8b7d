"""Whether a network is as sure as it is right."""

import numpy as np
from numpy.typing import ArrayLike

from mien.metrics.arrays import known_rows


def expected_calibration_error(probs: ArrayLike, target: ArrayLike, mask: ArrayLike, bins: int = 15) -> float:
    """Mean distance between the probability of the answer and the share of right answers, over bins of probability:

        ECE = sum_b n_b / n |accuracy_b - confidence_b|,  0 (as sure as right) to 1; NaN without rows

    Args:
        probs: (N, C) probabilities; the answer is the largest.
        target: (N,) class indices.
        mask: (N,) bool, True where the class is known.
        bins: of equal width, the upper edge inside.

    *Source*: Guo et al. 2017, "On calibration of modern neural networks", equation 3.

    >>> expected_calibration_error([[0.8, 0.2], [0.8, 0.2]], [0, 1], [True, True])
    0.3
    """
    p, y = known_rows(probs, target, mask)
    right = p.argmax(axis=1) == y
    if not len(p):
        return float("nan")
    sure = p.max(axis=1)
    which = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(which, right - sure, bins)
    return float(np.round(np.abs(gap).sum() / len(p), 12))
