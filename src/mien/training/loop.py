"""The training loop: the same for every paper."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from mien.config import Training
from mien.data.batch import Batch
from mien.methods.base import Method
from mien.training.compiled import compiled
from mien.training.optim import learning_rate, set_learning_rate


class Movable(Protocol):
    """A batch of anything: how many faces or frames it holds, and itself on another device."""

    def __len__(self) -> int: ...

    def to(self, device: torch.device) -> "Movable": ...


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
    batches: Callable[[int, int], Iterator[Movable]],
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
    network = compiled(learner.model, learner.method) if settings.compile else learner.model
    step_of, optimizer = accelerator.prepare(Step(network, learner.method), learner.optimizer)
    learner.model.train()
    stream = batches(start * settings.accumulate, settings.steps * settings.accumulate)
    busy, images = 0.0, 0  # validation and saving do not count
    for step in range(start, settings.steps):
        begun = time.perf_counter()
        set_learning_rate(optimizer, learning_rate(step, settings))
        # Dropout is a formula of the step, too; processes do not drop the same units.
        torch.manual_seed(seed * 1_000_003 + step + (accelerator.process_index << 40))
        terms: list[dict[str, Tensor]] = []
        for _ in range(settings.accumulate):
            batch = next(stream).to(accelerator.device)
            images += len(batch)
            last = len(terms) + 1 == settings.accumulate
            with nullcontext() if last else accelerator.no_sync(step_of):  # gradients are exchanged once per update
                terms.append(step_of(batch))
                accelerator.backward(terms[-1]["loss"] / settings.accumulate)
        if settings.clip_norm:
            accelerator.clip_grad_norm_(learner.model.parameters(), settings.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        if learner.average is not None:
            learner.average.update_parameters(learner.model)
        busy += time.perf_counter() - begun
        wanted = (step + 1) % settings.log_every == 0 or step + 1 == settings.steps
        after(step + 1, _means(terms) if wanted else {}, images / busy)


class Step(nn.Module):
    """From a batch to the terms of its loss: what processes share, and average the gradients of.

    The method's own parameters are among them: a gradient that every process has whole is its own mean.
    """

    def __init__(self, model: nn.Module, method: Method) -> None:
        super().__init__()
        self.model, self.method = model, method

    def forward(self, batch: Movable) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = self.method(_Outputs(self.model, batch), batch)
        return terms


class _Outputs(nn.Module):
    """A network as a method sees it: pictures of this process in, float32 outputs of all rows of the batch out."""

    def __init__(self, module: nn.Module, batch: Movable) -> None:
        super().__init__()
        self.module, self._batch = module, batch

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        outputs = {task: z.float() for task, z in self.module(*inputs).items()}
        if not isinstance(self._batch, Batch):  # windows of clips are not shared
            return outputs
        return {task: self._batch.whole(z) for task, z in outputs.items()}


def _means(terms: list[dict[str, Tensor]]) -> dict[str, float]:
    """Mean of each term over the batches of an update, as numbers; reading them waits for the device."""
    return {name: sum(float(t[name].detach()) for t in terms) / len(terms) for name in terms[0]}
