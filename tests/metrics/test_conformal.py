"""Conformal sets: the level by hand, what they promise, and what they are made of."""

import numpy as np
import pytest

from mien.errors import ScoreError
from mien.metrics.conformal import EVERYTHING, conformal_level, set_coverage
from mien.models.postprocess import ConformalSets, class_scores, class_sets


def test_the_level_by_hand() -> None:
    """n = 9, coverage 0.8: k = ceil(10 * 0.8) = 8. The plain quantile, k = ceil(9 * 0.8) = 8 here, but with 0.9 it
    takes the 9th where ceil(10 * 0.9) = 9 too; at n = 4 and 0.75 they part: ceil(3.75) = 4, not ceil(3) = 3."""
    nine = np.arange(1, 10) / 10
    assert conformal_level(nine, 0.8) == 0.8
    assert conformal_level(nine, 0.9) == 0.9
    four = [0.4, 0.1, 0.3, 0.2]
    assert conformal_level(four, 0.75) == 0.4
    assert np.quantile(four, 0.75, method="inverted_cdf") == 0.3, "the quantile without the correction"


def test_too_few_faces_give_every_class() -> None:
    """n = 8, 0.9: ceil(8.1) = 9 > 8. The largest score, as np.quantile(..., 1.0) would have it, promises too much."""
    assert conformal_level(np.arange(8) / 10, 0.9) == EVERYTHING
    assert conformal_level([], 0.5) == EVERYTHING


def test_n_plus_one_is_what_keeps_the_promise() -> None:
    """Scores of 5 alike faces, each in turn the new one: with k = ceil(5 * 0.8) = 4 of the other four, the new face is
    within the level unless its score is the largest: 4/5. With n, k = ceil(4 * 0.8) = 4 as well, but at coverage 0.7
    k = ceil(3.5) = 4 gives 4/5 >= 0.7, while ceil(2.8) = 3 gives 3/5 < 0.7."""
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5])

    def held(k_of_n: bool) -> float:
        inside = 0
        for new in range(5):
            others = np.delete(scores, new)
            level = np.sort(others)[2] if k_of_n else conformal_level(others, 0.7)
            inside += scores[new] <= level
        return inside / 5

    assert held(k_of_n=False) == 0.8
    assert held(k_of_n=True) == 0.6


@pytest.mark.parametrize("kind", ["lac", "aps"])
def test_sets_hold_the_true_class_as_often_as_promised(kind: str) -> None:
    """On 400 draws of 60 faces that set the level and 60 new ones, however badly calibrated the probabilities are."""
    rng = np.random.default_rng(0)
    held, size = [], []
    for _ in range(400):
        z = rng.normal(0, 1.5, (120, 4))
        true = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        target = (true.cumsum(axis=1) < rng.random((120, 1))).sum(axis=1)
        sure = np.exp(3 * z) / np.exp(3 * z).sum(axis=1, keepdims=True)
        scores = class_scores(sure, kind)[np.arange(60), target[:60]]  # type: ignore[arg-type]
        how = ConformalSets(kind=kind, coverage=0.8, level=conformal_level(scores, 0.8))  # type: ignore[arg-type]
        one = set_coverage(class_sets(sure[60:], how), target[60:], np.full(60, True))
        held.append(one[0])
        size.append(one[1])
    assert 0.79 < np.mean(held) < 0.84, "1 - p of the class itself within APS held 0.93"
    assert 1.2 < np.mean(size) < 3


def test_lac_takes_the_likely_classes_and_aps_all_up_to_a_mass() -> None:
    probs = np.array([[0.5, 0.3, 0.2], [0.9, 0.06, 0.04]])
    lac = class_sets(probs, ConformalSets(kind="lac", coverage=0.9, level=0.75))  # p >= 0.25
    assert lac.tolist() == [[True, True, False], [True, False, False]]
    aps = class_sets(probs, ConformalSets(kind="aps", coverage=0.9, level=0.6))
    assert aps.tolist() == [[True, True, False], [True, False, False]]
    np.testing.assert_allclose(class_scores(probs, "aps"), [[0, 0.5, 0.8], [0, 0.9, 0.96]], atol=1e-12)


def test_no_set_is_empty() -> None:
    probs = np.array([[0.4, 0.35, 0.25]])
    assert class_sets(probs, ConformalSets(coverage=0.5, level=0.1)).tolist() == [[True, False, False]]


def test_level_one_is_every_class_whatever_was_rounded() -> None:
    probs = np.array([[0.7, 0.2, 0.1000001]], np.float32)
    for kind in ("lac", "aps"):
        assert class_sets(probs, ConformalSets(kind=kind, coverage=0.9, level=1.0)).all()  # type: ignore[arg-type]


def test_no_faces_have_no_sets_and_no_coverage() -> None:
    how = ConformalSets(coverage=0.9, level=0.5)
    assert class_sets(np.zeros((0, 3), np.float32), how).shape == (0, 3)
    assert np.isnan(set_coverage(np.zeros((1, 3), bool), [0], np.array([False]))).all()


@pytest.mark.parametrize("coverage", [0.0, 1.0, 90.0])
def test_a_coverage_that_is_no_share_is_refused(coverage: float) -> None:
    with pytest.raises(ScoreError, match="between 0 and 1"):
        conformal_level([0.1], coverage)
