"""The numbers that protocols print, each a ``Scorer``: names, and all numbers at once from row weights.

Every function takes the matched answers; the first number is the headline.
"""

from collections.abc import Sequence

import numpy as np

from mien.metrics import agreement, classification, composites, multilabel
from mien.metrics.arrays import Array, Mask, mean_defined
from mien.metrics.scorers import Scorer
from mien.protocols.base import Matched

Names = list[tuple[str, str]]


def class_accuracy(m: Matched) -> Scorer:
    """Accuracy, mean per-class accuracy, and the accuracy (recall) of each class.

    The mean is over all classes, and undefined where the test set lacks one.
    """
    task = "compound" if "compound" in m.labels else "expression"
    preds, target, known = m.of(task)
    classes, rows = m.labels[task], _class_rows(m, task)

    def values(weights: Array) -> Array:
        confusion = classification.confusion_matrix(preds, target, known, len(classes) + 1, weights)
        recall = classification.recall_of(confusion)[: len(classes)]
        mean = mean_defined(recall).value if all(rows) else np.nan
        return np.concatenate([[classification.accuracy_of(confusion), mean], recall])

    names: Names = [("accuracy", ""), ("mean_class_accuracy", "")]
    names += [("class_accuracy", name) for name in classes]
    return Scorer(names, values, [int(known.sum())] * 2 + rows)


def abaw_expression(m: Matched) -> Scorer:
    """0.67 F1 + 0.33 accuracy, its two parts, and F1 per class."""
    preds, target, known = m.of("expression")
    classes = m.labels["expression"]

    def values(weights: Array) -> Array:
        f1 = composites.every_class_f1(preds, target, known, len(classes), weights)
        both = composites.abaw_expression(preds, target, known, len(classes), weights)
        accuracy = classification.accuracy(preds, target, known, weights)
        return np.concatenate([[both, mean_defined(f1).value, accuracy], f1])

    names: Names = [("composite", ""), ("mean_f1", ""), ("accuracy", ""), *(("f1", name) for name in classes)]
    return Scorer(names, values, [int(known.sum())] * 3 + _class_rows(m))


def abaw_units(m: Matched) -> Scorer:
    """0.5 F1 + 0.5 accuracy over all decisions, its two parts, and F1 per unit."""
    au, cuts = m.of("au"), m.thresholds
    parts = (composites.mean_every_label_f1, composites.decision_accuracy)

    def values(weights: Array) -> Array:
        whole = [score(*au, cuts, weights) for score in (composites.abaw_units, *parts)]
        return np.concatenate([whole, composites.every_label_f1(*au, cuts, weights)])

    names: Names = [("composite", ""), ("mean_f1", ""), ("accuracy", "")]
    return Scorer(names + _each("f1", m, "au"), values, _rows(au[2], 3, 1))


def abaw_va(m: Matched) -> Scorer:
    """Mean CCC, and CCC of valence and of arousal."""
    va = m.of("va")

    def values(weights: Array) -> Array:
        ccc = agreement.ccc(*va, weights)
        return np.concatenate([[ccc.mean()], ccc])

    return Scorer([("mean_ccc", ""), *_each("ccc", m, "va")], values, _rows(va[2], 1, 1))


def abaw_mtl(m: Matched) -> Scorer:
    """P_MTL, its three parts, and what they are the means of."""
    va, (preds, target, known), au, cuts = m.of("va"), m.of("expression"), m.of("au"), m.thresholds
    classes = len(m.labels["expression"])

    def values(weights: Array) -> Array:
        ccc = agreement.ccc(*va, weights)
        faces = composites.every_class_f1(preds, target, known, classes, weights)
        units = composites.every_label_f1(*au, cuts, weights)
        parts = [ccc.mean(), mean_defined(faces).value, composites.mean_over_labels(units, au[2])]
        # composites.p_mtl is the sum, and would compute everything once more
        return np.concatenate([[sum(parts), *parts], ccc, faces, units])

    names: Names = [("p_mtl", ""), ("mean_ccc", ""), ("mean_f1_expression", ""), ("mean_f1_units", "")]
    names += [*_each("ccc", m, "va"), *_each("f1", m, "expression"), *_each("f1", m, "au")]
    any_known = int((va[2].any(axis=1) | known | au[2].any(axis=1)).sum())
    counts = [int(va[2].any(axis=1).sum()), int(known.sum()), int(au[2].any(axis=1).sum())]
    per_label = [*va[2].sum(axis=0).tolist(), *_class_rows(m), *au[2].sum(axis=0).tolist()]
    return Scorer(names, values, [any_known, *counts, *per_label])


