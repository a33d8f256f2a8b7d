"""The loss of SJMT: one sigmoid per label of the union of all label sets."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from mien.losses.masked import known, masked_mean


def selective_bce(logits: Tensor, target: Tensor, mask: Tensor, normalise: Literal["sum", "mean"] = "sum") -> Tensor:
    """Selective sigmoid cross-entropy: L = - sum_i m_i [y_i log s(z_i) + (1 - y_i) log(1 - s(z_i))].

    The gradient of an image's loss by z_i is m_i (s(z_i) - y_i): exactly 0 outside the image's own label set.

    Args:
        logits: (B, L), z = W h + b of one layer over the union of the label sets.
        target: (B, L) in [0, 1].
        mask: (B, L) bool, True for the labels that the image's database gives.
        normalise: ``sum`` over an image's labels, then the mean over the images that have any (the formula as
            printed: an image with 11 labels weighs more than one with 7), or ``mean`` over all labelled entries.

    *Source*: Pons & Masip 2018 (arXiv 1802.06664), section 3. The normalisation is ours: the paper is silent.
    """
    entries = F.binary_cross_entropy_with_logits(logits.float(), known(target, mask), reduction="none")
    if normalise == "mean":
        return masked_mean(entries, mask)
    return masked_mean((entries * mask).sum(dim=1), mask.any(dim=1))
