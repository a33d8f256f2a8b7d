"""Weights of the tasks' losses that change while a network learns."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

REGRESSION = ("au_intensity", "va")
Losses = dict[str, Tensor]


class LossBalance(nn.Module):
    """Turns the tasks' losses into terms to add up. What it learns or remembers is in its state_dict."""

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)

    def forward(self, losses: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Losses:
        """The terms.

        Args:
            losses: task -> scalar.
            given: task -> scalar bool: whether any face of the batch taught it. A loss without labels is 0, and that
                says nothing about the task.
        """
        raise NotImplementedError

    @property
    def weights(self) -> Tensor:
        """(tasks,) what each loss is multiplied by, without gradient."""
        raise NotImplementedError


class Uncertainty(LossBalance):
    """Each task's loss is divided by a variance that is learned with the network, and pays for it:

        sum_t c_t exp(-s_t) L_t + s_t / 2,   s = log sigma^2,   c = 1 for classes and action units, 1/2 for values

    over the tasks with labels in the batch: the second part alone would drive the variance of an absent task to 0. For
    a constant loss the best weight c exp(-s) is 1 / (2 L): every weighted loss comes to 1/2.

    *Source*: Kendall, Gal & Cipolla 2018, "Multi-task learning using uncertainty to weigh losses", equation 10 and its
    advice to learn s. Ours: 1 - CCC counts as a loss of values.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks)
        self.log_variance = nn.Parameter(torch.zeros(len(self.tasks)))
        factor = torch.tensor([0.5 if task in REGRESSION else 1.0 for task in self.tasks])
        self.factor: Tensor
        self.register_buffer("factor", factor, persistent=False)

    def forward(self, losses: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Losses:
        weights = self.factor * torch.exp(-self.log_variance)
        price = self.log_variance / 2
        return {task: weights[i] * losses[task] + given[task] * price[i] for i, task in enumerate(self.tasks)}

    @property
    def weights(self) -> Tensor:
        return (self.factor * torch.exp(-self.log_variance)).detach()


class DynamicAverage(LossBalance):
    """A task whose loss falls more slowly than the others' weighs more:

        w_t = K exp(r_t / T) / sum_k exp(r_k / T),   r_t = mean L_t of the last period / of the one before

    for K tasks; r = 1 until both are known, and for a task without labels in either.

    Args:
        tasks: their names.
        period: batches whose losses are averaged. The paper's is an epoch, which mixed databases do not have.
        temperature: T, above 0; large ones make the weights alike.

    *Source*: Liu, Johns & Davison 2019, "End-to-end multi-task learning with attention", equation 7, with T = 2.
    """

    def __init__(self, tasks: Sequence[str], period: int = 100, temperature: float = 2.0) -> None:
        super().__init__(tasks)
        self.period, self.temperature = period, temperature
        self.total: Tensor
        self.count: Tensor
        self.batches: Tensor
        self.means: Tensor
        self.register_buffer("total", torch.zeros(len(self.tasks)))  # of this period
        self.register_buffer("count", torch.zeros(len(self.tasks)))
        self.register_buffer("batches", torch.zeros(()))
        self.register_buffer("means", torch.zeros(2, len(self.tasks)))  # of the last period and the one before; 0: none

    @property
    def weights(self) -> Tensor:
        last, before = self.means
        known = (last > 0) & (before > 0)
        ratio = torch.where(known, last / before.clamp(min=1e-12), 1.0)
        return len(self.tasks) * torch.softmax(ratio / self.temperature, dim=0)

    def forward(self, losses: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Losses:
        weights = self.weights
        if self.training and torch.is_grad_enabled():
            self._remember(losses, given)
        return {task: weights[i] * losses[task] for i, task in enumerate(self.tasks)}

    @torch.no_grad()
    def _remember(self, losses: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
        there = torch.stack([given[task] for task in self.tasks]).float()
        self.total += torch.stack([losses[task] for task in self.tasks]).float() * there
        self.count += there
        self.batches += 1
        full = self.batches >= self.period
        mean = self.total / self.count.clamp(min=1)
        self.means.copy_(torch.where(full, torch.stack([mean, self.means[0]]), self.means))
        for buffer in (self.total, self.count, self.batches):
            buffer.copy_(torch.where(full, 0.0, buffer))