def mean_expression_f1(m: Matched) -> Scorer:
    """Mean F1 over all classes, and F1 per class."""
    preds, target, known = m.of("expression")

    def values(weights: Array) -> Array:
        f1 = composites.every_class_f1(preds, target, known, len(m.labels["expression"]), weights)
        return np.concatenate([[mean_defined(f1).value], f1])

    return Scorer([("mean_f1", ""), *_each("f1", m, "expression")], values, [int(known.sum()), *_class_rows(m)])


def mean_unit_f1(m: Matched) -> Scorer:
    """Mean F1 over all units, and F1 per unit."""
    au = m.of("au")

    def values(weights: Array) -> Array:
        f1 = composites.every_label_f1(*au, m.thresholds, weights)
        return np.concatenate([[composites.mean_over_labels(f1, au[2])], f1])

    return Scorer([("mean_f1", ""), *_each("f1", m, "au")], values, _rows(au[2], 1, 1))


def fold_f1(m: Matched) -> Scorer:
    """Mean over units of the mean over folds of F1; the same with all folds' rows put together; each per unit."""
    au, cuts = m.of("au"), m.thresholds
    folds = np.unique(m.folds, return_inverse=True)[1]

    def values(weights: Array) -> Array:
        by_fold = composites.fold_f1(*au, folds, cuts, weights)
        together = composites.every_label_f1(*au, cuts, weights)
        means = [composites.mean_over_labels(f1, au[2]) for f1 in (by_fold, together)]
        return np.concatenate([means, by_fold, together])

    names: Names = [("mean_f1_of_folds", ""), ("mean_f1_of_all_rows", "")]
    names += _each("f1_of_folds", m, "au") + _each("f1_of_all_rows", m, "au")
    return Scorer(names, values, _rows(au[2], 2, 2))


def label_accuracy(m: Matched) -> Scorer:
    """Mean over units of (TP + TN) / n; mean F1 beside it, since absent units decide the accuracy; each per unit."""
    au, cuts = m.of("au"), m.thresholds

    def values(weights: Array) -> Array:
        counts = multilabel.label_counts(*au, cuts, weights)
        right, f1 = multilabel.accuracy_of(counts), composites.every_label_f1(*au, cuts, weights)
        return np.concatenate([[right.mean(), composites.mean_over_labels(f1, au[2])], right, f1])

    names: Names = [("mean_accuracy", ""), ("mean_f1", "")]
    return Scorer(names + _each("accuracy", m, "au") + _each("f1", m, "au"), values, _rows(au[2], 2, 2))


def intensity_agreement(m: Matched) -> Scorer:
    """Mean PCC, ICC(3,1) and MAE over units, and each per unit."""
    return _agreement(m, "au_intensity", ("pcc", "icc31", "mae"))


def va_agreement(m: Matched) -> Scorer:
    """Mean CCC, PCC and RMSE of valence and arousal, and each of both."""
    return _agreement(m, "va", ("ccc", "pcc", "rmse"))


def _agreement(m: Matched, task: str, metrics: Sequence[str]) -> Scorer:
    preds, target, known = m.of(task)
    of_moments = {"ccc": agreement.ccc_of, "pcc": agreement.pcc_of, "icc31": agreement.icc31_of}
    of_errors = {"mae": agreement.mae, "rmse": agreement.rmse}

    def values(weights: Array) -> Array:
        moments = agreement.moments(preds, target, known, weights)
        found = [
            of_moments[name](moments) if name in of_moments else of_errors[name](preds, target, known, weights)
            for name in metrics
        ]
        return np.concatenate([[numbers.mean() for numbers in found], *found])

    names: Names = [(f"mean_{name}", "") for name in metrics]
    names += [name for metric in metrics for name in _each(metric, m, task)]
    return Scorer(names, values, _rows(known, len(metrics), len(metrics)))


def _each(metric: str, m: Matched, task: str) -> Names:
    return [(metric, name) for name in m.labels[task]]


def _rows(known: Mask, wholes: int, times: int) -> list[int]:
    """Rows behind ``wholes`` numbers of the task, then behind the labels' own, ``times`` over."""
    per_label: list[int] = known.sum(axis=0).tolist()
    return [int(known.any(axis=1).sum())] * wholes + per_label * times


def _class_rows(m: Matched, task: str = "expression") -> list[int]:
    _, target, known = m.of(task)
    classes = len(m.labels[task])
    return [int((target[known] == place).sum()) for place in range(classes)]
