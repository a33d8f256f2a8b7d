import pytest
import torch

from mien.losses.masked import known, masked_mean

VALUES = torch.tensor([[1.0, 5.0, 3.0], [7.0, 9.0, 11.0], [2.0, 2.0, 2.0]])
MASK = torch.tensor([[True, False, True], [False, True, False], [False, False, False]])


def test_the_mean_of_the_labelled_entries() -> None:
    found = masked_mean(VALUES, MASK)
    assert found == (1 + 3 + 9) / 3
    assert found != pytest.approx((1 + 3 + 9) / 9)  # rejected: divided by all entries
    assert found != pytest.approx((2 + 9) / 2)  # rejected: mean of the rows' means


def test_along_an_axis_an_empty_one_is_zero() -> None:
    assert masked_mean(VALUES, MASK, dim=1).tolist() == [2, 9, 0]
    assert masked_mean(VALUES, MASK, dim=0).tolist() == [1, 9, 3]


@pytest.mark.parametrize("dim", [None, 0, 1])
def test_nothing_labelled_is_zero_with_a_zero_gradient(dim: int | None) -> None:
    values = VALUES.clone().requires_grad_()
    mean = masked_mean(values, torch.zeros_like(MASK), dim)
    assert not mean.any()
    (gradient,) = torch.autograd.grad(mean.sum(), values)
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_the_gradient_is_one_over_the_number_of_labels() -> None:
    values = VALUES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(masked_mean(values, MASK), values)
    torch.testing.assert_close(gradient, MASK / 3)


def test_known_hides_what_stands_under_the_mask() -> None:
    target = torch.tensor([[1.0, float("nan"), 2.0]], dtype=torch.float64)
    found = known(target, MASK[:1])
    assert found.dtype == torch.float32 and found.tolist() == [[1, 0, 2]]
