"""AU scores and thresholds against scikit-learn, and against hand-worked numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from mien.errors import ScoreError
from mien.metrics.arrays import mean_defined
from mien.metrics.multilabel import label_accuracy, label_auc, label_counts, label_f1
from mien.metrics.thresholds import best_f1_thresholds, equal_precision_recall_thresholds


def random_case(seed, n=80, labels=4):
    rng = np.random.default_rng(seed)
    probs = rng.integers(0, 20, (n, labels)) / 19  # many ties
    target = (rng.random((n, labels)) < rng.random(labels)).astype(float)
    return probs, target, rng.random((n, labels)) < 0.7


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 80))
def test_everything_equals_scikit_learn_on_the_known_rows(seed, n):
    probs, target, mask = random_case(seed, n)
    cuts = np.array([0.2, 0.5, 0.7, 0.9])
    accuracy, f1 = (metric(probs, target, mask, cuts) for metric in (label_accuracy, label_f1))
    auc = label_auc(probs, target, mask)
    for i in range(4):
        known = mask[:, i]
        t, p = target[known, i], probs[known, i]
        if not known.any():
            assert np.isnan([accuracy[i], f1[i], auc[i]]).all()
            continue
        assert accuracy[i] == pytest.approx(sk.accuracy_score(t, p >= cuts[i]))
        if t.any():
            assert f1[i] == pytest.approx(sk.f1_score(t, p >= cuts[i], zero_division=0))
        else:
            assert np.isnan(f1[i])
        if t.min() < t.max():
            assert auc[i] == pytest.approx(sk.roc_auc_score(t, p))
        else:
            assert np.isnan(auc[i])


def test_hand_worked_accuracy_is_equation_3_over_known_faces_only():
    preds = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.1], [0.1, 0.9]])
    target = np.array([[1, 0], [0, 0], [0, 0], [-1, 1]])
    mask = target >= 0
    value = label_accuracy(preds, target, mask)
    np.testing.assert_allclose(value, [2 / 3, 1])  # (TP 1 + TN 1) / 3, (1 + 3) / 4
    assert value[0] != 2 / 4  # dividing by faces without the label
    assert mean_defined(value).value != pytest.approx(6 / 7)  # pooled over decisions: micro, not the mean of labels


def test_hand_worked_f1_is_over_labels_not_images_and_undefined_is_not_zero():
    preds = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=bool)
    target = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 0]])
    value = label_f1(preds, target, np.full((3, 3), True))
    np.testing.assert_allclose(value, [4 / 5, 0, np.nan])
    mean = mean_defined(value)
    assert mean == (pytest.approx(0.4), 1)
    over_images = sk.f1_score(target, preds, average="samples", zero_division=0)
    zero_division_0 = sk.f1_score(target, preds, average="macro", zero_division=0)
    micro = sk.f1_score(target, preds, average="micro")
    for wrong in (over_images, zero_division_0, micro):
        assert abs(mean.value - wrong) > 0.01


def test_hand_worked_auc_gives_half_for_ties():
    probs = np.array([[0.5], [0.5], [0.5], [0.9]])
    target = np.array([[1], [0], [0], [1]])
    # 4 pairs: two ties (1/2 each) and two wins
    assert label_auc(probs, target, np.full((4, 1), True)) == pytest.approx(0.75)


def test_a_probability_at_its_threshold_is_present():
    assert label_counts([[0.5]], [[1]], np.full((1, 1), True)).true_positive == 1


def test_decisions_ignore_thresholds():
    decided = np.array([[True], [False]])
    assert label_f1(decided, [[1], [0]], np.full((2, 1), True), thresholds=0.0) == 1


def test_hidden_values_change_nothing():
    probs, target, mask = random_case(1)
    dirty_probs = np.where(mask, probs, np.nan)
    dirty_target = np.where(mask, target, np.inf)
    for metric in (label_accuracy, label_f1, label_auc, best_f1_thresholds, equal_precision_recall_thresholds):
        np.testing.assert_array_equal(metric(probs, target, mask), metric(dirty_probs, dirty_target, mask))


@pytest.mark.parametrize("metric", [label_accuracy, label_f1, label_auc])
def test_a_row_of_weight_two_is_the_row_twice(metric):
    probs, target, mask = random_case(2)
    counts = np.random.default_rng(0).integers(0, 4, 80)
    rows = np.repeat(np.arange(80), counts)
    weighted = metric(probs, target, mask, weights=counts)
    np.testing.assert_allclose(weighted, metric(probs[rows], target[rows], mask[rows]))


@pytest.mark.parametrize("metric", [label_accuracy, label_f1, label_auc])
def test_no_rows_are_nan(metric):
    assert np.isnan(metric(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2), bool))).all()


@pytest.mark.parametrize(
    ("preds", "target", "says"),
    [
        ([[3.2]], [[1]], "logits need a sigmoid"),
        ([[-0.1]], [[1]], "logits need a sigmoid"),
        ([[0.2]], [[3]], "hold 3"),
        ([[np.inf]], [[1]], "finite"),
        ([[0.2, 0.3]], [[1]], "shape"),
    ],
)
def test_bad_input_is_one_sentence(preds, target, says):
    with pytest.raises(ScoreError, match=says):
        label_f1(preds, target, np.full((1, 1), True))


@pytest.mark.parametrize("thresholds", [[0.5, 0.5, 0.5], np.nan])
def test_thresholds_must_fit(thresholds):
    with pytest.raises(ScoreError, match="Thresholds"):
        label_f1([[0.2, 0.3]], [[1, 0]], np.full((1, 2), True), thresholds)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_no_threshold_has_a_better_f1(seed):
    probs, target, mask = random_case(seed)
    chosen = label_f1(probs, target, mask, best_f1_thresholds(probs, target, mask))
    tried = [label_f1(probs, target, mask, cut) for cut in np.linspace(0, 1, 39)]
    both = [0 < target[mask[:, i], i].mean() < 1 for i in range(4)]
    assert (chosen[both] >= np.max(tried, axis=0)[both] - 1e-12).all()


def test_precision_equals_recall_where_no_ties_forbid_it():
    rng = np.random.default_rng(3)
    probs, target = rng.random((200, 3)), (rng.random((200, 3)) < [0.1, 0.4, 0.8]).astype(int)
    mask = rng.random((200, 3)) < 0.8
    tp, fp, fn, _ = label_counts(probs, target, mask, equal_precision_recall_thresholds(probs, target, mask))
    np.testing.assert_allclose(tp / (tp + fp), tp / (tp + fn))


def test_a_label_with_one_class_keeps_the_default_threshold():
    probs, target = np.full((4, 2), 0.2), np.array([[0, 1]] * 4)
    for choose_thresholds in (best_f1_thresholds, equal_precision_recall_thresholds):
        np.testing.assert_array_equal(choose_thresholds(probs, target, np.full((4, 2), True)), [0.5, 0.5])
