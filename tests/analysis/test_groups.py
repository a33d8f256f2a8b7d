"""Group comparison by hand, and what makes people the unit."""

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap

from mien.analysis.groups import compare_groups
from mien.errors import ScoreError


def test_by_hand() -> None:
    # a: people with means 1, 2, 3; b: 3, 5. Difference 2; pooled variance (2 * 1 + 1 * 2) / 3 = 4/3; J = 1 - 3/11.
    found = compare_groups([0, 2, 2, 3, 3, 5], ["p", "p", "q", "r", "s", "t"], list("aaaabb"), draws=50)
    assert found.means == (2, 4) and found.people == (3, 2) and found.difference.value == 2
    assert found.hedges_g == pytest.approx((1 - 3 / 11) * 2 / np.sqrt(4 / 3))
    assert found.groups == ("a", "b") and not found.paired


def test_people_and_not_frames_are_the_unit() -> None:
    rng = np.random.default_rng(0)
    levels, groups = np.concatenate([rng.normal(0, 1, 8), rng.normal(0.5, 1, 8)]), np.repeat(["a", "b"], 8)
    one = compare_groups(levels, np.arange(16), groups)
    frames = np.repeat(levels, 500)
    many = compare_groups(frames, np.repeat(np.arange(16), 500), np.repeat(groups, 500))
    np.testing.assert_allclose(many.difference[:3], one.difference[:3])
    assert many.hedges_g == pytest.approx(one.hedges_g)
    wrong = compare_groups(frames, np.arange(len(frames)), np.repeat(groups, 500), draws=200)
    width = one.difference.high - one.difference.low
    assert wrong.difference.high - wrong.difference.low < width / 10  # what counting frames would claim


def test_the_interval_is_about_scipys() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 40), rng.normal(1, 2, 50)
    found = compare_groups(np.concatenate([a, b]), np.arange(90), ["a"] * 40 + ["b"] * 50, draws=4000)
    theirs = scipy_bootstrap(
        (b, a), lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis), method="percentile", n_resamples=4000, rng=0
    ).confidence_interval
    np.testing.assert_allclose((found.difference.low, found.difference.high), theirs, atol=0.1)


def test_two_conditions_of_the_same_people_stay_pairs() -> None:
    level = np.random.default_rng(2).normal(0, 5, 20)  # people differ much, the conditions by exactly 1
    values, groups = np.concatenate([level, level + 1]), ["rest"] * 20 + ["talk"] * 20
    paired = compare_groups(values, [*range(20), *range(20)], groups)
    assert paired.paired and paired.difference.low == pytest.approx(1) == paired.difference.high
    apart = compare_groups(values, range(40), groups)
    assert apart.difference.low < -1 and apart.difference.high > 3


def test_missing_values_are_left_out_and_bad_groups_refused() -> None:
    found = compare_groups([1, np.nan, 3, 4, 5], [0, 0, 1, 2, 3], list("aaabb"), draws=10)
    assert found.means == (2, 4.5)
    with pytest.raises(ScoreError, match="got 3: a, b, c"):
        compare_groups([1, 2, 3], [1, 2, 3], list("abc"))
    with pytest.raises(ScoreError, match="two or more in each"):
        compare_groups([1, 2, 3], [1, 2, 3], list("aab"))
    with pytest.raises(ScoreError, match="one person and one group"):
        compare_groups([1, 2], [1], list("ab"))
