"""Scores of a task and rates of its labels, as one vector from row weights: what groups of people are compared by."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from mien.labels import CLASS_TASKS
from mien.metrics.arrays import Array, Mask, ratio
from mien.metrics.classification import confusion_matrix
from mien.metrics.multilabel import Counts, label_counts
from mien.metrics.scorers import make_scorer

SCORED = {
    **dict.fromkeys(CLASS_TASKS, ("accuracy", "macro_f1", "balanced_accuracy")),
    "au": ("accuracy", "f1", "auc"),
    "au_intensity": ("pcc", "icc31"),
    "va": ("ccc", "pcc"),
}
"""The scores of a whole task whose gaps are taken; higher is better in all of them."""
DECIDED = (*CLASS_TASKS, "au")  # tasks whose labels are called present or not


def label_rates(counts: Counts) -> Array:
    """Share called so, true positive rate and false positive rate of each label (3, L); NaN without such faces."""
    hit, false, missed, right = counts
    return np.stack(
        [ratio(hit + false, hit + false + missed + right), ratio(hit, hit + missed), ratio(false, false + right)]
    )


def numbers_of(
    task: str, labels: Sequence[str], preds: Array, target: Array, known: Mask, limits: ArrayLike
) -> Callable[[Array], Array]:
    """What one group is described by, from the weights (N,) that are 0 for everybody else.

    The task's scores, then the three rates of every label where the task has decisions: (scores + 3 labels,).
    """
    scorer = make_scorer(task, labels, preds, target, known, limits)
    places = [scorer.names.index((metric, "")) for metric in SCORED[task]]

    def counted(weights: Array) -> Counts:
        if task == "au":
            return label_counts(preds, target, known, limits, weights)
        confusion = confusion_matrix(preds.argmax(axis=1), target, known, len(labels), weights)
        hit, true, called = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
        return Counts(hit, called - hit, true - hit, confusion.sum() - true - called + hit)

    def values(weights: Array) -> Array:
        rates = label_rates(counted(weights)).ravel() if task in DECIDED else np.zeros(0)
        return np.concatenate([scorer.values(weights)[places], rates])

    return values
