"""How differently a network treats groups of people: the gaps between their scores, and between their rates.

With R_g a score or rate of group g, over the groups where it is defined:

    difference = max_g R_g - min_g R_g        ratio = min_g R_g / max_g R_g        minimum = min_g R_g

| measure | R_g |
|---|---|
| ``accuracy``, ``f1``, ``ccc`` ... | the score itself, as in ``mien.metrics.scores``; its minimum is the worst group |
| ``demographic_parity`` | the share of faces that are called this label, whatever they are |
| ``equal_opportunity`` | the share of faces with this label that are called so (true positive rate) |
| ``equalised_odds`` | the larger difference, and the smaller ratio, of true and of false positive rates |

For a task as a whole (label ``""``) differences and ratios of the last three are means over its labels.

A maximum minus a minimum is above 0 for a network that treats all alike, too, and the more so the smaller the groups:
``chance`` is what it is on average after people were dealt to the groups at random, and ``p`` says how often that gave
as large a difference. Groups that differ in what they show differ in demographic parity whatever a network does.

*Source*: Hardt, Price & Srebro 2016, arXiv 1610.02413 (equal opportunity, equalised odds); Barocas, Hardt & Narayanan,
"Fairness and Machine Learning", ch. 3; extremes over all groups are Fairlearn's ``equalized_odds_difference``.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import ScoreError
from mien.labels import CLASS_TASKS, LabelSet
from mien.metrics.arrays import Array, Indices, Mask, as_mask, mean_defined, ratio
from mien.metrics.intervals import bootstrap, cluster_ids
from mien.metrics.rates import DECIDED, SCORED, numbers_of

RATES = ("demographic_parity", "equal_opportunity", "equalised_odds")


class Span(NamedTuple):
    """A number with the ends of its 95 % interval; NaN: undefined."""

    value: float
    low: float
    high: float


class Gap(NamedTuple):
    """The gap of one measure between groups; ``label`` is ``""`` for the whole task.

    ``lowest`` and ``highest`` name the groups at the two ends; they and ``minimum`` are empty where several rates are
    joined.
    """

    task: str
    label: str
    measure: str
    difference: Span
    ratio: Span
    minimum: Span
    lowest: str
    highest: str
    chance: float
    p: float


def gaps(
    preds: Mapping[str, ArrayLike],
    target: Mapping[str, ArrayLike],
    mask: Mapping[str, ArrayLike],
    labels: LabelSet,
    groups: Sequence[str],
    clusters: Iterable[Any],
    thresholds: ArrayLike = 0.5,
    draws: int = 500,
    seed: int = 0,
) -> list[Gap]:
    """All gaps between groups, task by task, with intervals by bootstrap over people.

    Args:
        preds, target, mask, labels, thresholds: as in ``mien.metrics.scores.score``.
        groups: (N,) the group of each row.
        clusters: (N,) the person on each row, who is drawn, and dealt to another group, with all their rows.
        draws: how often people are drawn, and how often they are dealt anew.

    Raises:
        ScoreError: fewer than two groups, or not one group and person per row.

    >>> au, known = {"au": np.array([[0.9], [0.2], [0.9], [0.9]])}, {"au": np.full((4, 1), True)}
    >>> truth = {"au": [[1], [1], [1], [0]]}
    >>> found = gaps(au, truth, known, {"au": ("AU12",)}, ["a", "a", "b", "b"], range(4), draws=10)
    >>> [(gap.measure, gap.difference.value, gap.lowest) for gap in found if gap.label == "AU12"]
    [('demographic_parity', 0.5, 'a'), ('equal_opportunity', 0.5, 'a'), ('equalised_odds', nan, '')]
    """
    people = cluster_ids(clusters)
    names, which = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    if len(names) < 2:
        raise ScoreError(f"A gap is between groups: found {', '.join(names) or 'none'}, expected two or more")
    found: list[Gap] = []
    for task, named in labels.items():
        known = as_mask(mask[task], 1 if task in CLASS_TASKS else 2)
        if not len(known) == len(people) == len(which):
            raise ScoreError(
                f"{len(known)} rows of {task}, {len(people)} people, {len(which)} groups: give one per row"
            )
        kept = known if known.ndim == 1 else np.asarray(known.any(axis=1))
        p, t = np.asarray(preds[task], np.float64)[kept], np.asarray(target[task], np.float64)[kept]
        values = numbers_of(task, named, p, t, known[kept], thresholds)
        found += _gaps(task, named, values, names, which[kept], people[kept], draws, seed)
    return found


def to_records(found: Iterable[Gap]) -> list[dict[str, Any]]:
    """Gaps as dicts that JSON can hold: NaN becomes None."""

    def plain(value: Any) -> Any:
        if isinstance(value, Span):
            return {name: plain(number) for name, number in value._asdict().items()}
        return None if value != value else value

    return [{name: plain(value) for name, value in gap._asdict().items()} for gap in found]


def _gaps(
    task: str,
    labels: Sequence[str],
    values: Callable[[Array], Array],
    groups: NDArray[np.str_],
    which: Indices,
    people: Indices,
    draws: int,
    seed: int,
) -> list[Gap]:
    """The gaps of one task; ``which`` (N,) is the place in ``groups`` of each row."""
    scores, rates = SCORED[task], RATES if task in DECIDED else ()
    names = [("", name) for name in (*scores, *rates)] + [(label, rate) for rate in rates for label in labels]

    def by_group(weights: Array, which: Indices) -> Array:
        return np.stack([values(weights * (which == group)) for group in range(len(groups))])

    once = np.ones(len(which))
    whole = by_group(once, which)
    defined = ~np.isnan(whole)  # the groups that are compared, in every draw

    def spans(weights: Array, which: Indices = which) -> Array:
        return _spans(by_group(weights, which), defined, len(scores), len(labels))

    found = bootstrap(spans, people, draws, seed)
    dealt = np.stack([spans(once, at)[0] for at in _dealt(which, people, draws, seed)])
    ends = _ends(whole, defined, groups, len(scores), len(names))
    result = []
    for place, (label, measure) in enumerate(names):
        parts = (found.value, found.low, found.high)
        difference, share, bottom = (Span(*(float(part[kind, place]) for part in parts)) for kind in range(3))
        chance = _chance(dealt[:, place], difference.value)
        result.append(Gap(task, label, measure, difference, share, bottom, *ends[place], *chance))
    return result


def _spans(numbers: Array, defined: Mask, scores: int, labels: int) -> Array:
    """Differences, ratios and minima (3, names), from each group's numbers (groups, numbers)."""
    fair = defined.sum(axis=0) >= 2
    top = np.where(fair, np.where(defined, numbers, -np.inf).max(axis=0), np.nan)
    bottom = np.where(fair, np.where(defined, numbers, np.inf).min(axis=0), np.nan)
    spans = np.stack([top - bottom, np.where(bottom < 0, np.nan, ratio(bottom, top)), bottom])
    if spans.shape[1] == scores:
        return spans
    called, hit, false = spans[:, scores:].reshape(3, 3, labels).swapaxes(0, 1)
    nothing = np.full(labels, np.nan)
    odds = np.stack([np.maximum(hit[0], false[0]), np.minimum(hit[1], false[1]), nothing])
    per_label = np.stack([called, hit, odds], axis=1)  # (3, rates, labels)
    means = np.array([[mean_defined(rate).value for rate in rates] for rates in per_label[:2]] + [[np.nan] * 3])
    return np.concatenate([spans[:, :scores], means, per_label.reshape(3, -1)], axis=1)


