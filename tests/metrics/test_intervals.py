"""Bootstrap and paired intervals: known cases, people instead of rows, Student's t against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mien.errors import ScoreError
from mien.metrics.agreement import ccc
from mien.metrics.intervals import bootstrap, cluster_ids, paired_bootstrap, paired_difference, t_quantile


def mean_of(values):
    return lambda w: float(w @ values / w.sum())


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).normal(size=50)
    first, again, other = (bootstrap(mean_of(values), range(50), draws=200, seed=s) for s in (0, 0, 1))
    assert first == again
    assert first.low != other.low and first.value == other.value == pytest.approx(values.mean())
    assert (first.n, first.clusters, first.undefined) == (50, 50, 0)


def test_the_interval_of_a_mean_is_the_normal_one():
    values = np.random.default_rng(1).normal(size=400)
    interval = bootstrap(mean_of(values), range(400), draws=2000)
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=0.01)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.01)


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(200):
        people = np.repeat(np.arange(30), 3)
        values = rng.normal(size=30)[people] + rng.normal(size=90)
        interval = bootstrap(mean_of(values), people, draws=200, level=0.9)
        covered += interval.low <= 0 <= interval.high
    assert 0.82 <= covered / 200 <= 0.96  # rows instead of people cover 0.74 here


def test_people_give_a_wider_interval_than_rows():
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(20), 30)
    values = rng.normal(size=20)[people] + 0.1 * rng.normal(size=600)
    by_person, by_row = (bootstrap(mean_of(values), c, draws=400) for c in (people, range(600)))
    assert by_person.high - by_person.low > 3 * (by_row.high - by_row.low)
    assert (by_person.clusters, by_row.clusters) == (20, 600)


def test_a_person_is_drawn_as_a_whole():
    people = np.array(["b", "a", "b", "c", "a"])
    seen = []
    bootstrap(lambda w: float(seen.append(w) or 0), people, draws=50)
    for weights in seen[1:]:
        assert weights[0] == weights[2] and weights[1] == weights[4]
        assert weights[0] + weights[1] + weights[3] == 3


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_rows_without_a_person_are_their_own_cluster(missing):
    assert cluster_ids(["ann", missing, "ann", missing, "bob"]).tolist() == [0, 1, 0, 2, 3]
    assert bootstrap(lambda w: 0.0, ["ann", missing, missing], draws=2).clusters == 3  # not a person called "nan"


def test_clusters_come_as_arrays_and_series_too():
    assert cluster_ids(np.array([3.0, np.nan, np.nan, 3.0])).tolist() == [0, 1, 2, 0]
    assert cluster_ids(pd.Series(["x", "y", "x"], dtype="string")).tolist() == [0, 1, 0]


def test_undefined_draws_are_dropped_and_counted():
    interval = bootstrap(lambda w: float(w[0]) if w[0] > 0 else np.nan, range(10), draws=1000)
    assert interval.undefined == pytest.approx(1000 * 0.9**10, abs=60)
    assert interval.low >= 1
    all_lost = bootstrap(lambda w: np.nan, range(10), draws=20)
    assert all_lost.undefined == 20 and np.isnan(all_lost.low) and np.isnan(all_lost.high)


def test_one_person_or_none_has_no_interval():
    for clusters in ([], ["ann", "ann"]):
        interval = bootstrap(lambda w: 0.5, clusters)
        assert interval.value == 0.5 and np.isnan(interval.low) and interval.undefined == 0


def test_a_vector_statistic_has_a_vector_interval():
    rng = np.random.default_rng(4)
    preds, target = rng.normal(size=(2, 60, 2))
    mask = np.full((60, 2), True)
    interval = bootstrap(lambda w: ccc(preds, target, mask, w), range(60), draws=50)
    assert interval.low.shape == interval.high.shape == interval.undefined.shape == (2,)
    assert (interval.low <= interval.value).all() and (interval.value <= interval.high).all()


@pytest.mark.parametrize(("draws", "level"), [(0, 0.95), (10, 95), (10, 0)])
def test_impossible_settings_are_an_error(draws, level):
    with pytest.raises(ScoreError, match="level"):
        bootstrap(lambda w: 0.0, range(3), draws=draws, level=level)


def test_paired_draws_see_what_unpaired_ones_cannot():
    rng = np.random.default_rng(5)
    hard = rng.normal(size=200)  # faces differ far more than the two systems do
    a, b = hard + 0.1, hard + 0.01 * rng.normal(size=200)
    paired = paired_bootstrap(mean_of(a), mean_of(b), range(200), draws=300)
    assert paired.value == pytest.approx(0.1, abs=0.01) and paired.low > 0.09
    alone = bootstrap(mean_of(a), range(200), draws=300)
    assert alone.high - alone.low > 20 * (paired.high - paired.low)


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 5, 9, 30, 100, 999])
@pytest.mark.parametrize("p", [0.5, 0.6, 0.9, 0.95, 0.975, 0.995, 0.9995])
def test_t_quantile_equals_scipy(p, dof):
    assert t_quantile(p, dof) == pytest.approx(stats.t.ppf(p, dof), rel=1e-8, abs=1e-12)


def test_paired_difference_equals_scipy():
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(2, 7))
    test = stats.ttest_rel(a, b)
    interval = paired_difference(a, b)
    assert (interval.low, interval.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert interval.value == pytest.approx((a - b).mean())
    assert interval.high - interval.low > 2 * 1.96 * (a - b).std(ddof=1) / np.sqrt(7)  # t, not the normal's 1.96


def test_paired_difference_without_enough_pairs():
    assert np.isnan(paired_difference([0.5], [0.4]).low) and paired_difference([0.5], [0.4]).value > 0
    assert np.isnan(paired_difference([], []).value)
    dropped = paired_difference([0.5, np.nan, 0.7], [0.4, 0.3, 0.5])
    assert (dropped.n, dropped.undefined) == (2, 1)
    with pytest.raises(ScoreError, match="one score of each system per run"):
        paired_difference([0.5, 0.6], [0.4])
