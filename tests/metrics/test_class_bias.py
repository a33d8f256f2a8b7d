"""Class weights by hand and against trying everything."""

from itertools import product

import numpy as np
import pytest

from mien.errors import ScoreError
from mien.metrics.class_bias import MOST, fit_class_bias
from mien.metrics.classification import balanced_accuracy, macro_f1
from mien.models.postprocess import ClassCalibration, calibrated

ALL = np.full(5, True)


def test_by_hand_a_weight_that_finds_the_rare_class() -> None:
    """Class 1 needs log(.6/.4) = 0.41, log(.7/.3) = 0.85, ... to be chosen; rows 0 and 1 are of class 1.

    Between 0.85 and log(.8/.2) = 1.39 both are found and nothing else; class 0 comes first: b = - (0.85 + 1.39) / 2.
    The weight log(0.6) - log(0.4) of shares of the classes (prior correction) would find row 0 alone.
    """
    probs = np.array([[0.6, 0.4], [0.7, 0.3], [0.8, 0.2], [0.85, 0.15], [0.9, 0.1]])
    target = [1, 1, 0, 0, 0]
    bias = fit_class_bias(probs, target, ALL)
    assert bias.tolist() == pytest.approx([-(np.log(7 / 3) + np.log(4)) / 2, 0.0])
    how = ClassCalibration(bias={"neutral": float(bias[0])})
    after = calibrated(probs, ["neutral", "fear"], how)
    assert after.argmax(axis=1).tolist() == target
    by_shares = ClassCalibration(bias={"neutral": float(np.log(0.4 / 0.6)) - 1e-6})
    assert calibrated(probs, ["neutral", "fear"], by_shares).argmax(axis=1).tolist() == [1, 0, 0, 0, 0]


def test_a_weight_multiplies_the_odds_by_its_exponential() -> None:
    after = calibrated(np.array([[0.5, 0.3, 0.2]]), ["a", "b", "c"], ClassCalibration(bias={"c": float(np.log(2))}))
    np.testing.assert_allclose(after, [[0.5 / 1.2, 0.3 / 1.2, 0.4 / 1.2]])


def test_temperature_comes_first() -> None:
    """sqrt(0.16) : sqrt(0.81) = 4 : 9, then times 3: 12 : 9. The other order, (0.16 * 3)^(1/2), leaves 0.69 : 0.9."""
    how = ClassCalibration(temperature=2.0, bias={"a": float(np.log(3))})
    shares = np.array([[0.16, 0.81]]) / 0.97
    np.testing.assert_allclose(calibrated(shares, ["a", "b"], how), [[12 / 21, 9 / 21]])


@pytest.mark.parametrize(("aim", "score"), [("macro_f1", macro_f1), ("balanced_accuracy", balanced_accuracy)])
def test_it_is_as_good_as_a_grid_of_all_weights(aim: str, score: object) -> None:
    rng = np.random.default_rng(1)
    target = rng.choice(3, 60, p=[0.7, 0.2, 0.1])
    z = rng.normal(0, 1, (60, 3)) + 1.2 * np.eye(3)[target] + np.array([1.5, 0.0, -0.5])
    probs = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    known = np.full(60, True)

    def of(bias: np.ndarray) -> float:
        return score((np.log(probs) + bias).argmax(axis=1), target, known, 3)  # type: ignore[operator]

    found = of(fit_class_bias(probs, target, known, aim))  # type: ignore[arg-type]
    grid = max(of(np.array([0.0, *others])) for others in product(np.linspace(-1, 4, 26), repeat=2))
    assert found >= grid - 0.02 and found > of(np.zeros(3)) + 0.05


def test_what_makes_no_difference_stays_zero() -> None:
    probs = np.array([[0.9, 0.1], [0.1, 0.9]])
    assert fit_class_bias(probs, [0, 1], ALL[:2]).tolist() == [0.0, 0.0]


def test_a_class_without_rows_keeps_zero_and_one_class_alone_changes_nothing() -> None:
    probs = np.array([[0.5, 0.2, 0.3], [0.6, 0.3, 0.1], [0.7, 0.2, 0.1]])
    assert fit_class_bias(probs, [1, 1, 0], ALL[:3])[2] == 0
    assert fit_class_bias(probs, [1, 1, 1], ALL[:3]).tolist() == [0, 0, 0]
    assert fit_class_bias(np.zeros((0, 3)), [], ALL[:0]).tolist() == [0, 0, 0]


def test_weights_are_bounded() -> None:
    probs = np.array([[1 - 1e-9, 1e-9], [1 - 1e-12, 1e-12]])
    assert np.abs(fit_class_bias(probs, [1, 0], ALL[:2])).max() <= MOST


def test_an_unknown_aim_names_the_nearest() -> None:
    with pytest.raises(ScoreError, match="did you mean 'macro_f1'"):
        fit_class_bias([[0.5, 0.5]], [0], ALL[:1], "macrof1")  # type: ignore[arg-type]
