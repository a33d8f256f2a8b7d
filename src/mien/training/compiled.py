"""Networks compiled for training by ``torch.compile``."""

from typing import Any

import torch
from torch import nn

from mien.errors import RecipeError
from mien.methods.base import Method


def check_compiler(device: torch.device) -> None:
    """Compile something small.

    Raises:
        RecipeError: there is no compiler that works, said before any work is done.
    """
    try:
        torch.compile(torch.neg)(torch.zeros(2, device=device))
    except Exception as error:  # of the compiler, of triton, of the system: each has its own kind
        reason = str(error).partition("\n")[0]
        raise RecipeError(
            f"training.compile: torch.compile does not work here ({reason}); install a C++ compiler (on Debian and "
            f"Ubuntu: sudo apt install g++), or leave training.compile out"
        ) from None


def compiled(model: nn.Module, method: Method) -> nn.Module:
    """``model``, compiled; it shares the parameters of the one given, which stays as it is: what is saved knows nothing
    of it.

    Raises:
        RecipeError: the method differentiates twice, which compiled code does not.
    """
    if method.game:
        raise RecipeError(
            "training.compile does not go with method 'gan', whose gradient penalty differentiates twice; leave it out"
        )
    found: Any = torch.compile(model)
    assert isinstance(found, nn.Module)
    return found
