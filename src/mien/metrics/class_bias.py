"""Added log-weights per class that raise a score of decisions, chosen on labelled rows.

Choose them on **validation** rows and score on others: few faces of a rare class decide much, and flatter.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mien.choose import choose
from mien.errors import ScoreError
from mien.metrics.arrays import Array, Indices, known_rows

TINY = 1e-30
ROUNDS = 20
MOST = 4.0  # e^4 = 55 times: a class so much too weak is not learned
Aim = Literal["macro_f1", "balanced_accuracy"]
Score = Callable[[Array, Array, Array], Array]  # right, called (cuts, C), rows per class (C,) -> (cuts,)


def fit_class_bias(probs: ArrayLike, target: ArrayLike, mask: ArrayLike, aim: Aim = "macro_f1") -> Array:
    """Weights b (C,) for which the classes argmax_c (log p_c + b_c) have the highest ``aim`` on these rows.

    One class after the other takes the b that is best while the others stay, until none improves; every b that changes
    a decision is tried. Of equals the one nearest 0 wins. A class without rows keeps 0.

    Args:
        probs: (N, C) probabilities.
        target: (N,) class indices.
        mask: (N,) bool, True where the class is known.
        aim: ``macro_f1`` or ``balanced_accuracy``, over the classes that have rows.

    Returns:
        (C,) in [-4, 4]; zeros where there is nothing to choose by: no row, or rows of one class alone.

    >>> fit_class_bias([[0.6, 0.4], [0.7, 0.3], [0.8, 0.2]], [1, 0, 0], np.full(3, True)).round(2)
    array([-0.63,  0.  ])
    """
    score = choose({"macro_f1": _f1, "balanced_accuracy": _recall}, aim, "aim of a class bias", ScoreError)
    p, y = known_rows(probs, target, mask)
    z, bias = np.log(np.maximum(p, TINY)), np.zeros(p.shape[1])
    count = np.bincount(y, minlength=p.shape[1]).astype(np.float64)
    present = np.flatnonzero(count)
    if len(present) < 2:
        return bias
    best = -np.inf
    for _ in range(ROUNDS):
        before = best
        for c in present:
            values, scores = _sweep(z, y, bias, int(c), count, score)
            order = np.lexsort((np.abs(values), -scores))[0]
            if scores[order] > best + 1e-12:
                bias[c], best = values[order], scores[order]
        if best <= before:
            break
    return bias


def _sweep(z: Array, y: Indices, bias: Array, c: int, count: Array, score: Score) -> tuple[Array, Array]:
    """Every weight of class ``c`` that makes a difference, and the score with it."""
    n, classes = z.shape
    rest = z + bias
    rest[:, c] = -np.inf
    other = rest.argmax(axis=1)
    needed = rest.max(axis=1) - z[:, c]  # from this weight on the row is called c
    order = np.argsort(needed, kind="stable")
    needed, other, y = needed[order], other[order], y[order]
    # Row j: the first j rows, which need the least, are called c, and the others what they were.
    called, right = np.zeros((n + 1, classes)), np.zeros((n + 1, classes))
    rows = np.arange(n)
    called[rows, other] = 1
    right[rows, other] = other == y
    called, right = (part[::-1].cumsum(axis=0)[::-1] for part in (called, right))
    called[:, c] = np.arange(n + 1)
    right[1:, c] = np.cumsum(y == c)
    edges = np.concatenate([[needed[0] - 1], needed, [needed[-1] + 1]])
    values = (edges[1:] + edges[:-1]) / 2
    values = np.append(values, 0.0)  # where it stands at first, of all equals
    at_zero = int(np.searchsorted(needed, 0.0, "left"))
    scores = score(right, called, count)
    scores = np.append(scores, scores[at_zero])
    real = np.append(edges[1:] > edges[:-1], True) & (np.abs(values) <= MOST)
    return values[real], scores[real]


def _f1(right: Array, called: Array, count: Array) -> Array:
    there = count > 0
    means: Array = (2 * right / np.maximum(called + count, 1))[:, there].mean(axis=1)
    return means


def _recall(right: Array, called: Array, count: Array) -> Array:
    there = count > 0
    means: Array = (right[:, there] / count[there]).mean(axis=1)
    return means
