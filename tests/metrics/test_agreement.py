"""CCC, PCC, ICC(3,1) and errors against scipy, scikit-learn, Shrout & Fleiss' table and hand-worked numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from mien.errors import ScoreError
from mien.metrics.agreement import ccc, icc31, mae, pcc, rmse

METRICS = (ccc, pcc, icc31, mae, rmse)
# Shrout & Fleiss 1979, Table 2: six targets, four judges; their Table 4 gives ICC(3,1) = .71
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def icc31_by_anova(ratings):
    """ICC(3,1) of (n, k) ratings from the mean squares of a two-way analysis of variance."""
    n, k = ratings.shape
    rows, columns, grand = ratings.mean(1, keepdims=True), ratings.mean(0, keepdims=True), ratings.mean()
    between = k * ((rows - grand) ** 2).sum() / (n - 1)
    error = ((ratings - rows - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    return (between - error) / (between + (k - 1) * error)


def column(values):
    return np.asarray(values, float)[:, None]


def everywhere(n, k=1):
    return np.full((n, k), True)


def test_the_anova_reference_gives_shrout_and_fleiss_published_value():
    assert icc31_by_anova(SHROUT_FLEISS) == pytest.approx(0.71, abs=0.005)


@pytest.mark.parametrize(("i", "j"), [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
def test_icc31_equals_the_anova_for_each_pair_of_judges(i, j):
    value = icc31(SHROUT_FLEISS[:, [i]], SHROUT_FLEISS[:, [j]], everywhere(6))[0]
    assert value == pytest.approx(icc31_by_anova(SHROUT_FLEISS[:, [i, j]]))


def test_icc31_is_consistency_not_absolute_agreement():
    a = column([1, 2, 3, 4])
    assert icc31(a + 5, a, everywhere(4)) == pytest.approx(1)  # ICC(2,1) and CCC are far below 1 here
    assert ccc(a + 5, a, everywhere(4))[0] < 0.1


def test_hand_worked_ccc_has_population_moments():
    # var 2/3 each, cov 2/3, shift 1: 2 (2/3) / (4/3 + 1) = 4/7
    value = ccc(column([1, 2, 3]), column([2, 3, 4]), everywhere(3))[0]
    assert value == pytest.approx(4 / 7)
    with_ddof_1 = 2 * 1 / (1 + 1 + 1)
    assert abs(value - with_ddof_1) > 0.05


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 50))
def test_everything_equals_its_reference_on_the_known_rows(seed, n):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(n, 3))
    preds = 0.5 * target + rng.normal(size=(n, 3)) + rng.normal(size=3)
    mask = rng.random((n, 3)) < 0.8
    found = {metric: metric(preds, target, mask) for metric in METRICS}
    for i in range(3):
        p, t = preds[mask[:, i], i], target[mask[:, i], i]
        if len(p) < 2:
            assert np.isnan([found[metric][i] for metric in (ccc, pcc, icc31)]).all()
            continue
        cov = np.cov(p, t, ddof=0)
        lin = 2 * cov[0, 1] / (cov[0, 0] + cov[1, 1] + (p.mean() - t.mean()) ** 2)
        assert found[ccc][i] == pytest.approx(lin)
        if len(p) > 2:
            assert found[pcc][i] == pytest.approx(stats.pearsonr(p, t).statistic)
        assert found[icc31][i] == pytest.approx(icc31_by_anova(np.stack([p, t], 1)))
        assert found[mae][i] == pytest.approx(sk.mean_absolute_error(t, p))
        assert found[rmse][i] == pytest.approx(sk.root_mean_squared_error(t, p))
        assert abs(found[ccc][i]) <= abs(found[icc31][i]) + 1e-12 <= abs(found[pcc][i]) + 2e-12


def test_degenerate_columns():
    constant, moving = np.full((10, 1), 0.1), column(np.arange(10))  # 0.1 ten times does not add up to 1
    with_both_constant = [metric(constant, constant + 1, everywhere(10))[0] for metric in (ccc, pcc, icc31)]
    assert np.isnan(with_both_constant).all()
    for a, b in ((constant, moving), (moving, constant)):
        assert ccc(a, b, everywhere(10))[0] == 0 and icc31(a, b, everywhere(10))[0] == 0
        assert np.isnan(pcc(a, b, everywhere(10))[0])
    one = everywhere(10) & (moving == 3)
    assert np.isnan([metric(moving, moving, one)[0] for metric in (ccc, pcc, icc31)]).all()
    assert mae(moving, moving + 2, one)[0] == 2
    assert np.isnan([metric(moving, moving, ~everywhere(10))[0] for metric in METRICS]).all()


def test_a_column_that_is_constant_only_where_known_is_constant():
    preds = column([0.1, 0.1, 0.1, 7])
    mask = column([1, 1, 1, 0]).astype(bool)
    assert np.isnan(pcc(preds, column([1, 2, 3, 4]), mask)[0])
    assert np.isnan(pcc(preds, column([1, 2, 3, 4]), everywhere(4), [1, 2, 5, 0])[0])


@pytest.mark.parametrize("metric", METRICS)
def test_hidden_values_change_nothing(metric):
    rng = np.random.default_rng(0)
    preds, target = rng.normal(size=(2, 20, 2))
    mask = rng.random((20, 2)) < 0.6
    dirty = metric(np.where(mask, preds, np.nan), np.where(mask, target, -np.inf), mask)
    np.testing.assert_array_equal(metric(preds, target, mask), dirty)


@pytest.mark.parametrize("metric", METRICS)
def test_a_row_of_weight_two_is_the_row_twice(metric):
    rng = np.random.default_rng(1)
    preds, target = rng.normal(size=(2, 20, 2))
    mask, counts = rng.random((20, 2)) < 0.6, rng.integers(0, 4, 20)
    rows = np.repeat(np.arange(20), counts)
    weighted = metric(preds, target, mask, counts)
    np.testing.assert_allclose(weighted, metric(preds[rows], target[rows], mask[rows]))


@pytest.mark.parametrize("metric", METRICS)
def test_no_rows_are_nan_and_bad_values_an_error(metric):
    assert np.isnan(metric(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2), bool))).all()
    with pytest.raises(ScoreError, match="finite"):
        metric([[np.nan]], [[1.0]], everywhere(1))
    with pytest.raises(ScoreError, match="shape"):
        metric([[1.0, 2.0]], [[1.0]], everywhere(1))


def test_a_large_offset_does_not_eat_the_spread():
    a = column([1.0, 2.0, 3.0])
    assert pcc(a + 1e8, a, everywhere(3)) == pytest.approx(1)
