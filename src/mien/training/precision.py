"""The number format to train in: bfloat16 is twice as fast where the hardware has it, ten times slower elsewhere."""

import os
from datetime import timedelta

import torch
from accelerate import Accelerator, DistributedType, InitProcessGroupKwargs
from accelerate.state import AcceleratorState

from mien.errors import RecipeError

PATIENCE = timedelta(hours=12)  # others wait while the first process of a machine cuts the faces of a large database
ALIKE = {DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU}


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
    """An accelerator of that precision, for this process or for those that were launched together.

    Raises:
        RecipeError: the machine cannot do it, or the processes are to share one network's weights.
    """
    AcceleratorState._reset_state()  # of an earlier run in this process, with another precision
    launched = int(os.environ.get("WORLD_SIZE", "1")) if "LOCAL_RANK" in os.environ else 1
    cpu = launched > 1 and not torch.cuda.is_available()  # accelerate joins processes on the CPU only when told so
    try:
        patient = InitProcessGroupKwargs(timeout=PATIENCE)
        accelerator = Accelerator(cpu=cpu, mixed_precision=resolve(precision), kwargs_handlers=[patient])
    except ValueError as error:
        raise RecipeError(
            f"training.precision = {precision!r} does not work on this machine ({error}); use 'auto', 'no' or 'bf16'"
        ) from None
    if accelerator.distributed_type not in ALIKE or accelerator.num_processes != launched:
        raise RecipeError(
            f"{launched} processes were launched, and accelerate makes {accelerator.num_processes} of the kind "
            f"{accelerator.distributed_type.value} of them, but each must hold the whole network and talk to all; "
            f"launch with --multi_gpu or --cpu, see docs/scale.md"
        )
    return accelerator
