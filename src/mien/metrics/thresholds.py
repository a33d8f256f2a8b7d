"""Thresholds per action unit, chosen on labelled rows.

Choose them on **validation** rows only and keep them in the model; a threshold chosen on the rows that it is then
scored on flatters the score. A label calls for a face where probability >= threshold, as in ``multilabel``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mien.metrics.arrays import Array, as_mask
from mien.metrics.multilabel import label_counts

DEFAULT = 0.5  # for a label that is always or never present among the rows: nothing can be chosen


class _Sweep(NamedTuple):
    """Every threshold worth trying for one label, ascending, and what each calls present."""

    thresholds: Array
    called: Array
    right: Array
    present: float

    @property
    def f1(self) -> Array:
        f1: Array = 2 * self.right / (self.called + self.present)
        return f1


def best_f1_thresholds(probs: ArrayLike, target: ArrayLike, mask: ArrayLike) -> Array:
    """The threshold per label (A,) with the highest F1 on these rows; of equals, the one nearest 0.5.

    Give it validation rows, never test rows. Probabilities (N, A) in [0, 1], targets 0/1, mask bool. A label that is
    always or never present keeps 0.5.

    >>> best_f1_thresholds([[0.3], [0.2], [0.1]], [[1], [1], [0]], np.full((3, 1), True))
    array([0.2])
    """
    return np.array([_best_f1(sweep) for sweep in _sweeps(probs, target, mask)])


def equal_precision_recall_thresholds(probs: ArrayLike, target: ArrayLike, mask: ArrayLike) -> Array:
    """The threshold per label (A,) at which precision = recall, or nearest to it.

    They are equal where as many faces are called present as are present; of equals, the one with the higher F1.
    Give it validation rows, never test rows. A label that is always or never present keeps 0.5.
    *Source*: Deng, Chen & Shi, arXiv 2002.03557.

    >>> equal_precision_recall_thresholds([[0.4], [0.3], [0.2]], [[1], [0], [1]], np.full((3, 1), True))
    array([0.3])
    """
    return np.array([_equal(sweep) for sweep in _sweeps(probs, target, mask)])


def _best_f1(sweep: _Sweep | None) -> float:
    if sweep is None:
        return DEFAULT
    best = np.lexsort((np.abs(sweep.thresholds - DEFAULT), -sweep.f1))[0]
    return float(sweep.thresholds[best])


def _equal(sweep: _Sweep | None) -> float:
    if sweep is None:
        return DEFAULT
    best = np.lexsort((-sweep.f1, np.abs(sweep.called - sweep.present)))[0]
    return float(sweep.thresholds[best])


def _sweeps(probs: ArrayLike, target: ArrayLike, mask: ArrayLike) -> list[_Sweep | None]:
    label_counts(probs, target, mask)  # its checks: shapes, probabilities, 0/1 targets
    known = as_mask(mask, 2)
    scores, labels = np.asarray(probs, dtype=np.float64), np.asarray(target, dtype=np.float64)
    return [_sweep(scores[rows, i], labels[rows, i]) for i, rows in enumerate(known.T)]


def _sweep(probs: Array, present: Array) -> _Sweep | None:
    """All distinct probabilities of one label as thresholds; None when only one class is present."""
    if present.size == 0 or present.min() == present.max():
        return None
    values, places, counts = np.unique(probs, return_inverse=True, return_counts=True)
    hits = np.bincount(places.reshape(-1), present, len(values))
    called, right = (x[::-1].cumsum()[::-1].astype(np.float64) for x in (counts, hits))
    return _Sweep(values, called, right, float(present.sum()))
