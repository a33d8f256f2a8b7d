from math import log

import pytest
import torch
from torch import Tensor

from mien.losses import LOSSES
from mien.losses.valence_arousal import ccc_loss
from mien.models.outputs import binned_va, va


def everywhere(*shape: int) -> Tensor:
    return torch.ones(*shape, dtype=torch.bool)


def column(*values: float) -> Tensor:
    return torch.tensor(values)[:, None]


def logit_of(values: Tensor) -> Tensor:
    """The z that is read as ``values``: tanh(z / 2) = v."""
    return 2 * torch.atanh(values)


PREDS, TRUTH = column(0.0, 0.5, 0.1), column(0.0, 0.6, 0.6)
# means 0.2 and 0.4; population variances 0.14/3 and 0.24/3; covariance ((-.2)(-.4) + .3*.2 + (-.1)(.2)) / 3 = 0.12/3
CCC = (2 * 0.12 / 3) / (0.14 / 3 + 0.24 / 3 + 0.2**2)
SAMPLE_CCC = (2 * 0.12 / 2) / (0.14 / 2 + 0.24 / 2 + 0.2**2)


def test_ccc_has_population_moments() -> None:
    found = ccc_loss(PREDS, TRUTH, everywhere(3, 1)).item()
    assert pytest.approx(0.48) == CCC
    assert found == pytest.approx(1 - CCC)
    assert found != pytest.approx(1 - SAMPLE_CCC)  # rejected: ddof = 1
    assert found != pytest.approx(1 - 0.12 / (0.14 * 0.24) ** 0.5)  # rejected: Pearson's correlation


def test_ccc_is_the_mean_of_its_columns_over_their_own_labels() -> None:
    nothing = column(float("nan"), 0.0, 0.0)
    preds = torch.cat([torch.cat([PREDS, column(9.0)]), column(0.3, 0.0, 0.5, 0.1)], dim=1)
    target = torch.cat([torch.cat([TRUTH, column(float("nan"))]), torch.cat([nothing[:1], TRUTH])], dim=1)
    mask = torch.tensor([[True, False], [True, True], [True, True], [False, True]])
    assert ccc_loss(preds, target, mask).item() == pytest.approx(1 - CCC)


def test_a_perfect_prediction_costs_nothing() -> None:
    assert ccc_loss(TRUTH, TRUTH, everywhere(3, 1)).item() == pytest.approx(0, abs=1e-6)


def test_the_opposite_costs_two() -> None:
    centred = TRUTH - TRUTH.mean()
    assert ccc_loss(-centred, centred, everywhere(3, 1)).item() == pytest.approx(2)


@pytest.mark.parametrize("target", [column(0.4, 0.4, 0.4), column(-0.1, -0.1, -0.1)])
def test_a_target_that_is_constant_is_left_out(target: Tensor) -> None:
    both = ccc_loss(PREDS.expand(3, 2), torch.cat([TRUTH, target], dim=1), everywhere(3, 2)).item()
    assert both == pytest.approx(1 - CCC)
    assert both != pytest.approx((1 - CCC) / 2)  # rejected: counted as a loss of 0
    assert both != pytest.approx((1 - CCC + 1) / 2)  # rejected: counted as a CCC of 0


def test_one_label_is_left_out() -> None:
    mask = everywhere(3, 2)
    mask[1:, 1] = False
    preds = PREDS.expand(3, 2).clone().requires_grad_()
    value = ccc_loss(preds, TRUTH.expand(3, 2), mask)
    assert value.item() == pytest.approx(1 - CCC)
    value.backward()
    assert preds.grad is not None
    assert preds.grad[:, 0].all() and not preds.grad[:, 1].any()


def test_when_no_column_is_defined_it_is_zero_with_a_zero_gradient() -> None:
    preds = PREDS.clone().requires_grad_()
    value = ccc_loss(preds, column(0.4, 0.4, 0.4), everywhere(3, 1))
    (gradient,) = torch.autograd.grad(value, preds)
    assert value == 0 and torch.equal(gradient, torch.zeros(3, 1))