def _ends(numbers: Array, defined: Mask, groups: NDArray[np.str_], scores: int, names: int) -> list[tuple[str, str]]:
    """The names of the lowest and the highest group of every measure; empty where rates are joined, or one is left."""
    low = groups[np.where(defined, numbers, np.inf).argmin(axis=0)]
    high = groups[np.where(defined, numbers, -np.inf).argmax(axis=0)]
    pairs = [(str(a), str(b)) if n >= 2 else ("", "") for a, b, n in zip(low, high, defined.sum(axis=0), strict=True)]
    labels = (len(pairs) - scores) // len(RATES)
    joined = [("", "")]
    return (pairs[:scores] + joined * len(RATES) + pairs[scores : scores + 2 * labels] + joined * labels)[:names]


def _dealt(which: Indices, people: Indices, draws: int, seed: int) -> Iterator[Indices]:
    """The rows' groups after people changed places at random; somebody in two groups goes with the first."""
    _, first, person = np.unique(people, return_index=True, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield which[first][rng.permutation(len(first))][person]


def _chance(dealt: Array, difference: float) -> tuple[float, float]:
    """Mean difference after dealing, and the share of deals, the real one among them, with at least ``difference``."""
    dealt = dealt[~np.isnan(dealt)]
    if not dealt.size or math.isnan(difference):
        return math.nan, math.nan
    return float(dealt.mean()), float((1 + (dealt >= difference - 1e-12).sum()) / (1 + dealt.size))
