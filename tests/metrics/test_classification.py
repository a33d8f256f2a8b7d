"""Expression scores against scikit-learn, and against hand-worked numbers."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from mien.errors import ScoreError
from mien.metrics.arrays import mean_defined
from mien.metrics.classification import (
    accuracy,
    balanced_accuracy,
    class_f1,
    class_recall,
    confusion_matrix,
    macro_f1,
)

ALL = np.full(5, True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(1, 60))
def test_everything_equals_scikit_learn_on_the_known_rows(seed, n_classes, n):
    rng = np.random.default_rng(seed)
    preds, target = rng.integers(n_classes, size=(2, n))
    mask = rng.random(n) < 0.8
    p, t = preds[mask], target[mask]
    hidden = np.where(mask, target, -1)  # a missing label's usual code must never be read
    if not mask.any():
        assert np.isnan(accuracy(preds, hidden, mask)) and np.isnan(macro_f1(preds, hidden, mask, n_classes))
        return
    assert accuracy(preds, hidden, mask) == pytest.approx(sk.accuracy_score(t, p))
    np.testing.assert_array_equal(
        confusion_matrix(preds, hidden, mask, n_classes), sk.confusion_matrix(t, p, labels=range(n_classes))
    )
    occurring = np.unique(t)
    recall = sk.recall_score(t, p, labels=occurring, average=None, zero_division=0)
    f1 = sk.f1_score(t, p, labels=occurring, average=None, zero_division=0)
    np.testing.assert_allclose(class_recall(preds, hidden, mask, n_classes)[occurring], recall)
    np.testing.assert_allclose(class_f1(preds, hidden, mask, n_classes)[occurring], f1)
    assert macro_f1(preds, hidden, mask, n_classes) == pytest.approx(f1.mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert balanced_accuracy(preds, hidden, mask, n_classes) == pytest.approx(sk.balanced_accuracy_score(t, p))


def test_hand_worked_macro_f1_is_neither_micro_nor_zero_filled():
    target, preds = [0, 0, 0, 0, 1], [0, 0, 0, 1, 1]
    # class 0: TP 3, FN 1, FP 0 -> 6/7; class 1: TP 1, FP 1 -> 2/3; class 2 is not in the test set
    value = macro_f1(preds, target, ALL, 3)
    assert value == pytest.approx((6 / 7 + 2 / 3) / 2)
    micro = 4 / 5
    zero_division_0 = (6 / 7 + 2 / 3 + 0) / 3
    weighted_by_support = (4 * 6 / 7 + 2 / 3) / 5
    for wrong in (micro, zero_division_0, weighted_by_support):
        assert abs(value - wrong) > 0.01
    assert mean_defined(class_f1(preds, target, ALL, 3)).undefined == 1


def test_hand_worked_balanced_accuracy_is_not_accuracy():
    value = balanced_accuracy([0, 0, 0, 0, 0], [0, 0, 0, 0, 1], ALL, 4)
    assert value == 0.5  # not 0.8, the accuracy of always saying the commonest; not 0.25, over absent classes
    assert accuracy([0, 0, 0, 0, 0], [0, 0, 0, 0, 1], ALL) == 0.8


def test_accuracy_does_not_divide_by_unlabelled_rows():
    mask = np.array([True, True, False, False, False])
    assert accuracy([0, 1, 0, 0, 0], [0, 1, -1, -1, -1], mask) == 1.0  # dividing by all rows would give 0.4


def test_hidden_values_change_nothing():
    mask = np.array([True, True, True, False, False])
    clean = [[0, 1, 1, 0, 0], [0, 0, 1, 0, 0]]
    dirty = [[0, 1, 1, np.nan, 99], [0, 0, 1, np.inf, -1]]
    np.testing.assert_array_equal(confusion_matrix(*clean, mask, 2), confusion_matrix(*dirty, mask, 2))
    assert accuracy(*clean, mask) == accuracy(*dirty, mask)


def test_a_row_of_weight_two_is_the_row_twice():
    rng = np.random.default_rng(0)
    preds, target = rng.integers(4, size=(2, 30))
    mask, counts = rng.random(30) < 0.7, rng.integers(0, 4, 30)
    rows = np.repeat(np.arange(30), counts)
    weighted = confusion_matrix(preds, target, mask, 4, counts)
    np.testing.assert_array_equal(weighted, confusion_matrix(preds[rows], target[rows], mask[rows], 4))
    assert accuracy(preds, target, mask, counts) == pytest.approx(accuracy(preds[rows], target[rows], mask[rows]))


@pytest.mark.parametrize(
    ("preds", "target", "mask", "says"),
    [
        ([0, 1], [0, 1, 1], np.full(3, True), "predictions have shape"),
        ([0, 1], [0, 7], np.full(2, True), "hold 7 at row 1"),
        ([0, -1], [0, 1], np.full(2, True), "hold -1 at row 1"),
        ([0, 0.5], [0, 1], np.full(2, True), "hold 0.5"),
        ([0, np.nan], [0, 1], np.full(2, True), "nan"),
        ([0, 1], [0, 1], np.array([1, 1]), "bool"),
        ([[0, 1]], [[0, 1]], np.full((1, 2), True), "shape"),
    ],
)
def test_bad_input_is_one_sentence(preds, target, mask, says):
    with pytest.raises(ScoreError, match=says) as error:
        confusion_matrix(preds, target, mask, 2)
    assert "\n" not in str(error.value)


def test_weights_must_fit_the_rows():
    with pytest.raises(ScoreError, match="one per row"):
        accuracy([0, 1], [0, 1], np.full(2, True), [1.0])
