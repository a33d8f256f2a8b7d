"""Synchrony: known lags, numpy's correlation, and p values that are right when there is nothing."""

import numpy as np
import pytest

from faces_table import LAG_S, SMILES_S, bump
from mien.analysis.synchrony import NULLS, on_one_clock, synchrony
from mien.errors import ScoreError
from mien.smoothing import smooth

RATE = 10.0


def noise(seed: int, seconds: float = 60) -> tuple[np.ndarray, np.ndarray]:
    """Slow noise and its times."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    return smooth(np.random.default_rng(seed).standard_normal(len(time_s)), time_s, 0.3), time_s


def test_each_cell_is_numpys_correlation() -> None:
    (a, time_s), (b, _) = noise(0, 20), noise(1, 20)
    found = synchrony(a, b, time_s, window_s=3, max_lag_s=1, draws=1)
    width, reach = 30, 10
    for window in (0, 3, len(found.time_s) - 1):
        start = reach + window * width // 2
        np.testing.assert_allclose(found.time_s[window], time_s[start : start + width].mean())
        for place, lag in enumerate(range(-reach, reach + 1)):
            expected = np.corrcoef(a[start : start + width], b[start + lag : start + lag + width])[0, 1]
            assert found.r[window, place] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("lag", [0.7, -0.4, 0.0])
def test_a_known_lag_is_found_with_its_sign(lag: float, null: str) -> None:
    a, time_s = noise(3)
    found = synchrony(a, np.roll(a, round(lag * RATE)), time_s, max_lag_s=1, null=null, draws=100)
    assert found.lag_s == pytest.approx(lag)  # positive: b follows a; exchanged it would have the other sign
    assert np.median(found.peak_lag_s) == pytest.approx(lag)
    assert found.strength > 0.99 and found.p == 1 / 101


def test_smiles_that_answer_smiles() -> None:
    time_s = np.arange(600) / RATE
    rng = np.random.default_rng(0)
    first, second = (sum(bump(time_s, at + late, 0.7) for at in SMILES_S) for late in (0, LAG_S))
    a, b = (part + 0.05 * rng.standard_normal(600) for part in (first, second))
    assert synchrony(a, b, time_s, draws=20).lag_s == pytest.approx(LAG_S, abs=0.15)


@pytest.mark.parametrize("null", NULLS)
def test_independent_series_are_rarely_significant(null: str) -> None:
    """p <= 0.1 in about a tenth of the cases, though the best of many correlations is high every time."""
    found = []
    for seed in range(60):
        (a, time_s), (b, _) = noise(2 * seed, 30), noise(2 * seed + 1, 30)
        found.append(synchrony(a, b, time_s, max_lag_s=1, null=null, draws=39, seed=seed))
    p = np.array([one.p for one in found])
    assert np.mean([one.strength for one in found]) > 0.3
    assert (p <= 0.1).mean() <= 0.22 and p.mean() > 0.35  # a p of 0.1 in 60 cases: 14 or more in 0.1 % of runs


def test_gaps_are_left_out() -> None:
    a, time_s = noise(5)
    b = np.roll(a, 3)
    b[100:250] = np.nan
    found = synchrony(a, b, time_s, max_lag_s=1, draws=5)
    inside = (found.time_s > 14) & (found.time_s < 21)
    assert inside.any() and np.isnan(found.r[inside]).all() and np.isnan(found.peak_r[inside]).all()
    assert found.lag_s == pytest.approx(0.3) and np.nanmedian(found.peak_r) > 0.99


def test_a_face_that_does_not_move_has_no_correlation() -> None:
    a, time_s = noise(6)
    still = synchrony(a, np.full_like(a, 0.3), time_s, draws=3)
    assert np.isnan(still.r).all() and np.isnan([still.strength, still.p, still.lag_s]).all()
    assert np.isnan(synchrony(a, np.full_like(a, np.nan), time_s, draws=3).p)


@pytest.mark.parametrize("n", [200, 201])
def test_phases_keep_the_spectrum_and_the_mean(n: int) -> None:
    y = np.random.default_rng(0).standard_normal(n)
    shuffled = NULLS["phase"](y, 50, np.random.default_rng(1))
    np.testing.assert_allclose(np.abs(np.fft.rfft(shuffled)), np.abs(np.fft.rfft(y)), atol=1e-8)
    assert shuffled.mean() == pytest.approx(y.mean()) and abs(np.corrcoef(y, shuffled)[0, 1]) < 0.3


def test_segments_keep_the_values() -> None:
    y = np.arange(103.0)
    shuffled = NULLS["segments"](y, 10, np.random.default_rng(1))
    assert sorted(shuffled) == y.tolist() and (np.diff(shuffled) == 1).mean() > 0.8 and not np.array_equal(y, shuffled)


def test_a_seed_gives_the_same_again() -> None:
    (a, time_s), (b, _) = noise(1), noise(2)
    one, two, other = (synchrony(a, b, time_s, draws=9, seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.null, two.null)
    assert not np.array_equal(one.null, other.null)


def test_one_clock_for_two() -> None:
    a, b, time_s = on_one_clock([0, 1, 2, 3], [0, 1, 2, 3], [5, 6, 7], [0.5, 1.0, 2.5], rate_hz=2, gap_s=1.2)
    np.testing.assert_allclose(time_s, [0.5, 1, 1.5, 2, 2.5])
    np.testing.assert_allclose(a, [0.5, 1, 1.5, 2, 2.5])
    np.testing.assert_allclose(b, [5, 6, np.nan, np.nan, 7])  # 1.5 s without a measurement are not bridged


def test_what_cannot_be_compared_is_refused() -> None:
    a, time_s = noise(0)
    with pytest.raises(ScoreError, match="too short"):
        synchrony(a[:50], a[:50], time_s[:50])
    with pytest.raises(ScoreError, match="on_one_clock"):
        synchrony(a, a, time_s**1.1)
    with pytest.raises(ScoreError, match="never seen at the same time"):
        on_one_clock([1, 2], [0, 1], [1, 2], [5, 6])
    with pytest.raises(ScoreError, match="two measured frames"):
        on_one_clock([1, np.nan], [0, 1], [1, 2], [0, 1])
