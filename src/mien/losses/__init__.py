"""Losses on one task's raw outputs: ``loss(logits, target, mask) -> scalar``, over the labelled entries alone.

What each of them keeps, by a test over ``LOSSES``: values under a mask that is False change nothing, not even as NaN;
the loss equals that of the labelled rows alone; without any label it is 0 and has a gradient; float16 stays finite.
"""

from collections.abc import Callable

from torch import Tensor

from mien.losses.action_units import intensity_mse, masked_bce
from mien.losses.expression import soft_cross_entropy
from mien.losses.selective import selective_bce
from mien.losses.valence_arousal import va_binned, va_ccc, va_mse

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]

LOSSES: dict[str, Loss] = {
    "soft_cross_entropy": soft_cross_entropy,
    "masked_bce": masked_bce,
    "selective_bce": selective_bce,
    "intensity_mse": intensity_mse,
    "va_mse": va_mse,
    "va_ccc": va_ccc,
    "va_binned": va_binned,
}
