"""Expected calibration error by hand."""

import math

import numpy as np
import pytest

from mien.metrics.calibration import expected_calibration_error


def test_by_hand() -> None:
    """Bin (0.6, 0.8]: 0.7 twice, one right: |0.5 - 0.7| for 2 of 3. Bin (0.8, 1]: 0.9, right: 0.1 for 1 of 3."""
    probs = [[0.7, 0.3], [0.3, 0.7], [0.9, 0.1]]
    assert expected_calibration_error(probs, [0, 0, 0], [True] * 3, bins=5) == pytest.approx((2 * 0.2 + 0.1) / 3)


def test_it_is_the_size_of_the_bins_mean_gap_not_the_mean_of_all_gaps() -> None:
    """A bin that is too sure and one that is not sure enough do not cancel out; the overall gap is 0 here."""
    probs = [[0.9, 0.1]] * 5 + [[0.6, 0.4]] * 5
    target = [0, 0, 0, 1, 1] + [0] * 4 + [1]  # 0.6 right where 0.9 is claimed, 0.8 where 0.6 is
    assert expected_calibration_error(probs, target, [True] * 10, bins=10) == pytest.approx((0.3 + 0.2) / 2)


def test_hidden_rows_do_not_count_and_none_is_undefined() -> None:
    probs = np.array([[0.8, 0.2], [np.nan, np.nan]])
    assert expected_calibration_error(probs, [0, 5], [True, False]) == pytest.approx(0.2)
    assert math.isnan(expected_calibration_error(probs, [0, 0], [False, False]))
