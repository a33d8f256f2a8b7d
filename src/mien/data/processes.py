"""Tensors of several processes that train as one network.

Every process works on its own pictures and then holds the outputs of all of them, so that each computes the one loss
of the whole batch: a masked mean divides by the labels of all, a CCC is over all faces, and no loss knows of processes.

The gradient: each of P processes has a copy of the loss, and DDP takes the mean over processes. The adjoint of
gathering adds up what all copies say of a process's own rows, which is P times the gradient; the mean takes P away.
The adjoint of that adjoint is gathering again, so that a gradient can itself be differentiated.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx

Part = tuple[int, int]
"""Rank and number of processes; (0, 1) where there is but one."""


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, own: Tensor) -> Tensor:
        parts = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, own)
        return torch.stack(parts)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        return torch.as_tensor(_Scatter.apply(gradient))  # type: ignore[no-untyped-call]


class _Scatter(torch.autograd.Function):
    """(processes, ...) -> (...): the sum over processes of what each has for this one."""

    @staticmethod
    def forward(ctx: FunctionCtx, every: Tensor) -> Tensor:
        total = every.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total[dist.get_rank()].clone()

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        return gathered(gradient)


def gathered(own: Tensor) -> Tensor:
    """What every process has, with gradient: (...) of one shape everywhere -> (processes, ...), by rank."""
    found: Any = _Gather.apply(own.contiguous())  # type: ignore[no-untyped-call]
    return torch.as_tensor(found)


def whole(own: Tensor, rows: int, part: Part) -> Tensor:
    """All rows of a batch of which process r has the rows r, r + P, r + 2 P, ...; with gradient.

    Args:
        own: (b, ...) of this process, b = the length of ``range(r, rows, P)``.
        rows: B of the batch.
        part: (r, P).

    Returns:
        (B, ...) in the batch's order, the same in every process.
    """
    _, processes = part
    if processes == 1:
        return own
    missing = -(-rows // processes) - len(own)  # 0 or 1: parts of one shape
    padded = torch.cat([own, own.new_zeros(missing, *own.shape[1:])]) if missing else own
    return gathered(padded).transpose(0, 1).flatten(0, 1)[:rows]


def summed(own: Tensor, part: Part) -> Tensor:
    """The sum over processes, without gradient; ``own`` lies where the processes talk (a GPU with NCCL)."""
    if part[1] > 1:
        own = own.clone()
        dist.all_reduce(own)
    return own
