"""The training loop: the same for every paper."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from mien.config import Training
from mien.data.batch import Batch
from mien.methods.base import Method
from mien.training.optim import learning_rate, set_learning_rate


class Watcher(Protocol):
    """Who is told how training goes: a progress bar, a test, nobody."""

    def say(self, text: str) -> None:
        """Something the user should know."""

    def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
        """Update ``step`` of ``steps`` is done."""


class Silent:
    """A watcher that does nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
        """Nothing."""


@dataclass
class Learner:
    """What the loop moves: a network, the method that trains it, the optimiser, the averaged weights."""

    model: nn.Module
    method: Method
    optimizer: torch.optim.Optimizer
    average: AveragedModel | None

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Everything that has a state."""
        parts: dict[str, nn.Module] = {"model": self.model, "method": self.method}
        return parts | ({"average": self.average} if self.average is not None else {})

    @property
    def best_model(self) -> nn.Module:
        """The network to evaluate and to keep: the averaged one where there is one."""
        return self.average.module if self.average is not None else self.model


def run_loop(
    learner: Learner,
    accelerator: Accelerator,
    batches: Callable[[int, int], Iterator[Batch]],
    settings: Training,
    seed: int,
    start: int,
    after: Callable[[int, dict[str, float], float], None],
) -> None:
    """Train from update ``start`` to ``settings.steps``.

    Args:
        learner: is changed in place.
        accelerator: device, precision and processes.
        batches: from start to stop, the batches of these numbers; an update takes ``settings.accumulate`` of them.
        settings: optimisation.
        seed: of dropout.
        start: updates that are already done.
        after: called after every update with the number of updates done, the terms of the loss (empty between two
            logs), and the images per second of training so far.
    """
    model, optimizer = accelerator.prepare(learner.model, learner.optimizer)
    model.train()
    stream = batches(start * settings.accumulate, settings.steps * settings.accumulate)
    busy, images = 0.0, 0  # validation and saving do not count
    for step in range(start, settings.steps):
        begun = time.perf_counter()
        set_learning_rate(optimizer, learning_rate(step, settings))
        torch.manual_seed(seed * 1_000_003 + step)  # dropout is a formula of the step, too
        terms: list[dict[str, Tensor]] = []
        for _ in range(settings.accumulate):
            batch = next(stream).to(accelerator.device)
            images += len(batch) * accelerator.num_processes
            with accelerator.autocast():
                terms.append(learner.method(model, batch))
            accelerator.backward(terms[-1]["loss"] / settings.accumulate)
        if accelerator.num_processes > 1:
            _share_gradients(accelerator, learner.method)
        if settings.clip_norm:
            accelerator.clip_grad_norm_(model.parameters(), settings.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        if learner.average is not None:
            learner.average.update_parameters(accelerator.unwrap_model(model))
        busy += time.perf_counter() - begun
        wanted = (step + 1) % settings.log_every == 0 or step + 1 == settings.steps
        after(step + 1, _means(terms) if wanted else {}, images / busy)


def _share_gradients(accelerator: Accelerator, method: Method) -> None:
    """The mean over the processes of the gradients of what a method learns; the network's own are shared already."""
    for parameter in method.parameters():
        if parameter.grad is not None:
            parameter.grad = accelerator.reduce(parameter.grad, "mean")


def _means(terms: list[dict[str, Tensor]]) -> dict[str, float]:
    """Mean of each term over the batches of an update, as numbers; reading them waits for the device."""
    return {name: sum(float(t[name].detach()) for t in terms) / len(terms) for name in terms[0]}
