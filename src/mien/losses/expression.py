"""Losses of tasks with one class per face: expressions and compound expressions."""

import torch
from torch import Tensor

from mien.losses.masked import known, masked_mean

NEVER = -1e30  # below any logit, yet finite: 0 * inf would be NaN


def soft_cross_entropy(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy against a distribution: - sum_c y_c log softmax(z)_c, mean over the labelled rows.

    Hard labels, crowd votes and a teacher's soft labels are the same to it. Classes that a row's annotators could not
    choose take no part in that row's softmax: that nobody chose them says nothing about them.

    Args:
        logits: (B, C).
        target: (B, C) distribution over the classes.
        mask: (B, C) bool; a row without any True is unlabelled.
    """
    labelled = mask.any(dim=1)
    possible = mask | ~labelled[:, None]
    log_probs = torch.log_softmax(logits.float().masked_fill(~possible, NEVER), dim=1)
    return masked_mean(-(known(target, mask) * log_probs).sum(dim=1), labelled)