def test_a_prediction_that_is_constant_has_a_ccc_of_zero() -> None:
    preds = torch.full((3, 1), 0.4, requires_grad=True)
    value = ccc_loss(preds, TRUTH, everywhere(3, 1))
    (gradient,) = torch.autograd.grad(value, preds)
    assert value.item() == pytest.approx(1)
    assert gradient.isfinite().all() and gradient.any()


def test_mse_by_hand() -> None:
    logits = logit_of(torch.tensor([[0.5, 0.0], [-0.5, 0.9]]))
    target = torch.tensor([[0.0, 0.2], [-1.0, float("nan")]])
    mask = torch.tensor([[True, True], [True, False]])
    found = LOSSES["va_mse"](logits, target, mask).item()
    assert found == pytest.approx((0.25 + 0.04 + 0.25) / 3)
    assert found != pytest.approx((0.25 + 0.04 + 0.25) / 4)  # rejected: the mean over all entries


@pytest.mark.parametrize("name", ["va_mse", "va_ccc"])
def test_they_read_the_outputs_as_a_person_does(name: str) -> None:
    logits = torch.randn(9, 2, generator=torch.Generator().manual_seed(0))
    assert LOSSES[name](logits, va(logits), everywhere(9, 2)).item() == pytest.approx(0, abs=1e-6)
    wrong = LOSSES[name](logits, torch.tanh(logits), everywhere(9, 2)).item()
    assert wrong > 1e-3  # rejected: tanh(z)


def certain(bins: list[int], count: int) -> Tensor:
    """(B, 1, count) outputs that are sure of a bin."""
    return 100 * torch.nn.functional.one_hot(torch.tensor(bins), count).float()[:, None]


def test_bins_are_equal_and_the_last_one_holds_the_end() -> None:
    target = column(-1.0, -0.51, -0.5, 0.0, 0.49, 1.0)
    right = LOSSES["va_binned"](certain([0, 0, 1, 2, 2, 3], 4), target, everywhere(6, 1))
    assert right < 0.1
    for one_wrong in ([1, 0, 1, 2, 2, 3], [0, 0, 0, 2, 2, 3], [0, 0, 1, 1, 2, 3], [0, 0, 1, 2, 3, 3]):
        assert LOSSES["va_binned"](certain(one_wrong, 4), target, everywhere(6, 1)) > 10


def test_binned_by_hand() -> None:
    # Four bins with centres -0.75, -0.25, 0.25, 0.75.
    logits = torch.tensor([[[0.0, log(3), 0.0, 0.0]], [[0.0, 0.0, 0.0, log(5)]]])
    target = column(-0.25, 0.75)
    expected = column((-0.75 - 3 * 0.25 + 0.25 + 0.75) / 6, (-0.75 - 0.25 + 0.25 + 5 * 0.75) / 8)
    entropy = (log(2) + log(8 / 5)) / 2
    found = LOSSES["va_binned"](logits, target, everywhere(2, 1)).item()
    assert found == pytest.approx(entropy + ccc_loss(expected, target, everywhere(2, 1)).item())
    stretched = ccc_loss(expected * 4 / 3, target, everywhere(2, 1)).item()
    assert found != pytest.approx(entropy + stretched, abs=1e-3)  # rejected: linspace(-1, 1, 4) as centres


def test_binned_reads_the_expectation_as_a_person_does() -> None:
    logits = torch.randn(9, 2, 20, generator=torch.Generator().manual_seed(0))
    truth = binned_va(logits)
    bins = ((truth + 1) * 10).long()
    entropy = -logits.log_softmax(dim=2).gather(2, bins[..., None]).mean()
    found = LOSSES["va_binned"](logits, truth, everywhere(9, 2))
    assert (found - entropy).item() == pytest.approx(0, abs=1e-5)


def test_binned_counts_the_labelled_entries_alone() -> None:
    logits = torch.zeros(4, 2, 8)
    target = torch.full((4, 2), float("nan"))
    target[0, 0] = 0.3
    mask = torch.zeros(4, 2, dtype=torch.bool)
    mask[0, 0] = True
    found = LOSSES["va_binned"](logits, target, mask).item()
    assert found == pytest.approx(log(8))  # one label: the CCC is undefined and left out
    assert found != pytest.approx(log(8) / 8)  # rejected: the mean over all entries
