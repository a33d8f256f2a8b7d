"""Loss weights by hand: learned variances and dynamic averages."""

from math import exp, log

import pytest
import torch
from torch import Tensor

from mien.errors import RecipeError
from mien.labels import LabelSet
from mien.methods import make_method
from mien.methods.balancing import DynamicAverage, Uncertainty

TASKS = ("expression", "va")
LABELS: LabelSet = {"expression": ("neutral", "fear"), "va": ("valence", "arousal")}
BOTH = {"expression": torch.tensor(True), "va": torch.tensor(True)}


def losses(expression: float, va: float) -> dict[str, Tensor]:
    return {"expression": torch.tensor(expression), "va": torch.tensor(va)}


def test_a_variance_by_hand() -> None:
    """sigma^2 = 4 of the classes, 1/2 of the values: 2 / 4 + log 2, and 3 / (2 * 1/2) - log(2) / 2.

    Wrong: + log sigma^2 in the place of log sigma, 0.5 + 2 log 2; a half for classes, too, 0.25 + log 2; and the
    positive form of others, log(1 + sigma^2).
    """
    balance = Uncertainty(TASKS)
    with torch.no_grad():
        balance.log_variance.copy_(torch.tensor([log(4), -log(2)]))
    found = balance(losses(2.0, 3.0), BOTH)
    assert found["expression"].item() == pytest.approx(0.5 + log(2))
    assert found["va"].item() == pytest.approx(3 - log(2) / 2)
    assert balance.weights.tolist() == pytest.approx([0.25, 1.0])


def test_it_starts_at_one_and_a_half_and_ends_where_every_weighted_loss_is_a_half() -> None:
    balance = Uncertainty(TASKS)
    assert balance.weights.tolist() == [1.0, 0.5]
    optimizer = torch.optim.SGD(balance.parameters(), lr=0.2)
    for _ in range(300):
        optimizer.zero_grad()
        sum(balance(losses(2.0, 0.1), BOTH).values()).backward()  # type: ignore[union-attr]
        optimizer.step()
    assert (balance.weights * torch.tensor([2.0, 0.1])).tolist() == pytest.approx([0.5, 0.5], rel=1e-3)


def test_a_task_without_labels_in_the_batch_keeps_its_variance() -> None:
    """Rejected: the price for every task in every batch, by which an absent task's weight grows without end."""
    balance = Uncertainty(TASKS)
    found = balance(losses(2.0, 0.0), BOTH | {"va": torch.tensor(False)})
    sum(found.values()).backward()  # type: ignore[union-attr]
    assert found["va"] == 0
    assert balance.log_variance.grad is not None
    assert balance.log_variance.grad.tolist() == pytest.approx([0.5 - 2.0, 0.0])


def test_dynamic_average_by_hand() -> None:
    """Means 4, 2 in the first period and 2, 2 in the second: r = 1/2, 1; w = 2 exp(r / 2) / (exp(1/4) + exp(1/2)).

    Wrong: r upside down (2, 1), which favours the task that falls; and weights that add up to 1, not to K.
    """
    balance = DynamicAverage(TASKS, period=2)
    shown = []
    for values in ((3, 1), (5, 3), (1, 2), (3, 2), (9, 9)):
        shown.append(balance.weights.tolist())
        balance(losses(*map(float, values)), BOTH)
    assert shown[:4] == [[1.0, 1.0]] * 4, "nothing is known before two periods"
    whole = exp(0.25) + exp(0.5)
    assert shown[4] == pytest.approx([2 * exp(0.25) / whole, 2 * exp(0.5) / whole])
    assert balance(losses(1.0, 1.0), BOTH)["va"].item() == pytest.approx(shown[4][1])


def test_batches_without_labels_of_a_task_do_not_lower_its_mean() -> None:
    balance = DynamicAverage(TASKS, period=2)
    absent = BOTH | {"va": torch.tensor(False)}
    for values, given in (((2.0, 4.0), BOTH), ((2.0, 0.0), absent), ((2.0, 4.0), BOTH), ((2.0, 0.0), absent)):
        balance(losses(*values), given)
    assert balance.means.tolist() == [[2.0, 4.0], [2.0, 4.0]]
    assert balance.weights.tolist() == [1.0, 1.0]
    never = DynamicAverage(TASKS, period=1)
    for _ in range(3):
        never(losses(2.0, 0.0), absent)
    assert never.weights.tolist() == [1.0, 1.0]


def test_a_large_temperature_makes_them_alike_and_validation_is_not_remembered() -> None:
    balance = DynamicAverage(TASKS, period=1, temperature=1e6)
    for values in ((4.0, 1.0), (1.0, 4.0)):
        balance(losses(*values), BOTH)
    assert balance.weights.tolist() == pytest.approx([1.0, 1.0], abs=1e-5)
    before = {name: tensor.clone() for name, tensor in balance.state_dict().items()}
    with torch.no_grad():
        balance(losses(7.0, 7.0), BOTH)
    balance.eval()(losses(7.0, 7.0), BOTH)
    assert all(torch.equal(tensor, before[name]) for name, tensor in balance.state_dict().items())


def test_what_is_learned_and_remembered_is_in_the_state() -> None:
    for how, names in (
        ("uncertainty", {"log_variance"}),
        ("dwa", {"total", "count", "batches", "means"}),
        ("none", set()),
    ):
        method = make_method({"name": "joint", "balance_losses": how}, LABELS)
        assert set(method.state_dict()) == {f"balancing.{name}" for name in names}


@pytest.mark.parametrize("settings", [{"balance_losses": "kendall"}, {"dwa_period": 0}, {"gradients": "pcgard"}])
def test_wrong_values_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=rf"\[method\]: {next(iter(settings))}"):
        make_method({"name": "joint", **settings}, LABELS)
