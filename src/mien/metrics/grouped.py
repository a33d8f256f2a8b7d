"""Which action units go with which expression, as a network sees them."""

import numpy as np
from numpy.typing import ArrayLike

from mien.errors import ScoreError
from mien.metrics.arrays import Array, Indices, class_indices, masked


def mean_by_prediction(au_probs: ArrayLike, expression_preds: ArrayLike, n_classes: int) -> tuple[Array, Indices]:
    """Mean AU probability over the faces **predicted** as each expression, (C, A), and how many they are, (C,).

        mean_{c,i} = sum over faces with argmax = c of s(z_i) / number of such faces

    ``au_probs`` (N, A), ``expression_preds`` (N,) class indices. NaN rows for classes that are never predicted.
    *Source*: Pons & Masip, arXiv 1802.06664, Figure 2 and Table 3.

    >>> means, counts = mean_by_prediction([[0.2], [0.4], [0.9]], [0, 0, 1], 3)
    >>> means.round(3).tolist(), counts.tolist()
    ([[0.3], [0.9], [nan]], [2, 1, 0])
    """
    shape = np.shape(au_probs)
    if len(shape) != 2:
        raise ScoreError(f"AU probabilities have shape {shape}: expected (N, A)")
    probs = masked(au_probs, np.full(shape, True), "AU probabilities")
    groups = class_indices(expression_preds, np.full(shape[0], True), n_classes, "expression predictions")
    sums, counts = np.zeros((n_classes, shape[1])), np.bincount(groups, minlength=n_classes)
    np.add.at(sums, groups, probs)
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], np.nan), counts
