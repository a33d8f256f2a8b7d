"""Scores as challenges and papers put them together; they count what ``classification`` and ``multilabel`` leave out.

There a class or label that the test set lacks is undefined and stays out of a mean. The official scorers of the
challenges call it 0 and divide by all of them: dropping it would raise a mean. What the test set has but a bootstrap
draw (``weights``) happens to lack says nothing in that draw and is NaN there; means go over the rest. Everything else
is as there: ``mask`` True where a label is known, ``weights`` (N,) how often a row counts.
"""

import numpy as np
from numpy.typing import ArrayLike

from mien.metrics.agreement import ccc
from mien.metrics.arrays import Array, Mask, as_mask, mean_defined, ratio, row_weights
from mien.metrics.classification import accuracy, confusion_matrix, f1_of
from mien.metrics.multilabel import f1_of as label_f1_of
from mien.metrics.multilabel import label_counts

Triple = tuple[ArrayLike, ArrayLike, ArrayLike]
EXPRESSION_F1_SHARE = 0.67
AU_F1_SHARE = 0.5


def every_class_f1(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> Array:
    """F1 of each class (C,), 0 for a class that is never right, and so for one that the target lacks; NaN without rows.

    ``preds`` (N,) are class indices in 0-``n_classes``: ``n_classes`` itself stands for any answer outside the classes.

    >>> every_class_f1([0, 1], [0, 0], np.full(2, True), 3).round(3)
    array([0.667, 0.   , 0.   ])
    """
    known = as_mask(mask, 1)
    f1 = f1_of(confusion_matrix(preds, target, known, n_classes + 1, weights))[:n_classes]
    lacking = np.setdiff1d(np.arange(n_classes), np.asarray(target)[known])
    if known.any():
        f1[lacking] = 0.0
    return f1


def mean_every_class_f1(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> float:
    """The mean of ``every_class_f1`` over all classes.

    >>> mean_every_class_f1([0, 1], [0, 0], np.full(2, True), 3).__round__(3)
    0.222
    """
    return mean_defined(every_class_f1(preds, target, mask, n_classes, weights)).value


def every_label_f1(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> Array:
    """F1 of each label (A,), 0 for a label that is never rightly called, also where the target lacks it.

    NaN for a label without rows.

    >>> every_label_f1([[0.9, 0.9], [0.2, 0.1]], [[1, 0], [1, 0]], np.full((2, 2), True)).round(3)
    array([0.667, 0.   ])
    """
    known = as_mask(mask, 2)
    f1 = label_f1_of(label_counts(preds, target, known, thresholds, weights))
    present = (known & (np.asarray(target) == 1)).any(axis=0)
    return np.where(known.any(axis=0) & ~present, 0.0, f1)


def mean_every_label_f1(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> float:
    """The mean of ``every_label_f1`` over all labels; see ``mean_over_labels``.

    >>> mean_every_label_f1([[0.9, 0.9], [0.2, 0.1]], [[1, 0], [1, 0]], np.full((2, 2), True)).__round__(3)
    0.333
    """
    return mean_over_labels(every_label_f1(preds, target, mask, thresholds, weights), as_mask(mask, 2))


def mean_over_labels(scores: Array, known: Mask) -> float:
    """The mean of scores (A,) over the labels; NaN where a label has no rows (N, A), whatever the others have.

    A score that is NaN though its label has rows is one of a draw that lacks it, and stays out.

    >>> mean_over_labels(np.array([1.0, np.nan]), np.array([[True, True]]))
    1.0
    >>> mean_over_labels(np.array([1.0, np.nan]), np.array([[True, False]]))
    nan
    """
    return mean_defined(scores).value if known.any(axis=0).all() else np.nan


def decision_accuracy(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> float:
    """The share of right decisions, over the known decisions of all labels together.

    Where each label has the same number of rows it is the mean of the labels' accuracies, else it is not.

    >>> known = np.array([[True, True], [True, False]])
    >>> decision_accuracy([[0.9, 0.9], [0.9, 0.1]], [[1, 1], [0, 0]], known).__round__(3)
    0.667
    """
    tp, fp, fn, tn = (part.sum() for part in label_counts(preds, target, mask, thresholds, weights))
    return float(ratio(np.array(tp + tn), np.array(tp + tn + fp + fn)))


def abaw_expression(
    preds: ArrayLike, target: ArrayLike, mask: ArrayLike, n_classes: int, weights: ArrayLike | None = None
) -> float:
    """0.67 * mean F1 over all classes + 0.33 * accuracy. Arguments as in ``every_class_f1``.

    *Source*: Kollias et al. 2020, arXiv 2001.11409 (FG 2020 and ABAW 2).

    >>> abaw_expression([0, 1, 1, 0], [0, 0, 1, 1], np.full(4, True), 2)
    0.5
    """
    f1 = mean_every_class_f1(preds, target, mask, n_classes, weights)
    return EXPRESSION_F1_SHARE * f1 + (1 - EXPRESSION_F1_SHARE) * accuracy(preds, target, mask, weights)


def abaw_units(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> float:
    """0.5 * mean F1 over all action units + 0.5 * accuracy over all decisions.

    *Source*: Kollias et al. 2020, arXiv 2001.11409 (FG 2020 and ABAW 2).

    >>> abaw_units([[0.9, 0.1], [0.9, 0.1]], [[1, 0], [0, 1]], np.full((2, 2), True)).__round__(4)
    0.4167
    """
    f1 = mean_every_label_f1(preds, target, mask, thresholds, weights)
    return AU_F1_SHARE * f1 + (1 - AU_F1_SHARE) * decision_accuracy(preds, target, mask, thresholds, weights)


def mean_ccc(preds: ArrayLike, target: ArrayLike, mask: ArrayLike, weights: ArrayLike | None = None) -> float:
    """(CCC_valence + CCC_arousal) / 2, each over all known rows at once; NaN where one of them is.

    >>> mean_ccc([[1.0, 1.0], [2.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]], np.full((2, 2), True))
    0.0
    """
    return float(ccc(preds, target, mask, weights).mean())


def fold_f1(
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    folds: ArrayLike,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> Array:
    """F1 of each label (A,): the mean of its F1 in every fold, ``folds`` (N,).

    Not the F1 of the folds' rows put together, which is another number: F1 is no mean over rows. A label that a fold
    lacks scores 0 there; one that is unknown in all of a fold's rows is NaN.

    >>> fold_f1([[0.9], [0.9], [0.9]], [[1], [1], [0]], np.full((3, 1), True), [0, 1, 1]).round(3)
    array([0.833])
    """
    known, places = as_mask(mask, 2), np.asarray(folds)
    p, t, counts = np.asarray(preds), np.asarray(target), row_weights(np.full(len(known), True), weights)
    by_fold = [places == fold for fold in np.unique(places)]
    parts = [every_label_f1(p[rows], t[rows], known[rows], thresholds, counts[rows]) for rows in by_fold]
    means = np.array([mean_defined(of_label).value for of_label in np.transpose(parts)])
    in_every_fold = np.all([known[rows].any(axis=0) for rows in by_fold], axis=0)
    return np.asarray(np.where(in_every_fold, means, np.nan))


def p_mtl(
    va: Triple,
    expression: Triple,
    au: Triple,
    n_classes: int,
    thresholds: ArrayLike = 0.5,
    weights: ArrayLike | None = None,
) -> float:
    """Mean CCC of valence and arousal + mean F1 over all expressions + mean F1 over all action units: at most 3.

    ``va``, ``expression`` and ``au`` are (preds, target, mask) of the same N rows; a row may know one of them only.
    *Source*: Kollias 2022, arXiv 2202.10659 (ABAW 3 and later).

    >>> full = np.full((2, 2), True)
    >>> va, expression = ([[0, 1], [1, 0]], [[0, 1], [1, 0]], full), ([0, 1], [0, 1], full[0])
    >>> p_mtl(va, expression, ([[1.0, 0.0], [0.0, 1.0]], [[1, 0], [0, 1]], full), 2)
    3.0
    """
    faces = mean_every_class_f1(*expression, n_classes, weights)
    return mean_ccc(*va, weights) + faces + mean_every_label_f1(*au, thresholds, weights)
