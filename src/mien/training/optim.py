"""Optimiser, learning rate and averaged weights."""

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mien.config import Training


def make_optimizer(modules: Iterable[nn.Module], settings: Training) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum, or AdamW; weight decay on matrices and filters only, not on biases and norms."""
    parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if settings.optimizer == "sgd":
        momentum = settings.momentum
        return torch.optim.SGD(groups, lr=settings.lr, momentum=momentum, nesterov=momentum > 0)
    return torch.optim.AdamW(groups, lr=settings.lr, betas=settings.betas)


def learning_rate(step: int, settings: Training) -> float:
    """The learning rate of update ``step``, a formula of the step alone.

    After a linear warm-up: constant, half a cosine down to 0 in each of ``cycles``, or a factor ``decay`` every
    ``decay_every`` steps. *Source* of the restarts: Loshchilov & Hutter 2017, SGDR.
    """
    warm = min(1.0, (step + 1) / settings.warmup) if settings.warmup else 1.0
    if settings.schedule == "cosine":
        done = math.modf(step * settings.cycles / settings.steps)[0]  # share of this cycle
        return settings.lr * warm * 0.5 * (1 + math.cos(math.pi * done))
    if settings.schedule == "exponential":
        return float(settings.lr * warm * settings.decay ** (step // settings.decay_every))
    return settings.lr * warm


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group the rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr


def averaged(model: nn.Module, decay: float) -> AveragedModel | None:
    """An exponential moving average of the weights, batch statistics included; None when ``decay`` is 0."""
    if decay == 0:
        return None
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)  # type: ignore[no-untyped-call]
