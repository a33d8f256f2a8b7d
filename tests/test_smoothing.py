"""Smoothing, against scipy and by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from mien.errors import MienError, ScoreError
from mien.smoothing import smooth

NAN = float("nan")
RATE = 25.0


@pytest.fixture
def series() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(200).cumsum()


def test_a_gaussian_on_an_even_clock_is_scipys(series: np.ndarray) -> None:
    ours = smooth(series, np.arange(200) / RATE, 3 / RATE)
    # Ends are renormalised, which scipy does when one divides by the filtered weights.
    ends: dict[str, Any] = {"sigma": 3, "truncate": 4.0, "mode": "constant"}
    np.testing.assert_allclose(ours, gaussian_filter1d(series, **ends) / gaussian_filter1d(np.ones(200), **ends))
    assert not np.allclose(ours, gaussian_filter1d(series, **ends))  # zeros beyond the ends


def test_a_box_on_an_even_clock_is_scipys(series: np.ndarray) -> None:
    ours = smooth(series, np.arange(200) / RATE, 4 / RATE, "box")
    np.testing.assert_allclose(ours[2:-2], uniform_filter1d(series, 5)[2:-2])


def test_times_count_and_not_rows() -> None:
    # The third value has no neighbour within half a second, though it is the next row.
    assert smooth([0, 2, 8], [1.0, 1.5, 9.0], 1.0, "box").tolist() == [1, 1, 8]
    w = np.exp(-0.5 * (0.5 / 1.0) ** 2)
    found = smooth([0, 2, 8], [1.0, 1.5, 9.0], 1.0)
    np.testing.assert_allclose(found, [2 * w / (1 + w), 2 / (1 + w), 8])


def test_what_was_not_measured_weighs_nothing_and_stays_missing() -> None:
    for kernel in ("gaussian", "box"):
        found = smooth([1, NAN, NAN, 3, NAN], np.arange(5) * 0.1, 0.8, kernel)
        assert np.isnan(found).tolist() == [False, True, True, False, True]
        assert 1 < found[0] < 3  # 0 in place of NaN would give less than 1
    assert np.isnan(smooth([NAN, NAN], [0, 1], 1)).all()
    assert smooth([], [], 1).shape == (0,)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.floats(0, 3), st.sampled_from(["gaussian", "box"]))
def test_a_mean_lies_within_what_it_is_the_mean_of(values: list[float], width: float, kernel: str) -> None:
    found = smooth(values, np.arange(len(values)) * 0.1, width, kernel)
    assert found.min() >= min(values) - 1e-9 and found.max() <= max(values) + 1e-9


def test_width_zero_changes_nothing_and_the_argument_stays(series: np.ndarray) -> None:
    before = series.copy()
    np.testing.assert_array_equal(smooth(series, np.arange(200.0), 0), before)
    smooth(series, np.arange(200.0), 2)
    np.testing.assert_array_equal(series, before)


@pytest.mark.parametrize("kernel", ["gaussian", "box"])
def test_columns_are_smoothed_as_if_each_stood_alone(kernel: str, series: np.ndarray) -> None:
    gaps = np.where(np.arange(200) % 7 == 0, NAN, series)
    times = np.random.default_rng(1).random(200).cumsum()
    both = smooth(np.stack([series, gaps], axis=1), times, 2.0, kernel)
    np.testing.assert_array_equal(both[:, 0], smooth(series, times, 2.0, kernel))
    np.testing.assert_array_equal(both[:, 1], smooth(gaps, times, 2.0, kernel))
    assert smooth(np.zeros((3, 0)), [0, 1, 2], 2.0, kernel).shape == (3, 0)


def test_bad_series_are_refused() -> None:
    with pytest.raises(ScoreError, match="one time for each value"):
        smooth([1, 2], [0], 1)
    with pytest.raises(ScoreError, match="ascend"):
        smooth([1, 2], [1, 0], 1)
    with pytest.raises(ScoreError, match="0 s or more"):
        smooth([1], [0], -1)
    with pytest.raises(MienError, match="did you mean 'gaussian'"):
        smooth([1], [0], 1, "gausian")
