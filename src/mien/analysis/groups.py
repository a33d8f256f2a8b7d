"""Compare two groups or two conditions: people are the unit, not frames."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mien.errors import ScoreError
from mien.metrics.intervals import Interval, bootstrap


@dataclass(frozen=True)
class Comparison:
    """Group ``b`` minus group ``a``.

    Attributes:
        groups: names of a and b.
        people: how many people each has.
        means: of their people's means.
        difference: of the two, with its interval by bootstrap over people.
        hedges_g: difference in pooled standard deviations between people, corrected for small samples.
        paired: the same people are in both groups.
    """

    groups: tuple[str, str]
    people: tuple[int, int]
    means: tuple[float, float]
    difference: Interval[float]
    hedges_g: float
    paired: bool


def compare_groups(
    values: ArrayLike,
    people: Iterable[Any],
    groups: Iterable[Any],
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Comparison:
    """Difference of two groups' means, with a bootstrap interval over people and an effect size.

        difference = mean_b(m) - mean_a(m),   m: each person's own mean in that group
        s_p^2 = ((n_a - 1) s_a^2 + (n_b - 1) s_b^2) / (n_a + n_b - 2)
        g = (1 - 3 / (4 (n_a + n_b - 2) - 1)) difference / s_p

    A thousand frames of one person are one observation of a person, not a thousand. Somebody seen in both groups (two
    conditions) is drawn for both at once, so a paired design keeps its pairs; g then stands on the spread between
    people, as for two samples. With fewer than about ten people in a group the interval is too narrow.

    Args:
        values: (n,) measurements, one per row; NaN rows are left out.
        people: (n,) who a row is of.
        groups: (n,) the group or condition of a row: two different ones, compared in sorted order.

    Raises:
        ScoreError: lengths differ, there are not two groups, or a group has fewer than two people.

    *Source*: Hedges 1981, Journal of Educational Statistics 6(2), eq. 6e approximated; Lakens 2013, Frontiers in
    Psychology 4:863; the interval as in ``mien.metrics.intervals.bootstrap``.
    """
    columns: dict[str, Any] = {"value": np.asarray(values, np.float64), "person": list(people), "group": list(groups)}
    if len({len(column) for column in columns.values()}) > 1:
        raise ScoreError("A comparison of groups needs one person and one group for each value")
    rows = pd.DataFrame(columns).dropna()
    names = sorted(rows["group"].unique(), key=str)
    if len(names) != 2:
        raise ScoreError(f"A comparison takes two groups, got {len(names)}: {', '.join(map(str, names[:5]))}")
    means = rows.groupby(["person", "group"], sort=False, observed=True)["value"].mean().reset_index()
    value, second = means["value"].to_numpy(np.float64), (means["group"] == names[1]).to_numpy()
    sides = [value[~second], value[second]]
    sizes = len(sides[0]), len(sides[1])
    if min(sizes) < 2:
        raise ScoreError(f"Groups of {sizes[0]} and {sizes[1]} people: a comparison needs two or more in each")
    interval = bootstrap(lambda w: _difference(value, second, w), means["person"], draws, seed, level)
    freedom = sum(sizes) - 2
    pooled = np.sqrt(sum((len(side) - 1) * side.var(ddof=1) for side in sides) / freedom)
    g = (1 - 3 / (4 * freedom - 1)) * interval.value / pooled if pooled > 0 else np.nan
    return Comparison(
        (str(names[0]), str(names[1])),
        sizes,
        (float(sides[0].mean()), float(sides[1].mean())),
        interval,
        float(g),
        bool(means["person"].duplicated().any()),
    )


def _difference(value: ArrayLike, second: ArrayLike, weights: ArrayLike) -> float:
    v, s, w = np.asarray(value), np.asarray(second), np.asarray(weights)
    totals = w[~s].sum(), w[s].sum()
    if min(totals) == 0:  # a draw without anybody of one group
        return np.nan
    return float((v[s] @ w[s]) / totals[1] - (v[~s] @ w[~s]) / totals[0])
