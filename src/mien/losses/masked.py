"""Means over the labelled entries alone."""

import torch
from torch import Tensor


def known(target: Tensor, mask: Tensor) -> Tensor:
    """``target`` as float32 with 0 where ``mask`` is False.

    Every loss starts with this: a NaN under the mask, left in place, would come back through the gradient even
    though its loss is masked (0 * NaN is NaN).
    """
    return torch.where(mask, target.float(), 0.0)


def masked_mean(values: Tensor, mask: Tensor, dim: int | None = None) -> Tensor:
    """Mean of ``values`` where ``mask`` is True: sum_i m_i v_i / sum_i m_i, and 0 (with gradient) where nothing is.

    Dividing by the number of all entries instead would halve a loss whenever half of the labels are missing.

    Args:
        values: any shape, finite everywhere.
        mask: bool, the same shape.
        dim: axis to reduce; all of them when not given.

    Examples:
        >>> masked_mean(torch.tensor([1.0, 5.0, 3.0]), torch.tensor([True, False, True]))
        tensor(2.)
    """
    kept = values * mask
    if dim is None:
        return kept.sum() / mask.sum().clamp(min=1)
    return kept.sum(dim) / mask.sum(dim).clamp(min=1)
