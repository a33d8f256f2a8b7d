"""Composite scores on examples worked by hand; each names the wrong averages that it rejects."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from mien.errors import ScoreError
from mien.metrics.agreement import ccc
from mien.metrics.composites import (
    abaw_expression,
    abaw_units,
    decision_accuracy,
    every_class_f1,
    every_label_f1,
    fold_f1,
    mean_ccc,
    mean_every_label_f1,
    p_mtl,
)
from mien.metrics.multilabel import label_f1


def full(*shape: int) -> np.ndarray:
    return np.full(shape, True)


# Three classes, the third in nobody's face: F1 is 2/3, 2/3 and 0; two of three rows are right.
PREDS, TARGET = [0, 1, 1], [0, 0, 1]

# Two units; the second is known of the first face only: F1 2/3 and 0, two of four decisions are right.
AU_PREDS = [[0.9, 0.9], [0.1, 0.0], [0.2, 0.0]]
AU_TARGET = [[1, 0], [1, 0], [0, 0]]
AU_MASK = np.array([[True, True], [True, False], [True, False]])


def test_expressions_of_abaw_1_and_2() -> None:
    found = abaw_expression(PREDS, TARGET, full(3), 3)
    assert found == pytest.approx(0.67 * (2 / 3 + 2 / 3 + 0) / 3 + 0.33 * 2 / 3)
    wrong = {
        "F1 over present classes only": 0.67 * (2 / 3) + 0.33 * 2 / 3,
        "per-class accuracy instead of per-frame": 0.67 * (4 / 9) + 0.33 * (1 / 2 + 1) / 2,
        "the shares exchanged": 0.33 * (4 / 9) + 0.67 * 2 / 3,
    }
    assert all(abs(found - value) > 0.01 for value in wrong.values()), wrong


def test_units_of_abaw_1_and_2() -> None:
    found = abaw_units(AU_PREDS, AU_TARGET, AU_MASK)
    assert found == pytest.approx(0.5 * (2 / 3 + 0) / 2 + 0.5 * 2 / 4)
    wrong = {
        "mean of the units' accuracies": 0.5 * (1 / 3) + 0.5 * (2 / 3 + 0) / 2,
        "F1 over present units only": 0.5 * (2 / 3) + 0.5 * 2 / 4,
        "F1 of all decisions at once": 0.5 * (2 / 4) + 0.5 * 2 / 4,
        "unknown decisions counted": 0.5 * (1 / 3) + 0.5 * 4 / 6,
    }
    assert all(abs(found - value) > 0.01 for value in wrong.values()), wrong


def test_valence_and_arousal_by_population_moments() -> None:
    preds, target = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), np.array([[2.0, 1.0], [3.0, 2.0], [4.0, 3.0]])
    found = mean_ccc(preds, target, full(3, 2))
    assert found == pytest.approx((4 / 7 + 1) / 2)  # 2 * 2/3 / (2/3 + 2/3 + 1), and 1
    with_ddof_1 = (2 * 1 / (1 + 1 + 1) + 1) / 2
    both_in_one = float(ccc(preds.reshape(-1, 1), target.reshape(-1, 1), full(6, 1))[0])
    assert abs(found - with_ddof_1) > 0.01 and abs(found - both_in_one) > 0.01


def test_a_constant_answer_has_no_mean_ccc_of_one_side() -> None:
    assert np.isnan(mean_ccc([[0.5, 1.0], [0.5, 2.0]], [[0.5, 1.0], [0.5, 2.0]], full(2, 2)))


def test_p_mtl_is_a_sum_of_three_means_each_over_its_own_rows() -> None:
    """Rows 0-2 know valence and arousal, rows 3-5 an expression, rows 6-8 units."""
    rows = np.arange(9)
    va, faces, units = np.zeros((9, 2)), np.zeros(9), np.zeros((9, 2))
    va_true, faces_true, units_true = va.copy(), faces.copy(), units.copy()
    va[:3], va_true[:3] = [[1, 1], [2, 2], [3, 3]], [[2, 1], [3, 2], [4, 3]]
    faces[3:6], faces_true[3:6] = PREDS, TARGET
    units[6:], units_true[6:] = AU_PREDS, AU_TARGET
    au_mask = np.concatenate([~full(6, 2), AU_MASK])
    parts = (
        (va, va_true, np.repeat((rows < 3)[:, None], 2, axis=1)),
        (faces, faces_true, (rows >= 3) & (rows < 6)),
        (units, units_true, au_mask),
    )
    found = p_mtl(*parts, n_classes=3)
    assert found == pytest.approx((4 / 7 + 1) / 2 + 4 / 9 + 1 / 3)
    assert abs(found - ((4 / 7 + 1) / 2 + 4 / 9 + 1 / 3) / 3) > 0.1  # rejected: the mean of the three
    assert abs(found - ((4 / 7 + 1) / 2 + 2 / 3 + 2 / 3)) > 0.1  # rejected: what the test set lacks left out


def test_folds_are_averaged_not_put_together() -> None:
    preds, target, folds = [[0.9], [0.9], [0.9], [0.1]], [[1], [1], [0], [0]], [0, 1, 1, 1]
    assert fold_f1(preds, target, full(4, 1), folds)[0] == pytest.approx((1 + 2 / 3) / 2)
    assert label_f1(preds, target, full(4, 1))[0] == pytest.approx(4 / 5)  # rejected: all rows at once


def test_a_unit_that_a_fold_lacks_scores_0_there() -> None:
    found = fold_f1([[0.9], [0.1]], [[1], [0]], full(2, 1), [0, 1])
    assert found[0] == 0.5 and label_f1([[0.1]], [[0]], full(1, 1)).tolist() != [0.0]  # rejected: 1, from fold 0 alone


def test_an_answer_outside_the_classes_is_wrong_but_no_class() -> None:
    outside = every_class_f1([0, 2, 1], [0, 0, 1], full(3), 2)
    assert outside == pytest.approx([2 / 3, 1])
    assert every_class_f1([0, 1, 1], [0, 0, 1], full(3), 2) == pytest.approx([2 / 3, 2 / 3])
    with pytest.raises(ScoreError, match="class index in 0-2"):
        every_class_f1([3], [0], full(1), 2)


@pytest.mark.parametrize("seed", range(5))
def test_the_official_scorers_functions_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    preds, target = rng.integers(0, 6, 40), rng.integers(0, 6, 40)
    expected = f1_score(target, preds, average=None, labels=range(8), zero_division=0)
    assert every_class_f1(preds, target, full(40), 8) == pytest.approx(expected)
    probs, present = rng.random((40, 3)), rng.random((40, 3)) < [0.5, 0.1, 0.0]
    by_unit = [f1_score(present[:, i], probs[:, i] >= 0.5, zero_division=0) for i in range(3)]
    assert every_label_f1(probs, present, full(40, 3)) == pytest.approx(by_unit)
    assert decision_accuracy(probs, present, full(40, 3)) == pytest.approx(((probs >= 0.5) == present).mean())


def test_weights_are_rows_repeated() -> None:
    weights, repeated = np.array([2.0, 0.0, 1.0]), [0, 0, 2]
    p, t, m = (np.asarray(x)[repeated] for x in (AU_PREDS, AU_TARGET, AU_MASK))
    assert abaw_units(AU_PREDS, AU_TARGET, AU_MASK, weights=weights) == pytest.approx(abaw_units(p, t, m))
    p, t = np.asarray(PREDS)[repeated], np.asarray(TARGET)[repeated]
    assert abaw_expression(PREDS, TARGET, full(3), 3, weights) == pytest.approx(abaw_expression(p, t, full(3), 3))


def test_nothing_known_is_undefined_not_zero() -> None:
    nothing = ~full(3)
    assert np.isnan(abaw_expression(PREDS, TARGET, nothing, 3))
    assert np.isnan(abaw_units(AU_PREDS, AU_TARGET, ~full(3, 2)))


def test_what_a_draw_happens_to_lack_says_nothing_in_it() -> None:
    """Rejected: 0 there, which would put an interval below its own score."""
    without_one = np.array([1.0, 0.0, 0.0])  # of the classes 0 and 1 only the first is drawn; 2 has no rows at all
    assert every_class_f1([0, 1, 1], [0, 1, 1], full(3), 3, without_one) == pytest.approx([1, np.nan, 0], nan_ok=True)
    right = np.array([[1, 0, 0], [0, 1, 0]], bool)
    f1 = every_label_f1(right, right, full(2, 3), weights=[1.0, 0.0])
    assert f1 == pytest.approx([1, np.nan, 0], nan_ok=True)
    assert mean_every_label_f1(right, right, full(2, 3), weights=[1.0, 0.0]) == 0.5
    folds = fold_f1(right, right, full(2, 3), [0, 1], weights=[1.0, 0.0])
    assert folds == pytest.approx([0.5, 0, 0])  # each fold lacks a unit; fold 1 is not drawn


def test_a_label_that_nobody_knows_makes_a_mean_undefined() -> None:
    known = full(2, 2)
    known[:, 1] = False
    assert np.isnan(mean_every_label_f1([[1.0, 1.0], [0.0, 0.0]], [[1, 1], [0, 0]], known))  # rejected: the rest's mean
    known[:, 1] = [True, False]
    assert np.isnan(fold_f1([[1.0, 1.0], [0.0, 0.0]], [[1, 1], [0, 0]], known, [0, 1])[1])
