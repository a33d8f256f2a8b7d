"""What a run needs to go on exactly where it stood: one file, replaced atomically.

Batches, learning rates and dropout are formulas of the step number, so that weights, optimiser and step are all.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mien.errors import CheckpointError
from mien.models.checkpoint import write_tensors

STATE_FILE = "state.safetensors"


def save_state(
    folder: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer, record: Mapping[str, Any]
) -> None:
    """Write the state of ``modules`` and ``optimizer``, and ``record`` (JSON) beside them.

    The optimiser's state_dict is split into its tensors and a JSON rest; nothing is pickled.
    """
    tensors = {f"{name}/{key}": t for name, module in modules.items() for key, t in module.state_dict().items()}
    state = optimizer.state_dict()
    numbers: dict[str, dict[str, Any]] = {}
    for index, entries in state["state"].items():
        for key, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer/{index}/{key}"] = value
            else:
                numbers.setdefault(str(index), {})[key] = value
    content = json.dumps({"record": record, "numbers": numbers, "groups": state["param_groups"]})
    own = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
    write_tensors(folder / STATE_FILE, own, {"mien": content, "sha256": _digest(own, content)})


def load_state(
    folder: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer
) -> dict[str, Any] | None:
    """Restore what ``save_state`` wrote and return its record; None when there is nothing to restore.

    Raises:
        CheckpointError: the file is broken, altered, or of another network.
    """
    path = folder / STATE_FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        if metadata["sha256"] != _digest(tensors, metadata["mien"]):
            raise ValueError("its content is not what was written")
        content = json.loads(metadata["mien"])
        for name, module in modules.items():
            own = {key.removeprefix(f"{name}/"): t for key, t in tensors.items() if key.startswith(f"{name}/")}
            module.load_state_dict(own)
        optimizer.load_state_dict({"state": _optimizer_state(tensors, content), "param_groups": content["groups"]})
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path}: cannot go on from it ({error}); delete the folder {folder} to train anew"
        ) from error
    return dict(content["record"])


def _digest(tensors: dict[str, Tensor], content: str) -> str:
    """SHA-256 of what the file holds: safetensors itself would read altered numbers without a word."""
    digest = hashlib.sha256(content.encode())
    for key in sorted(tensors):
        digest.update(key.encode() + tensors[key].numpy().tobytes())
    return digest.hexdigest()


def _optimizer_state(tensors: Mapping[str, Tensor], content: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {int(i): dict(entries) for i, entries in content["numbers"].items()}
    for key, tensor in tensors.items():
        if key.startswith("optimizer/"):
            _, index, name = key.split("/")
            state.setdefault(int(index), {})[name] = tensor
    return state
