"""Temperature by hand, and that calibration gets better while no decision changes."""

import math

import numpy as np
import pytest

from mien.metrics.calibration import expected_calibration_error
from mien.metrics.temperature import COLDEST, HOTTEST, fit_temperature
from mien.models.postprocess import ClassCalibration, calibrated

NAMES = ("neutral", "happiness", "fear")


def faces(sharper: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities softmax(sharper z) of faces whose classes are drawn by softmax(z)."""
    rng = np.random.default_rng(0)
    z = rng.normal(0, 1.5, (n, 3))
    true = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    target = (true.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    weights = np.exp(sharper * z)
    return weights / weights.sum(axis=1, keepdims=True), target


def test_by_hand_as_sure_as_right() -> None:
    """3 of 4 are right, so 0.9 must become 0.75: odds 9 -> 3, T = log 9 / log 3 = 2.

    log 9 / 3 = 0.73, by fitting to odds linearly, and 1 / T = 0.5, by multiplying, are wrong.
    """
    probs = np.tile([0.9, 0.1], (4, 1))
    assert fit_temperature(probs, [0, 0, 0, 1], np.full(4, True)) == pytest.approx(2.0, abs=1e-5)
    after = calibrated(probs, NAMES[:2], ClassCalibration(temperature=2.0))
    np.testing.assert_allclose(after, np.tile([0.75, 0.25], (4, 1)))


@pytest.mark.parametrize("sharper", [0.5, 1.0, 3.0])
def test_it_finds_how_much_too_sure_the_network_is(sharper: float) -> None:
    probs, target = faces(sharper)
    assert fit_temperature(probs, target, np.full(len(target), True)) == pytest.approx(sharper, rel=0.06)


def test_calibration_gets_better_on_other_faces_and_no_decision_changes() -> None:
    probs, target = faces(3.0)
    known = np.full(2000, True)
    how = ClassCalibration(temperature=fit_temperature(probs[:2000], target[:2000], known))
    after = calibrated(probs[2000:].astype(np.float32), NAMES, how)
    assert expected_calibration_error(probs[2000:], target[2000:], known) > 0.12
    assert expected_calibration_error(after, target[2000:], known) < 0.03
    assert (after.argmax(axis=1) == probs[2000:].argmax(axis=1)).all()
    assert after.dtype == np.float32 and np.allclose(after.sum(axis=1), 1)


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 4.0, 10.0])
def test_no_temperature_changes_which_class_is_largest(temperature: float) -> None:
    probs, _ = faces(6.0)
    after = calibrated(probs, NAMES, ClassCalibration(temperature=temperature))
    assert (after.argmax(axis=1) == probs.argmax(axis=1)).all()


def test_what_a_softmax_in_float32_rounded_to_zero_stays_small() -> None:
    after = calibrated(np.array([[1.0, 0.0, 0.0]], np.float32), NAMES, ClassCalibration(temperature=5.0))
    assert np.isfinite(after).all() and after[0, 0] > 0.999


def test_rows_without_a_label_are_never_read() -> None:
    probs = np.array([[0.9, 0.1]] * 4 + [[math.nan, math.nan]])
    mask = np.array([True] * 4 + [False])
    assert fit_temperature(probs, [0, 0, 0, 1, 77], mask) == pytest.approx(2.0, abs=1e-5)


def test_where_nothing_can_be_chosen_it_is_one() -> None:
    assert fit_temperature(np.zeros((0, 3)), [], np.zeros(0, bool)) == 1.0
    assert fit_temperature([[0.9, 0.1]] * 3, [0, 0, 0], np.full(3, True)) == 1.0  # one class alone
    assert fit_temperature([[0.9, 0.1]], [0], np.array([False])) == 1.0


def test_rows_all_right_or_all_wrong_end_at_the_range() -> None:
    probs = [[0.6, 0.4], [0.4, 0.6]]
    assert fit_temperature(probs, [0, 1], np.full(2, True)) == pytest.approx(COLDEST, rel=1e-4)
    assert fit_temperature(probs, [1, 0], np.full(2, True)) == pytest.approx(HOTTEST, rel=1e-4)
