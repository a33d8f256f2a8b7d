"""Rare labels drawn more often: an order of rows in which a row can stand several times.

The order is a list, so a balanced database is sampled like any other: every row of the list once per epoch, batch t as
a formula of t.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from mien.config import Balance
from mien.data.sampling import Draw, IntArray, Sampler
from mien.data.targets import Labels
from mien.errors import RecipeError

Array = npt.NDArray[np.float64]
GRID = 20  # cells per axis of valence and arousal
IMBALANCE = 2.0  # ML-ROS: how many times rarer than the most frequent a unit may be
MOST_CLONES = 0.5  # of the rows


class Balanced:
    """A sampler over the orders of some databases; ``None`` leaves a database as it is."""

    def __init__(self, inner: Sampler, orders: Sequence[IntArray | None]) -> None:
        self._inner, self._orders = inner, orders

    def draw(self, step: int) -> Draw:
        draw = self._inner.draw(step)
        rows = draw.row.copy()
        for d, order in enumerate(self._orders):
            if order is not None:
                here = draw.database == d
                rows[here] = order[rows[here]]
        return Draw(draw.database, rows)


def balanced_order(labels: Labels, settings: Balance, where: str) -> IntArray:
    """Row numbers, rare ones several times.

    Args:
        labels: of n rows.
        settings: how.
        where: name of the database, for messages.

    Raises:
        RecipeError: the database has no label to balance by.
    """
    task = settings.task
    if task not in labels.target or not labels.mask[task].any():
        raise RecipeError(f"{where}: balance by {task}, but no row has such a label; choose another task, or none")
    if settings.how == "ml_ros":
        return _cloned((labels.target[task] > 0.5) & labels.mask[task], settings.seed)
    weight = WEIGHTS[settings.how](labels, settings)
    times = np.minimum(weight / weight.min(), settings.most)
    ends = np.cumsum(times)
    return np.searchsorted(ends, np.arange(round(ends[-1])) + 0.5).astype(np.int64).clip(max=len(times) - 1)


def counted(labels: Labels, task: str, order: IntArray | None = None) -> Array:
    """(labels,) how often each label is met in one pass over ``order``; fractions from votes."""
    known = np.where(labels.mask[task], labels.target[task], 0).astype(np.float64)
    return np.asarray((known if order is None else known[order]).sum(axis=0))


def imbalance(counts: Array) -> float:
    """The most frequent label's count over the rarest's, of the labels that occur."""
    there = counts[counts > 0]
    return float(there.max() / there.min()) if len(there) else float("nan")


def _by_class(labels: Labels, settings: Balance) -> Array:
    """sum_c y_c / n_c^power, with n_c the votes for class c. *Source*: arXiv 2002.03557 (power 1)."""
    return _through_classes(labels, settings, lambda n: n**-settings.power)


def _effective(labels: Labels, settings: Balance) -> Array:
    """sum_c y_c (1 - b) / (1 - b^n_c). *Source*: Cui et al. 2019, "Class-balanced loss based on effective number"."""
    b = settings.beta
    return _through_classes(labels, settings, lambda n: (1 - b) / (1 - b**n))


def _through_classes(labels: Labels, settings: Balance, of_count: Callable[[Array], Array]) -> Array:
    """A row's weight from its distribution over the classes; rows without one get the smallest weight."""
    shares = np.where(labels.mask[settings.task], labels.target[settings.task], 0).astype(np.float64)
    counts = shares.sum(axis=0)
    of_class = np.where(counts > 0, of_count(np.maximum(counts, 1e-9)), 0)
    weight = shares @ of_class
    labelled = weight > 0
    return np.where(labelled, weight, weight[labelled].min())


def _by_cell(labels: Labels, settings: Balance) -> Array:
    """1 / n^power of the row's cell in a 20 x 20 histogram of valence and arousal. *Source*: arXiv 2002.03557."""
    known = labels.mask["va"].all(axis=1)
    place = np.clip((labels.target["va"] + 1) / 2 * GRID, 0, GRID - 1).astype(int)
    cell = place[:, 0] * GRID + place[:, -1]
    counts = np.bincount(cell[known], minlength=GRID * GRID)
    weight = np.where(known, np.maximum(counts[cell], 1).astype(np.float64) ** -settings.power, 0)
    return np.where(known, weight, weight[known].min() if known.any() else 1.0)


def _cloned(present: npt.NDArray[np.bool_], seed: int) -> IntArray:
    """ML-ROS: rows with a rare unit are cloned until no unit is rarer than ``IMBALANCE`` allows, or clones are many.

    With n_l rows that show unit l, IRLbl(l) = max n / n_l; the rarest unit is served first, and clones count for every
    unit that they show. A row with k clones is drawn k + 1 times (the released code of the paper draws it k times).

    *Source*: Charte et al. 2015, "Addressing imbalance in multilabel classification" (ML-ROS), with the limits of
    arXiv 2002.03557.
    """
    counts = present.sum(axis=0).astype(np.float64)
    rng, clones = np.random.default_rng(seed), list[int]()
    room = int(MOST_CLONES * len(present))
    for label in np.argsort(counts, kind="stable"):
        rows = np.flatnonzero(present[:, label])
        if not len(rows):
            continue
        queue = rng.permutation(rows)
        taken = 0
        while counts.max() / counts[label] > IMBALANCE and len(clones) < room:
            row = int(queue[taken % len(queue)])
            clones.append(row)
            counts += present[row]
            taken += 1
    return np.concatenate([np.arange(len(present)), np.array(clones, np.int64)])


WEIGHTS: dict[str, Callable[[Labels, Balance], Array]] = {
    "classes": _by_class,
    "effective_number": _effective,
    "va_grid": _by_cell,
}
"""How a row's weight follows from its labels; ``ml_ros`` clones instead."""
