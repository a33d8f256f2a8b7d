"""Balanced orders: who stands how often, by hand, and what the released code of the paper gets wrong."""

import numpy as np
import pytest

from mien.config import Balance, parse
from mien.data.balance import Balanced, balanced_order, counted, imbalance
from mien.data.sampling import Mixed
from mien.data.targets import Labels
from mien.errors import RecipeError


def classes(*counts: int) -> Labels:
    which = np.repeat(np.arange(len(counts)), counts)
    target = np.eye(len(counts), dtype=np.float32)[which]
    return Labels({"expression": target}, {"expression": np.ones_like(target, bool)})


def units(*rows: tuple[int, ...]) -> Labels:
    target = np.array(rows, np.float32)
    return Labels({"au": target}, {"au": np.ones_like(target, bool)})


def order(labels: Labels, **settings: object) -> np.ndarray:
    return balanced_order(labels, Balance.model_validate(settings), "A")


def test_by_the_inverse_count_all_classes_are_equally_frequent() -> None:
    labels = classes(40, 10, 5)
    found = order(labels, how="classes")
    np.testing.assert_allclose(counted(labels, "expression", found), [40, 40, 40])
    assert set(found) == set(range(55))  # nobody is left out: the rarest decide how long an epoch is
    assert imbalance(counted(labels, "expression")) == 8 and imbalance(counted(labels, "expression", found)) == 1


def test_half_the_way() -> None:
    labels = classes(64, 16, 4)
    np.testing.assert_allclose(counted(labels, "expression", order(labels, how="classes", power=0.5)), [64, 32, 16])


def test_votes_count_by_their_shares() -> None:
    target = np.array([[1, 0], [1, 0], [1, 0], [0.5, 0.5]], np.float32)
    labels = Labels({"expression": target}, {"expression": np.ones_like(target, bool)})
    times = np.bincount(order(labels, how="classes"))
    # weights 1 / 3.5 and (1 / 3.5 + 1 / 0.5) / 2: four times as often; by the first class alone it would be once
    assert times.tolist() == [1, 1, 1, 4]


def test_the_effective_number_of_samples() -> None:
    labels, beta = classes(200, 20), 0.99
    found = counted(labels, "expression", order(labels, how="effective_number", beta=beta))
    ratio = (1 - beta**200) / (1 - beta**20)
    assert found[1] / 20 == pytest.approx(ratio, rel=0.02) and found[0] == 200
    assert ratio < 10 * 0.6  # far from the plain inverse count


def test_no_row_is_drawn_more_often_than_allowed_and_unlabelled_ones_as_seldom_as_any() -> None:
    labels = classes(100, 1)
    assert np.bincount(order(labels, how="classes", most=7)).max() == 7
    some = Labels(labels.target, {"expression": labels.mask["expression"].copy()})
    some.mask["expression"][:10] = False
    assert np.bincount(order(some, how="classes", most=7))[:10].tolist() == [1] * 10


def test_cells_of_valence_and_arousal() -> None:
    va = np.array([[0.01, 0.01]] * 6 + [[0.9, -0.9]] * 2 + [[1.0, 1.0]], np.float32)
    labels = Labels({"va": va}, {"va": np.ones_like(va, bool)})
    assert np.bincount(order(labels, how="va_grid")).tolist() == [1] * 6 + [3, 3, 6]


def test_ml_ros_clones_until_no_unit_is_twice_as_rare() -> None:
    """Unit 0 in 40 rows, unit 1 in 10 others, unit 2 in 5 of those: unit 2 first, and its clones show unit 1, too."""
    labels = units(*[(1, 0, 0)] * 40, *[(0, 1, 0)] * 5, *[(0, 1, 1)] * 5)
    found = order(labels, how="ml_ros")
    times = np.bincount(found, minlength=50)
    assert times[:45].tolist() == [1] * 45
    assert times[45:].tolist() == [4] * 5  # fifteen clones of five rows, each beside its row: k + 1, not k
    assert counted(labels, "au", found).tolist() == [40, 25, 20]


def test_ml_ros_stops_at_half_as_many_clones_as_rows() -> None:
    labels = units(*[(1, 0, 0)] * 198, (0, 1, 0), (0, 0, 1))
    found = order(labels, how="ml_ros")
    assert len(found) == 300
    assert counted(labels, "au", found).tolist() == [198, 99, 3]  # nothing is left for the last


def test_a_balanced_sampler_gives_rows_of_the_order_and_leaves_others_alone() -> None:
    labels = classes(90, 10)
    found = order(labels, how="classes")
    sampler = Balanced(Mixed([len(found), 50], [1, 1], 20, seed=0), [found, None])
    drawn = [sampler.draw(step) for step in range(18)]  # one epoch of the first
    rows = np.concatenate([draw.row[draw.database == 0] for draw in drawn])
    assert sorted(rows) == sorted(found)
    plain = Mixed([len(found), 50], [1, 1], 20, seed=0).draw(3)
    assert np.array_equal(drawn[3].row[10:], plain.row[10:])


def test_what_cannot_be_balanced_is_said() -> None:
    with pytest.raises(RecipeError, match="A: balance by va, but no row has such a label"):
        order(classes(2, 1), how="va_grid")
    with pytest.raises(RecipeError, match=r"how = 'ml_ros' balances by au, got task = 'va'"):
        parse(Balance, {"how": "ml_ros", "task": "va"}, "[[data]]")
    assert Balance(how="ml_ros").task == "au" and Balance(how="va_grid").task == "va"
