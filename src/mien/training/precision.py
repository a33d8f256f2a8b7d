"""The number format to train in: bfloat16 is twice as fast where the hardware has it, ten times slower elsewhere."""

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from mien.errors import RecipeError


def native_bf16() -> bool:
    """Whether this machine multiplies bfloat16 matrices in hardware; elsewhere torch emulates it, slowly."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if torch.backends.mps.is_available():
        return True
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def resolve(precision: str) -> str:
    """``precision`` as accelerate names it: ``auto`` is ``bf16`` where the hardware has it, else ``no`` (float32)."""
    if precision != "auto":
        return precision
    return "bf16" if native_bf16() else "no"


def make_accelerator(precision: str) -> Accelerator:
    """An accelerator of that precision.

    Raises:
        RecipeError: the machine cannot do it.
    """
    AcceleratorState._reset_state()  # of an earlier run in this process, with another precision
    try:
        return Accelerator(mixed_precision=resolve(precision))
    except ValueError as error:
        raise RecipeError(
            f"training.precision = {precision!r} does not work on this machine ({error}); use 'auto', 'no' or 'bf16'"
        ) from None
