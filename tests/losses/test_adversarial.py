from math import exp, log

import pytest
import torch

from mien.losses.adversarial import critic_loss, gradient_penalty, maker_loss, sameness


def s(x: float) -> float:
    return 1 / (1 + exp(-x))


def test_hand_worked() -> None:
    real, made = torch.tensor([2.0, 0.0]), torch.tensor([-1.0])
    assert float(critic_loss(real, made)) == pytest.approx(-(log(s(2)) + log(0.5)) / 2 - log(1 - s(-1)))
    assert float(maker_loss(made)) == pytest.approx(-log(s(-1)))
    assert float(maker_loss(made)) != pytest.approx(log(1 - s(-1)))  # rejected: the form whose gradient vanishes


def test_a_generator_that_loses_still_learns() -> None:
    made = torch.tensor([-20.0], requires_grad=True)
    maker_loss(made).backward()
    assert made.grad is not None and made.grad.item() == pytest.approx(-1)


def test_sameness_hand_worked() -> None:
    noise = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 4.0], [1.0, 1.0]])  # pairs: rows 0 and 2, 1 and 3
    made = torch.zeros(4, 3, 2, 2)
    made[2] = 0.5
    assert float(sameness(noise, made)) == pytest.approx((3 / 0.51 + 0 / 0.01) / 2)
    assert float(sameness(noise, made)) != pytest.approx((0.51 / 3) / 2)  # rejected: the inverse, which would collapse
    made.requires_grad_()
    sameness(noise, made + torch.rand_like(made) * 1e-3).backward()
    assert made.grad is not None and made.grad[2].sum() < 0  # a step down the gradient drives the pair apart


def test_the_penalty_is_the_squared_gradient_of_each_face() -> None:
    faces = torch.rand(3, 3, 2, 2, requires_grad=True)
    weight = torch.arange(12.0).reshape(3, 2, 2)
    scores = (faces * weight).sum(dim=(1, 2, 3)) * torch.tensor([1.0, 2.0, 0.0])
    one = float(weight.square().sum())
    # rejected: the norm, which would be 1, 2, 0 times
    assert gradient_penalty(scores, faces).tolist() == pytest.approx([one, 4 * one, 0])


def test_the_penalty_itself_can_be_minimised() -> None:
    faces = torch.rand(2, 3, 2, 2, requires_grad=True)
    factor = torch.tensor(3.0, requires_grad=True)
    gradient_penalty(factor * faces.sum(dim=(1, 2, 3)), faces).mean().backward()
    assert factor.grad is not None and factor.grad.item() == pytest.approx(2 * 3 * 12)
