"""Scores of each group of people, and the gaps between groups."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mien.errors import ScoreError
from mien.labels import LabelSet
from mien.metrics import fairness
from mien.metrics.fairness import Gap, gaps
from mien.metrics.scores import Score, score, to_records

SMALLEST = 10  # rows of a group that is compared
MOST = 12  # groups of one column: more are a number that wants cutting, or names


@dataclass(frozen=True)
class Grouped:
    """What is said of the groups of one column.

    Attributes:
        column: what people are grouped by.
        scores: group -> its scores.
        rows, people: group -> how many; people without a name count as one each row.
        left_out: group -> its rows, where these are fewer than ``SMALLEST``, or nobody knows the group.
        gaps: between the groups.
    """

    column: str
    scores: dict[str, list[Score]]
    rows: dict[str, int]
    people: dict[str, int]
    left_out: dict[str, int]
    gaps: list[Gap]

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists, for JSON."""
        scores = {name: to_records(found) for name, found in self.scores.items()}
        return {**vars(self), "scores": scores, "gaps": fairness.to_records(self.gaps)}


def score_groups(
    column: str,
    values: Sequence[Any],
    preds: Mapping[str, ArrayLike],
    target: Mapping[str, ArrayLike],
    mask: Mapping[str, ArrayLike],
    labels: LabelSet,
    clusters: Sequence[Any],
    thresholds: ArrayLike = 0.5,
    draws: int = 500,
) -> Grouped:
    """Score every group of rows apart, and take the gaps between groups.

    Args:
        column: how the grouping is called.
        values: (N,) each row's group as text or number; None where nobody knows it.
        preds, target, mask, labels, clusters, thresholds: as in ``mien.metrics.scores.score``.
        draws: of the bootstrap over people.

    Raises:
        ScoreError: more than ``MOST`` groups, or fewer than two with ``SMALLEST`` rows.
    """
    names = ["unknown" if value is None or value != value else str(value) for value in values]
    counts = Counter(names)
    if len(counts) > MOST:
        raise ScoreError(
            f"Column {column!r} has {len(counts)} values: compare at most {MOST} groups; cut a number into ranges, for "
            f"example {column}=30,50"
        )
    kept = sorted(name for name, rows in counts.items() if rows >= SMALLEST and name != "unknown")
    if len(kept) < 2:
        found = ", ".join(f"{name} {rows}" for name, rows in counts.items())
        raise ScoreError(f"Column {column!r} has rows {found}: expected two groups of at least {SMALLEST} rows")
    arrays = {"preds": preds, "target": target, "mask": mask}
    whole = {what: {task: np.asarray(given[task]) for task in labels} for what, given in arrays.items()}

    def of(rows: Sequence[int]) -> dict[str, Any]:
        part = {what: {task: array[rows] for task, array in given.items()} for what, given in whole.items()}
        return {**part, "labels": labels, "thresholds": thresholds, "clusters": [clusters[row] for row in rows]}

    places = {name: [row for row, own in enumerate(names) if own == name] for name in kept}
    compared = sorted(row for rows in places.values() for row in rows)
    return Grouped(
        column,
        {name: score(**of(rows), draws=draws) for name, rows in places.items()},
        {name: len(rows) for name, rows in places.items()},
        {name: len({clusters[row] for row in rows}) for name, rows in places.items()},
        {name: rows for name, rows in counts.items() if name not in kept},
        gaps(**of(compared), groups=[names[row] for row in compared], draws=draws),
    )


def ranges(values: Sequence[float | None], at: Sequence[float]) -> list[str | None]:
    """Numbers as the names of the ranges that they lie in; a bound belongs to the range above it.

    >>> ranges([18, 30, 47, None], [30, 40])
    ['under 30', '30 to 40', '40 and over', None]
    """
    bounds = [f"{bound:g}" for bound in at]
    names = [f"under {bounds[0]}", *(f"{a} to {b}" for a, b in pairwise(bounds))]
    names.append(f"{bounds[-1]} and over")
    numbers = np.array([np.nan if value is None else value for value in values], np.float64)
    places = np.searchsorted(np.asarray(at), numbers, "right")
    return [None if gone else names[place] for gone, place in zip(np.isnan(numbers), places, strict=True)]
