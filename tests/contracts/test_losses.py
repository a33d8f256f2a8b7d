"""What every loss promises, held over the whole registry: a new entry is tested by being registered."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from mien.losses import LOSSES, Loss

ROWS, LABELS, BINS = 8, 4, 5
UNREAD = [float("nan"), float("inf"), 1e30, -1e30]


class Case(NamedTuple):
    logits: Tensor
    target: Tensor
    mask: Tensor


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def some_labels(columns: int) -> Tensor:
    """(ROWS, columns): two rows without labels, two in full, the others in part, at least two labels per column."""
    mask = torch.rand(ROWS, columns, generator=generator()) < 0.6
    mask[0], mask[1], mask[2], mask[3] = False, True, True, False
    mask[4:, 0] = True
    return mask


def classes() -> Case:
    mask = some_labels(LABELS)
    shares = torch.rand(ROWS, LABELS, generator=generator()) * mask
    return Case(random_logits(LABELS), shares / shares.sum(dim=1, keepdim=True).clamp(min=1e-9), mask)


def present_or_absent() -> Case:
    target = (torch.rand(ROWS, LABELS, generator=generator()) < 0.5).float()
    return Case(random_logits(LABELS), target, some_labels(LABELS))


def intensities() -> Case:
    return Case(random_logits(LABELS), 5 * torch.rand(ROWS, LABELS, generator=generator()), some_labels(LABELS))


def two_numbers() -> Case:
    return Case(random_logits(2), 2 * torch.rand(ROWS, 2, generator=generator()) - 1, some_labels(2))


def two_rows_of_bins() -> Case:
    return Case(random_logits(2, BINS), *two_numbers()[1:])


def random_logits(*shape: int) -> Tensor:
    return 2 * torch.randn(ROWS, *shape, generator=generator())


CASES: dict[str, Callable[[], Case]] = {
    "soft_cross_entropy": classes,
    "masked_bce": present_or_absent,
    "selective_bce": present_or_absent,
    "intensity_mse": intensities,
    "va_mse": two_numbers,
    "va_ccc": two_numbers,
    "va_binned": two_rows_of_bins,
}


def example(name: str, loss: Loss) -> Case:
    """Inputs for a loss: by name, and for one that the table does not know the first that it takes."""
    if name in CASES:
        return CASES[name]()
    for make in dict.fromkeys(CASES.values()):
        case = make()
        try:
            value = loss(*case)
        except (RuntimeError, IndexError, ValueError, TypeError):
            continue
        if value.shape == () and value.isfinite():
            return case
    pytest.fail(f"None of the known inputs suits the loss {name!r}: name its inputs in CASES of {__file__}")


@pytest.fixture(params=LOSSES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def loss(name: str) -> Loss:
    return LOSSES[name]


@pytest.fixture
def case(name: str, loss: Loss) -> Case:
    return example(name, loss)


def value_and_gradient(loss: Loss, logits: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    z = logits.clone().requires_grad_()
    value = loss(z, target, mask)
    (gradient,) = torch.autograd.grad(value, z)
    return value.detach(), gradient


def test_it_is_one_number_that_can_fall(loss: Loss, case: Case) -> None:
    value, gradient = value_and_gradient(loss, *case)
    assert value.shape == () and value.dtype == torch.float32 and value.isfinite() and value > 0
    assert gradient.isfinite().all() and gradient.any()


@pytest.mark.parametrize("unread", UNREAD)
def test_targets_under_the_mask_change_no_bit(loss: Loss, case: Case, unread: float) -> None:
    expected = value_and_gradient(loss, *case)
    found = value_and_gradient(loss, case.logits, case.target.masked_fill(~case.mask, unread), case.mask)
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])


def test_rows_without_labels_get_no_gradient(loss: Loss, case: Case) -> None:
    _, gradient = value_and_gradient(loss, *case)
    unlabelled = ~case.mask.any(dim=1)
    assert unlabelled.sum() == 2
    assert not gradient[unlabelled].any()


def test_it_is_the_loss_of_the_labelled_rows_alone(loss: Loss, case: Case) -> None:
    rows = case.mask.any(dim=1)
    value, gradient = value_and_gradient(loss, *case)
    alone, its_gradient = value_and_gradient(loss, *(part[rows] for part in case))
    torch.testing.assert_close(value, alone, rtol=1e-6, atol=0)
    torch.testing.assert_close(gradient[rows], its_gradient, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("unread", [0.0, float("nan")])
def test_without_any_label_it_is_zero_with_a_zero_gradient(loss: Loss, case: Case, unread: float) -> None:
    nothing = torch.zeros_like(case.mask)
    value, gradient = value_and_gradient(loss, case.logits, torch.full_like(case.target, unread), nothing)
    assert value == 0
    assert torch.equal(gradient, torch.zeros_like(gradient))


@pytest.mark.parametrize("extreme", [60000.0, -60000.0])
@pytest.mark.parametrize("alternating", [False, True])
def test_extreme_float16_outputs_stay_finite(loss: Loss, case: Case, extreme: float, alternating: bool) -> None:
    logits = torch.full_like(case.logits, extreme)
    if alternating:
        logits.flatten()[::2] *= -1
    value, gradient = value_and_gradient(loss, logits.half(), case.target, case.mask)
    assert value.isfinite() and gradient.dtype == torch.float16 and gradient.isfinite().all()


def test_the_gradient_is_that_of_finite_differences(loss: Loss, case: Case) -> None:
    _, gradient = value_and_gradient(loss, *case)
    steps = torch.randn(5, *case.logits.shape, generator=generator())
    for step in steps / steps.flatten(1).norm(dim=1).reshape(-1, *[1] * case.logits.ndim):
        high, low = (loss(case.logits + side * 1e-2 * step, case.target, case.mask) for side in (1, -1))
        torch.testing.assert_close((high - low) / 2e-2, (gradient * step).sum(), rtol=1e-2, atol=2e-4)


def test_it_changes_neither_target_nor_mask(loss: Loss, case: Case) -> None:
    target, mask = case.target.clone(), case.mask.clone()
    loss(*case)
    assert torch.equal(target, case.target) and torch.equal(mask, case.mask)


def test_a_new_loss_finds_its_inputs() -> None:
    def binned_only(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return (logits.softmax(dim=2)[..., 0] * mask).sum()

    assert example("new", binned_only).logits.shape == (ROWS, 2, BINS)


def test_a_new_loss_that_fits_nothing_says_what_to_do() -> None:
    def other_shapes(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        raise ValueError

    with pytest.raises(pytest.fail.Exception, match="'new': name its inputs in CASES"):
        example("new", other_shapes)
