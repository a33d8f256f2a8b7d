"""How sure a score is: bootstrap over people, and paired comparison of two systems.

Faces of one person are alike, so a person is drawn or left out as a whole; resampling single faces would give an
interval that is too narrow.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import ScoreError
from mien.metrics.arrays import Array, Indices

T = TypeVar("T", bound=float | Array)


class Interval(NamedTuple, Generic[T]):
    """A value with its confidence interval; ``value``, ``low`` and ``high`` have the statistic's shape."""

    value: T
    low: T
    high: T
    n: int  # rows, or pairs
    clusters: int  # what was resampled: people, or pairs
    undefined: int | NDArray[np.int64]  # draws (or pairs) that were NaN and therefore dropped


def bootstrap(
    statistic: Callable[[Array], T],
    clusters: Iterable[Any],
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval[T]:
    """Percentile bootstrap interval of ``statistic`` by cluster (person).

    ``statistic(weights)`` gets how often each row was drawn, (N,) float64, as the metrics' ``weights``. ``clusters``
    (N,) holds each row's person; a row with None, NaN or NA is its own cluster. NaN draws are dropped and counted.
    With fewer than two clusters the interval is NaN.
    *Source*: Efron & Tibshirani 1993, ch. 13; clusters: Field & Welsh 2007, JRSS B 69(3).

    >>> right = np.array([1.0, 1.0, 0.0, 1.0])
    >>> bootstrap(lambda w: float(w @ right / w.sum()), ["ann", "ann", "bob", "cem"]).value
    0.75
    """
    if draws < 1 or not 0 < level < 1:
        raise ScoreError(f"A bootstrap of {draws} draws at level {level}: give at least 1 draw and a level in (0, 1)")
    groups = cluster_ids(clusters)
    found = int(groups.max()) + 1 if groups.size else 0
    value = statistic(np.ones(len(groups)))
    shape: tuple[int, ...] = np.shape(value)
    if found < 2:
        drawn = np.full((0, *shape), np.nan)
    else:
        drawn = np.stack([np.asarray(statistic(w), np.float64) for w in _weights(groups, found, draws, seed)])
    low, high = _quantiles(drawn, level)
    undefined = np.isnan(drawn).sum(axis=0)
    return Interval(
        value, _like(low, value), _like(high, value), len(groups), found, undefined if shape else int(undefined)
    )


def paired_bootstrap(
    statistic_a: Callable[[Array], T],
    statistic_b: Callable[[Array], T],
    clusters: Iterable[Any],
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval[T]:
    """Bootstrap interval of ``a - b``, two systems on the same rows: each draw takes the same people for both.

    An interval without 0 speaks for a difference. Arguments as in ``bootstrap``.

    >>> paired_bootstrap(lambda w: 0.5, lambda w: 0.25, [1, 2, 3], draws=10).low
    0.25
    """
    return bootstrap(lambda w: cast(T, np.subtract(statistic_a(w), statistic_b(w))), clusters, draws, seed, level)


def paired_difference(scores_a: ArrayLike, scores_b: ArrayLike, level: float = 0.95) -> Interval[float]:
    """Mean of ``a - b`` over paired runs (the same seeds or folds), with Student's t interval.

        mean(d) +- t_{n-1, (1 + level) / 2} sd(d) / sqrt(n),   sd with n - 1

    Pairs with a NaN are dropped and counted; the interval is NaN for fewer than two pairs. Folds share training
    rows, so an interval over folds is somewhat too narrow (Nadeau & Bengio 2003).

    >>> paired_difference([0.52, 0.54, 0.53], [0.50, 0.51, 0.52]).value.__round__(4)
    0.02
    """
    a, b = np.asarray(scores_a, dtype=np.float64), np.asarray(scores_b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ScoreError(f"Paired scores have shapes {a.shape} and {b.shape}: give one score of each system per run")
    differences = a - b
    kept = differences[~np.isnan(differences)]
    n, dropped = kept.size, differences.size - kept.size
    mean = float(kept.mean()) if n else np.nan
    half = t_quantile((1 + level) / 2, n - 1) * float(kept.std(ddof=1)) / np.sqrt(n) if n >= 2 else np.nan
    return Interval(mean, float(mean - half), float(mean + half), n, n, dropped)


def t_quantile(p: float, dof: int) -> float:
    """The p-quantile (0.5 <= p < 1) of Student's t with ``dof`` degrees of freedom.

    With t = sqrt(dof) tan(theta), P(|T| <= t) is a finite trigonometric sum that grows with theta: bisect it.
    *Source*: Abramowitz & Stegun 1964, 26.7.3 and 26.7.4.

    >>> round(t_quantile(0.975, 4), 3)
    2.776
    """
    low, high = 0.0, np.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_within(middle, dof) < 2 * p - 1 else (low, middle)
    return float(np.sqrt(dof) * np.tan(low))


def cluster_ids(clusters: Iterable[Any]) -> Indices:
    """Clusters numbered 0, 1, ... in order of appearance (N,); each missing one (None, NaN, NA) gets its own number.

    >>> cluster_ids(["ann", None, "bob", "ann", None]).tolist()
    [0, 1, 2, 0, 3]
    """
    seen: dict[Any, int] = {}
    keys = ((i, None) if _missing(name) else name for i, name in enumerate(clusters))
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)


def _missing(name: Any) -> bool:
    same = name == name  # False for NaN; NA for NA
    return name is None or not isinstance(same, bool | np.bool_) or not same


def _weights(groups: Indices, found: int, draws: int, seed: int) -> Iterator[Array]:
    """How often each row is drawn, (N,), once per draw."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(found, size=found), minlength=found).astype(np.float64)[groups]


def _quantiles(drawn: Array, level: float) -> tuple[Array, Array]:
    """The two ends of the middle ``level`` of the draws, axis 0, without NaN draws; NaN where none is left."""
    tail = (1 - level) / 2
    columns = drawn.reshape(len(drawn), -1).T if len(drawn) else np.full((int(np.prod(drawn.shape[1:])), 1), np.nan)
    ends = np.full((len(columns), 2), np.nan)
    for i, column in enumerate(columns):
        defined = column[~np.isnan(column)]
        if defined.size:
            ends[i] = np.quantile(defined, [tail, 1 - tail])
    return ends[:, 0].reshape(drawn.shape[1:]), ends[:, 1].reshape(drawn.shape[1:])


def _like(array: Array, value: T) -> T:
    """A scalar for a scalar statistic, else the array."""
    return cast(T, array if np.shape(value) else float(array))


def _t_within(theta: float, dof: int) -> float:
    """P(|T| <= sqrt(dof) tan(theta)) for Student's t."""
    sine, cosine = np.sin(theta), np.cos(theta)
    odd = dof % 2
    term = cosine if odd else 1.0
    total = 0.0
    for j in range((dof - odd) // 2):
        total += term
        term *= cosine**2 * (2 * j + 2) / (2 * j + 3) if odd else cosine**2 * (2 * j + 1) / (2 * j + 2)
    return float((theta + sine * total) * 2 / np.pi if odd else sine * total)
