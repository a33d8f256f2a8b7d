from collections.abc import Iterator
from math import cos, pi

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from mien.config import Training
from mien.data.batch import Batch
from mien.methods.base import Method, MethodSettings
from mien.training.loop import Learner, run_loop
from mien.training.optim import averaged, learning_rate, make_optimizer, set_learning_rate


def rate(step: int, **settings: object) -> float:
    return learning_rate(step, Training.model_validate({"lr": 0.2, "steps": 100, "warmup": 0} | settings))


@pytest.mark.parametrize(
    ("step", "share"), [(0, 1), (25, (1 + 0.5**0.5) / 2), (50, 1 / 2), (99, (1 + cos(0.99 * pi)) / 2)]
)
def test_cosine(step: int, share: float) -> None:
    assert rate(step, schedule="cosine") == pytest.approx(0.2 * share)


def test_the_last_cosine_step_still_learns() -> None:
    assert 0 < rate(99, schedule="cosine") < 0.2 * 1e-3


@pytest.mark.parametrize(
    ("step", "share"), [(0, 1), (24, (1 + cos(0.96 * pi)) / 2), (25, 1), (75, 1), (85, (1 + cos(0.4 * pi)) / 2)]
)
def test_cosine_cycles_begin_anew_at_the_full_rate(step: int, share: float) -> None:
    found = rate(step, schedule="cosine", cycles=4)
    assert found == pytest.approx(0.2 * share)
    if step == 85:
        assert found != pytest.approx(0.2 * (1 + cos(0.4 * pi)) / 2 / 4)  # rejected: a peak that sinks by cycle


@pytest.mark.parametrize(("step", "share"), [(0, 1), (9, 1), (10, 0.5), (19, 0.5), (20, 0.25), (99, 0.5**9)])
def test_exponential(step: int, share: float) -> None:
    found = rate(step, schedule="exponential", decay=0.5, decay_every=10)
    assert found == pytest.approx(0.2 * share)
    if step == 9:
        assert found != pytest.approx(0.2 * 0.5**0.9)  # rejected: a decay at every step


@pytest.mark.parametrize("schedule", ["constant", "cosine", "exponential"])
def test_the_warm_up_rises_linearly_and_then_lets_go(schedule: str) -> None:
    for step, share in ((0, 1 / 4), (1, 2 / 4), (3, 1), (4, 1), (30, 1)):
        warm, cold = (rate(step, schedule=schedule, warmup=warmup) for warmup in (4, 0))
        assert warm == pytest.approx(share * cold)
    assert rate(0, schedule=schedule, warmup=4) > 0  # rejected: a first step that learns nothing


def test_constant() -> None:
    assert rate(0, schedule="constant") == rate(99, schedule="constant") == 0.2


def test_only_matrices_and_filters_decay() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    method = nn.Module()
    method.scale, method.frozen = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2), requires_grad=False)
    optimizer = make_optimizer([model, method], Training(weight_decay=0.1))
    decayed, free = optimizer.param_groups
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)
    assert [p.ndim for p in decayed["params"]] == [4, 2]
    assert sum(p is method.scale for p in free["params"]) == 1
    assert len(free["params"]) == 5  # three biases, a norm's weight, the method's own; nothing frozen
    set_learning_rate(optimizer, 0.7)
    assert [group["lr"] for group in optimizer.param_groups] == [0.7, 0.7]


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.9, True), (0.0, False)])
def test_sgd_has_nesterov_momentum(momentum: float, nesterov: bool) -> None:
    optimizer = make_optimizer([nn.Linear(2, 1)], Training(momentum=momentum))
    assert isinstance(optimizer, torch.optim.SGD)
    assert all((g["momentum"], g["nesterov"]) == (momentum, nesterov) for g in optimizer.param_groups)


def test_adamw_has_its_betas() -> None:
    optimizer = make_optimizer([nn.Linear(2, 1)], Training(optimizer="adamw", betas=(0.5, 0.999)))
    assert isinstance(optimizer, torch.optim.AdamW)
    assert all(g["betas"] == (0.5, 0.999) for g in optimizer.param_groups)


