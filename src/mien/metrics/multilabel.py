"""Scores of several yes/no labels per face: action units, present or absent.

``preds`` (N, A) are probabilities in [0, 1], or bool decisions; ``target`` (N, A) is 0 or 1 and ``mask`` (N, A)
bool; a label is called present where its probability >= its threshold, ``thresholds`` (A,) or one number. Each score
is (A,), one per label; ``mean_defined`` averages them and counts the labels that are undefined (NaN).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mien.errors import ScoreError
from mien.metrics.arrays import Array, Indices, Mask, as_mask, masked, ratio, row_weights


class Counts(NamedTuple):
    """How many decisions of each kind per label, each (A,)."""

    true_positive: Array
    false_positive: Array
    false_negative: Array
    true_negative: Array


def label_counts(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> Counts:
    """True and false positives and negatives per label.

    Raises ``ScoreError`` on unequal shapes, a threshold count other than A or, under a True mask, a probability
    outside [0, 1] or a target other than 0 and 1.

    >>> label_counts([[0.9], [0.2]], [[1], [1]], np.array([[True], [True]])).false_negative
    array([1.])
    """
    known = as_mask(mask, 2)
    decided = _decisions(preds, known, thresholds)
    present = _present(target, known)
    counts = row_weights(known, weights)
    positive, called = np.einsum("na,na->a", counts, present), np.einsum("na,na->a", counts, decided)
    both = np.einsum("na,na,na->a", counts, present, decided)
    return Counts(both, called - both, positive - both, counts.sum(axis=0) - positive - called + both)


def label_accuracy(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> Array:
    """Accuracy per label, (TP + TN) / n over the faces that carry the label: (A,); NaN for a label without rows.

    Mostly a count of absent AUs, so print F1 beside it. *Source*: Pons & Masip, arXiv 1802.06664, eq. 3.

    >>> label_accuracy([[0.9], [0.2], [0.1]], [[1], [1], [0]], np.array([[True], [True], [False]]))
    array([0.5])
    """
    return accuracy_of(label_counts(preds, target, mask, thresholds, weights))


def label_f1(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> Array:
    """F1 per label, 2 TP / (2 TP + FP + FN): (A,); NaN for a label that is never present in the target.

    scikit-learn's ``zero_division=0`` would call the latter 0 and so lower a mean for AUs that the test set lacks.

    >>> label_f1([[0.9, 0.9], [0.2, 0.1]], [[1, 0], [1, 0]], np.full((2, 2), True)).round(3)
    array([0.667,   nan])
    """
    return f1_of(label_counts(preds, target, mask, thresholds, weights))


def label_auc(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Area under the ROC curve per label (A,): the chance that a face with the AU outranks a face without it.

        AUC = sum over pairs (present i, absent j) of [p_i > p_j] + [p_i = p_j] / 2, over the number of pairs

    NaN for a label that is always or never present.

    >>> label_auc([[0.9], [0.5], [0.5]], [[1], [1], [0]], np.full((3, 1), True))
    array([0.75])
    """
    known = as_mask(mask, 2)
    return auc_of(rank_cells(preds, known), _present(target, known), row_weights(known, weights))


def accuracy_of(counts: Counts) -> Array:
    """Accuracy per label (A,) from its counts."""
    right = counts.true_positive + counts.true_negative
    return ratio(right, right + counts.false_positive + counts.false_negative)


def f1_of(counts: Counts) -> Array:
    """F1 per label (A,) from its counts; NaN without a positive in the target."""
    tp, fp, fn, _ = counts
    return ratio(2 * tp, np.where(tp + fn > 0, 2 * tp + fp + fn, 0.0))


def rank_cells(preds: ArrayLike, mask: Mask) -> Indices:
    """For ``auc_of``: each prediction's place among its label's distinct values, label after label: (N, A).

    Sorting is the slow part of an AUC and does not depend on the weights, so a bootstrap does it once.
    """
    filled = masked(preds, mask, "label predictions")
    rows = len(filled)
    cells = [np.unique(column, return_inverse=True)[1].reshape(-1) + i * rows for i, column in enumerate(filled.T)]
    return np.stack(cells, axis=1).astype(np.int64) if cells else np.zeros(filled.shape, np.int64)


def auc_of(cells: Indices, present: Array, counts: Array) -> Array:
    """AUC per label (A,) from ``rank_cells``, 0/1 targets and entry weights, all (N, A)."""
    rows, labels = cells.shape
    if rows == 0:
        return np.full(labels, np.nan)
    yes = np.bincount(cells.ravel(), (counts * present).ravel(), rows * labels).reshape(labels, rows)
    no = np.bincount(cells.ravel(), (counts * (1 - present)).ravel(), rows * labels).reshape(labels, rows)
    won = (yes * (no.cumsum(axis=1) - no / 2)).sum(axis=1)
    return ratio(won, yes.sum(axis=1) * no.sum(axis=1))


def _decisions(preds: ArrayLike, mask: Mask, thresholds: ArrayLike) -> Array:
    """Predictions as 0/1 decisions (N, A)."""
    filled = masked(preds, mask, "label predictions")
    if np.asarray(preds).dtype == np.bool_:
        return filled
    if filled.size and (filled.min() < 0 or filled.max() > 1):
        worst = filled.min() if filled.min() < 0 else filled.max()
        raise ScoreError(f"Label predictions hold {worst:g}: expected probabilities in [0, 1]; logits need a sigmoid")
    cuts = np.asarray(thresholds, dtype=np.float64)
    if cuts.shape not in ((), (filled.shape[1],)) or not np.isfinite(cuts).all():
        raise ScoreError(f"Thresholds are {cuts}: give one finite number, or one for each of {filled.shape[1]} labels")
    return (filled >= cuts).astype(np.float64)


def _present(target: ArrayLike, mask: Mask) -> Array:
    """Targets as 0/1 (N, A), 0 where unknown."""
    filled = masked(target, mask, "label targets")
    other = filled[(filled != 0) & (filled != 1)]
    if other.size:
        raise ScoreError(f"Label targets hold {other[0]:g}: expected 0 (absent), 1 (present) or a False mask")
    return filled
