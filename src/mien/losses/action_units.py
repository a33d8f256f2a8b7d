"""Losses of tasks with several labels per face: action units and their intensities."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mien.labels import INTENSITY_RANGE
from mien.losses.masked import known, masked_mean


def masked_bce(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Binary cross-entropy: per image sum_i m_i BCE_i / sum_i m_i, mean over the images with any label.

    Args:
        logits: (B, A).
        target: (B, A) in [0, 1].
        mask: (B, A) bool.
    """
    entries = F.binary_cross_entropy_with_logits(logits.float(), known(target, mask), reduction="none")
    return masked_mean(masked_mean(entries, mask, dim=1), mask.any(dim=1))


def intensity_mse(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Squared error of the intensity as a share of its range: (s(z) - y / 5)^2, mean over the labelled entries.

    Args:
        logits: (B, I); the intensity read from them is 5 s(z).
        target: (B, I) in [0, 5].
        mask: (B, I) bool.
    """
    error = torch.sigmoid(logits.float()) - known(target, mask) / INTENSITY_RANGE[1]
    return masked_mean(error.square(), mask)