def test_the_average_starts_as_a_copy_and_then_follows() -> None:
    model = nn.BatchNorm1d(1)
    average = averaged(model, 0.9)
    assert average is not None
    for weight, mean in ((4.0, 1.0), (2.0, 3.0), (1.0, 0.0)):
        with torch.no_grad():
            model.weight.fill_(weight)
            model.running_mean.fill_(mean)  # type: ignore[union-attr]
        average.update_parameters(model)
    assert average.module.weight.item() == pytest.approx(0.9 * (0.9 * 4 + 0.1 * 2) + 0.1 * 1)
    assert average.module.running_mean.item() == pytest.approx(0.9 * (0.9 * 1 + 0.1 * 3))


def test_without_decay_there_is_no_average() -> None:
    assert averaged(nn.Linear(1, 1), 0.0) is None


class Line(nn.Module):
    """y = w x, with x the brightness of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([[2.0]]))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {"va": image.mean(dim=(1, 2, 3))[:, None] @ self.w}


class Square(Method):
    """The mean of y^2."""

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        y = model(batch.image)["va"]
        return {"loss": y.square().mean(), "size": torch.tensor(float(len(batch)))}


def faces(brightness: float, count: int = 2) -> Batch:
    empty = {"va": torch.zeros(count, 1)}
    image = torch.full((count, 3, 4, 4), brightness)
    return Batch(image, empty, {"va": empty["va"] == 0}, torch.zeros(count, dtype=torch.int64))


def loop(start: int = 0, **settings: object) -> tuple[float, list[tuple[int, dict[str, float]]], list[int]]:
    """The weight after training, what was told, and the batches that were asked for: their brightness is number + 1."""
    model, asked, told = Line(), [], []

    def batches(first: int, stop: int) -> Iterator[Batch]:
        for number in range(first, stop):
            asked.append(number)
            yield faces(number + 1.0)

    defaults = {"lr": 0.01, "momentum": 0.0, "weight_decay": 0.0, "schedule": "constant", "warmup": 0, "clip_norm": 0.0}
    training = Training.model_validate(defaults | {"log_every": 1} | settings)
    learner = Learner(model, Square(MethodSettings(name="square"), {}), make_optimizer([model], training), None)
    run_loop(learner, Accelerator(), batches, training, 0, start, lambda step, terms, _: told.append((step, terms)))
    return model.w.item(), told, asked


def test_an_update_follows_the_gradient() -> None:
    weight, told, asked = loop(steps=1)
    assert weight == pytest.approx(2 - 0.01 * 2 * 2 * 1**2)  # d/dw (w x)^2 = 2 w x^2
    assert told == [(1, {"loss": 4.0, "size": 2.0})] and asked == [0]


def test_an_accumulated_update_follows_the_mean_gradient_of_its_batches() -> None:
    weight, told, asked = loop(steps=1, accumulate=2)
    one, two = 2 * 2 * 1**2, 2 * 2 * 2**2
    assert weight == pytest.approx(2 - 0.01 * (one + two) / 2)
    assert weight != pytest.approx(2 - 0.01 * (one + two))  # rejected: the sum
    assert weight != pytest.approx(2 - 0.01 * one - 0.01 * 2 * (2 - 0.01 * one) * 2**2)  # rejected: two updates
    assert told == [(1, {"loss": (4 + 16) / 2, "size": 2.0})] and asked == [0, 1]


def test_it_goes_on_with_the_batches_of_its_step() -> None:
    _, told, asked = loop(start=2, steps=4, accumulate=3)
    assert [step for step, _ in told] == [3, 4] and asked == [6, 7, 8, 9, 10, 11]


def test_terms_are_read_when_they_are_logged() -> None:
    _, told, _ = loop(steps=5, log_every=2)
    assert [bool(terms) for _, terms in told] == [False, True, False, True, True]  # the last one always


def test_gradients_are_clipped_by_their_norm() -> None:
    weight, _, _ = loop(steps=1, clip_norm=1.0)
    assert weight == pytest.approx(2 - 0.01 * 1)
