"""Batch normalisation over the whole batch of several processes."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mien.data.processes import gathered


class SharedNorm(_BatchNorm):
    """``nn.BatchNorm1d`` or ``2d`` whose mean and variance are those of all processes' pictures together:

        mu = sum_r n_r mu_r / n,   v = sum_r n_r (v_r + (mu_r - mu)^2) / n

    with n_r values per channel in process r. PyTorch's own ``SyncBatchNorm`` does not run on the CPU, where this is
    tested; its state has the same names.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def _check_input_dim(self, input: Tensor) -> None:
        """Any number of axes after the channels."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        x = input.float()
        own_var, own_mean = torch.var_mean(x, dim=[0, *range(2, x.ndim)], correction=0)
        own_count = x.new_full((1,), x.numel() / x.shape[1])
        said, c = gathered(torch.cat([own_mean, own_var, own_count])), x.shape[1]
        means, variances, counts = said[:, :c], said[:, c : 2 * c], said[:, 2 * c :]
        n = counts.sum()
        share = counts / n  # (processes, 1)
        mean = (share * means).sum(dim=0)
        var = (share * (variances + (means - mean).square())).sum(dim=0)
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, cast(float, self.momentum))
            self.running_var.lerp_(var * n / (n - 1), cast(float, self.momentum))
        shape = (1, -1, *[1] * (x.ndim - 2))
        scale = self.weight * (var + self.eps).rsqrt()
        return ((x - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)).to(input.dtype)


def share_norms(module: nn.Module) -> None:
    """Put a ``SharedNorm`` with the same parameters and buffers in the place of every batch normalisation inside."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            shared = SharedNorm(child.num_features, child.eps, child.momentum)
            shared.load_state_dict(child.state_dict())
            setattr(module, name, shared)
        else:
            share_norms(child)
