from math import exp, log

import pytest
import torch

from mien.losses import LOSSES

loss = LOSSES["soft_cross_entropy"]
ALL = torch.ones(1, 3, dtype=torch.bool)


def test_a_hard_label() -> None:
    logits = torch.tensor([[0.0, log(2), log(5)]])  # probabilities 1/8, 2/8, 5/8
    assert loss(logits, torch.tensor([[0.0, 0.0, 1.0]]), ALL).item() == pytest.approx(log(8 / 5))


def test_votes_weigh_by_their_share() -> None:
    logits = torch.tensor([[0.0, log(2), log(5)]])
    found = loss(logits, torch.tensor([[0.5, 0.25, 0.25]]), ALL).item()
    assert found == pytest.approx(0.5 * log(8) + 0.25 * log(4) + 0.25 * log(8 / 5))
    assert found != pytest.approx(log(8))  # rejected: the largest vote as a hard label


def test_the_mean_is_over_labelled_rows() -> None:
    logits = torch.zeros(4, 3)
    target, mask = torch.zeros(4, 3), torch.zeros(4, 3, dtype=torch.bool)
    target[0, 1], mask[0] = 1, True
    found = loss(logits, target, mask).item()
    assert found == pytest.approx(log(3))
    assert found != pytest.approx(log(3) / 4)  # rejected: the mean over all rows
    assert found != pytest.approx(log(3) / 3)  # rejected: the mean over labelled entries


def test_a_class_that_could_not_be_chosen_takes_no_part_in_the_softmax() -> None:
    logits = torch.tensor([[0.0, log(3), 4.0]], requires_grad=True)
    mask = torch.tensor([[True, True, False]])
    found = loss(logits, torch.tensor([[1.0, 0.0, 0.0]]), mask)
    assert found.item() == pytest.approx(log(4))
    assert found.item() != pytest.approx(log(1 + 3 + exp(4)))  # rejected: the excluded class in the softmax
    found.backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [pytest.approx([1 / 4 - 1, 3 / 4, 0.0])]
    assert logits.grad[0, 2] == 0


@pytest.mark.parametrize("low", [-9000.0, -20000.0, -60000.0])
def test_it_takes_no_part_however_low_the_others_are(low: float) -> None:
    logits = torch.tensor([[low, low, 0.0]], dtype=torch.float16)
    found = loss(logits, torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[True, True, False]]))
    assert found.item() == pytest.approx(log(2))


def test_rows_with_other_choices_keep_their_own_softmax() -> None:
    logits = torch.zeros(2, 3)
    target = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    assert loss(logits, target, mask).item() == pytest.approx((log(3) + log(2)) / 2)
