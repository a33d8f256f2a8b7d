"""Which scores each task has, each task's numbers in one vector, so that one bootstrap serves them all."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mien.choose import choose
from mien.errors import ScoreError
from mien.labels import CLASS_TASKS
from mien.metrics import agreement, classification, multilabel
from mien.metrics.arrays import Array, Mask, mean_defined, row_weights

LABEL_METRICS = {
    "au": ("accuracy", "f1", "auc"),
    "au_intensity": ("pcc", "ccc", "icc31", "mae"),
    "va": ("ccc", "pcc", "rmse"),
}
MEAN_OF = {"macro_f1": "f1", "balanced_accuracy": "recall"}  # a label task's mean has its metric's own name


class Scorer(NamedTuple):
    """One task made ready: what its numbers are called, and how to compute all of them from row weights."""

    names: list[tuple[str, str]]  # (metric, label), in the order of the numbers; label "" for the whole task
    values: Callable[[Array], Array]  # (N,) weights -> one number per name
    rows: list[int]  # rows scored, per name


def make_scorer(
    task: str, labels: Sequence[str], preds: Array, target: Array, known: Mask, thresholds: ArrayLike
) -> Scorer:
    """The scorer of a task, from predictions (N, L) and targets and mask (N,) or (N, L) that fit each other."""
    if task in CLASS_TASKS:
        return _class_scorer(labels, preds, target, known)
    metrics = choose(LABEL_METRICS, task, "task to score", ScoreError)
    if task == "au":
        return _label_scorer(metrics, labels, known, _au_values(preds, target, known, thresholds))
    return _label_scorer(metrics, labels, known, _number_values(metrics, preds, target, known))


def left_out(names: Sequence[tuple[str, str]], values: Array) -> list[int]:
    """For each name of a mean, how many undefined labels it leaves out; 0 for a label's own number.

    >>> left_out([("f1", ""), ("f1", "AU01"), ("f1", "AU02")], np.array([0.5, 0.5, np.nan]))
    [1, 0, 0]
    """
    gone = [metric for (metric, label), value in zip(names, values, strict=True) if label and np.isnan(value)]
    return [0 if label else gone.count(MEAN_OF.get(metric, metric)) for metric, label in names]


def _class_scorer(labels: Sequence[str], probs: Array, target: Array, known: Mask) -> Scorer:
    predicted = probs.argmax(axis=1)

    def values(weights: Array) -> Array:
        confusion = classification.confusion_matrix(predicted, target, known, len(labels), weights)
        recall, f1 = classification.recall_of(confusion), classification.f1_of(confusion)
        whole = [classification.accuracy_of(confusion), mean_defined(f1).value, mean_defined(recall).value]
        return np.concatenate([whole, recall, f1])

    names = [("accuracy", ""), ("macro_f1", ""), ("balanced_accuracy", "")]
    names += [(metric, label) for metric in ("recall", "f1") for label in labels]
    per_class = np.bincount(target[known].astype(np.int64), minlength=len(labels)).tolist()
    return Scorer(names, values, [int(known.sum())] * 3 + per_class * 2)


def _label_scorer(
    metrics: Sequence[str], labels: Sequence[str], known: Mask, per_label: Callable[[Array], list[Array]]
) -> Scorer:
    """``per_label`` gives, from row weights, one array (L,) per metric."""

    def values(weights: Array) -> Array:
        return np.concatenate([[mean_defined(numbers).value, *numbers] for numbers in per_label(weights)])

    names = [(metric, label) for metric in metrics for label in ("", *labels)]
    rows = [int(known.any(axis=1).sum()), *known.sum(axis=0).tolist()]
    return Scorer(names, values, rows * len(metrics))


def _au_values(probs: Array, target: Array, known: Mask, thresholds: ArrayLike) -> Callable[[Array], list[Array]]:
    cells = multilabel.rank_cells(probs, known)

    def per_label(weights: Array) -> list[Array]:
        counts = multilabel.label_counts(probs, target, known, thresholds, weights)
        auc = multilabel.auc_of(cells, target, row_weights(known, weights))
        return [multilabel.accuracy_of(counts), multilabel.f1_of(counts), auc]

    return per_label


def _number_values(metrics: Sequence[str], preds: Array, target: Array, known: Mask) -> Callable[[Array], list[Array]]:
    of_moments = {"ccc": agreement.ccc_of, "pcc": agreement.pcc_of, "icc31": agreement.icc31_of}
    of_errors = {"mae": agreement.mae, "rmse": agreement.rmse}

    def per_label(weights: Array) -> list[Array]:
        moments = agreement.moments(preds, target, known, weights)
        return [
            of_moments[m](moments) if m in of_moments else of_errors[m](preds, target, known, weights) for m in metrics
        ]

    return per_label
