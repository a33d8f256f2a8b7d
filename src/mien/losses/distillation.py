"""What a student owes its teacher, face by face: ``loss(logits, probs) -> (B,)`` against the teacher's probabilities.

The teacher's side has no gradient; it may be the mean of several networks.

*Source*: Deng, Chen & Shi 2020 (arXiv 2002.03557), section 3, and its released code (MIT): no temperature for action
units, and no factor T^2 for the others, which Hinton et al. 2015 have to keep gradients of one size for any T.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def soft_bce(logits: Tensor, probs: Tensor) -> Tensor:
    """Cross-entropy of each action unit against the teacher's probability, (B, A) both -> (B, A)."""
    return F.binary_cross_entropy_with_logits(logits.float(), probs, reduction="none")


def soft_kl(logits: Tensor, probs: Tensor, temperature: float) -> Tensor:
    """KL(p || softmax(z / T)) = sum_c p_c (log p_c - log softmax(z / T)_c) over the last axis.

    Args:
        logits: (..., C) of the student.
        probs: (..., C) of the teacher, at the same temperature: softmax(z_teacher / T).
        temperature: T.
    """
    log_probs = torch.log_softmax(logits.float() / temperature, dim=-1)
    return F.kl_div(log_probs, probs, reduction="none").sum(dim=-1)


def soft_error(values: Tensor, wanted: Tensor) -> Tensor:
    """Squared difference of values that are shares of their range, (B, K) both -> (B,), mean over K. Ours."""
    return (values - wanted).square().mean(dim=-1)
