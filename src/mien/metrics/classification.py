"""Scores of one class per face: expressions and compound expressions.

Everything is read off the confusion matrix M (C, C), rows = target, columns = prediction:

    recall_c = M_cc / sum_j M_cj        F1_c = 2 M_cc / (sum_j M_cj + sum_i M_ic)

A class without rows in the target is **undefined** (NaN), not 0, and left out of the means: scikit-learn's
``zero_division=0`` would pull a mean down for a class that the test set does not have. Indices are (N,) in [0, C),
the mask is (N,) bool, ``weights`` (N,) says how often a row counts (see ``arrays``).
"""

import numpy as np
from numpy.typing import ArrayLike

from mien.metrics.arrays import Array, as_mask, class_indices, masked, mean_defined, ratio, row_weights


def confusion_matrix(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> Array:
    """How often each target class (row) was predicted as each class (column): (C, C).

    Raises ``ScoreError`` on unequal shapes or an index outside [0, n_classes) under a True mask.

    >>> confusion_matrix([0, 1, 1], [0, 0, 1], np.array([True, True, True]), 2)
    array([[1., 1.],
           [0., 1.]])
    """
    known = as_mask(mask, 1)
    predicted = class_indices(preds, known, n_classes, "class predictions")
    true = class_indices(target, known, n_classes, "class targets")
    cells = np.bincount(true * n_classes + predicted, row_weights(known, weights), n_classes * n_classes)
    return cells.astype(np.float64).reshape(n_classes, n_classes)


def accuracy(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> float:
    """The share of rows with the right class; NaN without rows.

    >>> accuracy([0, 1, 1, 0], [0, 0, 1, 1], np.array([True, True, True, False])).__round__(3)
    0.667
    """
    known = as_mask(mask, 1)
    right = masked(preds, known, "class predictions") == masked(target, known, "class targets")
    counts = row_weights(known, weights)
    return float(ratio(np.array(counts[right].sum()), np.array(counts.sum())))


def class_recall(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> Array:
    """The share of each class's rows that were recognised (C,); NaN for a class without rows.

    >>> class_recall([0, 1, 1], [0, 0, 1], np.array([True, True, True]), 3)
    array([0.5, 1. , nan])
    """
    return recall_of(confusion_matrix(preds, target, mask, n_classes, weights))


def class_f1(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> Array:
    """Each class's harmonic mean of precision and recall (C,); NaN for a class without rows in the target.

    >>> class_f1([0, 1, 1], [0, 1, 0], np.array([True, True, True]), 2).round(3)
    array([0.667, 0.667])
    """
    return f1_of(confusion_matrix(preds, target, mask, n_classes, weights))


def balanced_accuracy(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> float:
    """The mean recall over the classes that occur in the target: every class weighs the same.

    >>> balanced_accuracy([0, 1, 1], [0, 0, 1], np.array([True, True, True]), 3)
    0.75
    """
    return mean_defined(class_recall(preds, target, mask, n_classes, weights)).value


def macro_f1(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> float:
    """The mean F1 over the classes that occur in the target.

    A class that is predicted but never true lowers the F1 of the classes it took rows from, and has none of its own;
    ``mean_defined(class_f1(...))`` says how many classes were left out.

    >>> macro_f1([0, 1, 2], [0, 1, 0], np.array([True, True, True]), 3).__round__(3)
    0.833
    """
    return mean_defined(class_f1(preds, target, mask, n_classes, weights)).value


def accuracy_of(confusion: Array) -> float:
    """Accuracy from a confusion matrix (C, C)."""
    return float(ratio(np.array(confusion.trace()), np.array(confusion.sum())))


def recall_of(confusion: Array) -> Array:
    """Recall per class (C,) from a confusion matrix (C, C)."""
    return ratio(confusion.diagonal(), confusion.sum(axis=1))


def f1_of(confusion: Array) -> Array:
    """F1 per class (C,) from a confusion matrix (C, C)."""
    rows = confusion.sum(axis=1)
    both = np.where(rows > 0, rows + confusion.sum(axis=0), 0.0)
    return ratio(2 * confusion.diagonal(), both)
