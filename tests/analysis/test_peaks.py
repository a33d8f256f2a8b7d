"""Peaks, against ``scipy.signal.find_peaks`` and by hand."""

import numpy as np
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faces_table import SMILES_S, video_table
from mien.analysis.peaks import find_peaks
from mien.smoothing import smooth

RATE = 10.0
LEVELS = st.integers(0, 5).map(float)  # few levels make plateaus and ties
SERIES = arrays(np.float64, st.integers(0, 60), elements=LEVELS)


@given(SERIES, st.sampled_from([None, 2.0]), st.sampled_from([None, 1.0, 3.0]))
def test_maxima_and_prominence_are_scipys(x: np.ndarray, height: float | None, prominence: float | None) -> None:
    ours = find_peaks(x, np.arange(len(x)) / RATE, height, prominence)
    theirs, about = scipy.signal.find_peaks(x, height=height, prominence=prominence or 0)
    np.testing.assert_array_equal(ours.index, theirs)
    np.testing.assert_array_equal(ours.prominence, about["prominences"])


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_distance_is_scipys(seed: int, samples: int) -> None:
    x = np.random.default_rng(seed).standard_normal(80)
    ours = find_peaks(x, np.arange(80) / RATE, prominence=0.5, min_distance_s=samples / RATE)
    np.testing.assert_array_equal(ours.index, scipy.signal.find_peaks(x, prominence=0.5, distance=samples)[0])


def test_distance_is_in_seconds() -> None:
    x, uneven = [0, 1, 0, 2, 0, 1, 0], [0, 1, 2, 3, 4, 30, 31]
    # 2 s before the highest, and 27 s after it; by rows both are 2 away
    assert find_peaks(x, uneven, min_distance_s=5).time_s.tolist() == [3, 30]


def test_a_gap_ends_a_series() -> None:
    nan = float("nan")
    assert find_peaks([0, 2, nan, 1, 3, 1], range(6)).index.tolist() == [4]  # 2 beside the gap may be no peak
    found = find_peaks([0, 9, 5, nan, 5, 6, 5.5], range(7))
    assert found.prominence.tolist() == [4, 0.5]  # across the gap the first would have 9
    assert len(find_peaks([nan, nan], [0, 1]).index) == 0


def test_known_smiles_are_found() -> None:
    person = video_table(people=1)
    series = smooth(person["AU12"], person["time_s"], 0.2)
    found = find_peaks(series, person["time_s"], prominence=0.4, min_distance_s=1)
    np.testing.assert_allclose(found.time_s, SMILES_S, atol=0.2)
    np.testing.assert_allclose(found.height, 0.88, atol=0.06)


def test_hand_worked_prominence() -> None:
    # From 3 one goes down to 1 on the left before the higher 5, and to 0 on the right: 3 - 1.
    found = find_peaks([0, 5, 1, 3, 0], range(5))
    assert found.prominence.tolist() == [5, 2] and found.height.tolist() == [5, 3]
