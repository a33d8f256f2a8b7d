"""From a network's raw outputs z to what a person reads. Pure functions, in float32; losses mirror them.

s(z) = 1 / (1 + exp(-z)).
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from mien.labels import INTENSITY_RANGE
from mien.models.spec import ModelSpec


def read(logits: Mapping[str, Tensor], spec: ModelSpec) -> dict[str, Tensor]:
    """Every task's outputs in its own units.

    Args:
        logits: what ``AffectModel`` with this ``spec`` returned.

    Returns:
        expression, compound: (B, C) probabilities, rows sum to 1; au: (B, A) probabilities; au_intensity: (B, I) in
        [0, 5]; va: (B, 2) in [-1, 1].
    """
    readers = {
        "expression": lambda z: class_probs(z, spec.expression_activation),
        "compound": lambda z: class_probs(z, spec.expression_activation),
        "au": lambda z: z.float().sigmoid(),
        "au_intensity": intensity,
        "va": binned_va if spec.va_bins else va,
    }
    return {task: readers[task](z) for task, z in logits.items()}


def class_probs(z: Tensor, activation: str) -> Tensor:
    """(B, C) class probabilities: softmax(z), or for outputs trained with a sigmoid each s(z) / sum s(z).

    The second keeps the largest output the largest. It is computed as softmax(log s(z)), which has no 0 / 0 where
    every s(z) is too small for a float; log s(z) = -log(1 + exp(-z)), since an export to ONNX would take logsigmoid
    apart into log and sigmoid.
    """
    z = z.float()
    return (z if activation == "softmax" else -torch.nn.functional.softplus(-z)).softmax(dim=1)


def intensity(z: Tensor) -> Tensor:
    """5 s(z): (B, I) intensities on FACS' scale, 0 absent to 5."""
    return INTENSITY_RANGE[1] * z.float().sigmoid()


def va(z: Tensor) -> Tensor:
    """2 s(z) - 1 = tanh(z / 2): (B, 2) valence and arousal in [-1, 1]."""
    return (z.float() / 2).tanh()


def binned_va(z: Tensor) -> Tensor:
    """The expectation over bins, sum_b softmax(z)_b c_b: (B, 2, k) -> (B, 2) in [-1 + 1/k, 1 - 1/k].

    Source: Deng, Chen & Shi, arXiv 2002.03557; c_b are the bins' centres, where the released code spans the bins with
    linspace(-1, 1, k) and so stretches every value by k / (k - 1).
    """
    z = z.float()
    return (z.softmax(dim=-1) * bin_centres(z.shape[-1], z.device)).sum(dim=-1)


def bin_centres(k: int, device: torch.device | None = None) -> Tensor:
    """The centres of k equal bins of [-1, 1]: c_b = -1 + (b + 0.5) 2 / k, b = 0 ... k - 1; (k,) float32.

    >>> bin_centres(4)
    tensor([-0.7500, -0.2500,  0.2500,  0.7500])
    """
    return (torch.arange(k, device=device) + 0.5) * (2 / k) - 1
