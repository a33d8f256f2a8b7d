"""One number that makes a network as sure as it is right, chosen on labelled rows.

Choose it on **validation** rows and measure ``expected_calibration_error`` on others.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from mien.metrics.arrays import Array, Indices, known_rows

COLDEST, HOTTEST = 0.1, 10.0
STEPS = 60  # of halving the range: the last is finer than a float
TINY = 1e-30


def fit_temperature(probs: ArrayLike, target: ArrayLike, mask: ArrayLike) -> float:
    """The temperature T that makes the labels most likely under p_c^(1/T) / sum_k p_k^(1/T).

    With b = 1/T the mean of - log p_y falls and then rises, and its slope is mean(E_b[log p] - log p_y): where that is
    0 lies the best T, found by halving the range 0.1 to 10. At an end of the range it stops there: rows that are all
    right would have T fall to 0.

    Args:
        probs: (N, C) probabilities.
        target: (N,) class indices.
        mask: (N,) bool, True where the class is known.

    Returns:
        T; 1 where there is nothing to choose by: no row, or rows of one class alone.

    *Source*: Guo et al. 2017, "On calibration of modern neural networks", section 4.2.

    >>> fit_temperature(np.tile([0.9, 0.1], (4, 1)), [0, 0, 0, 1], np.full(4, True))  # log 9 / log 3
    2.0
    """
    p, y = known_rows(probs, target, mask)
    if len(np.unique(y)) < 2:
        return 1.0
    logs = np.log(np.maximum(p, TINY))
    low, high = math.log(COLDEST), math.log(HOTTEST)
    for _ in range(STEPS):
        middle = (low + high) / 2
        too_hot = _slope(logs, y, math.exp(-middle)) < 0  # more of 1/T makes the labels likelier
        low, high = (low, middle) if too_hot else (middle, high)
    return round(math.exp((low + high) / 2), 6)


def _slope(logs: Array, y: Indices, b: float) -> float:
    """Derivative of the mean of - log p_y by b = 1/T."""
    z = b * logs
    weights = np.exp(z - z.max(axis=1, keepdims=True))
    expected = (weights * logs).sum(axis=1) / weights.sum(axis=1)
    return float(np.mean(expected - logs[np.arange(len(y)), y]))
