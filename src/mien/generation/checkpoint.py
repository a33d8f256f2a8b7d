"""Generators as files: ``generator.safetensors`` and ``generator.json``."""

import hashlib
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from mien.errors import CheckpointError
from mien.files import atomic_write
from mien.generation.condition import width
from mien.generation.editor import Editor
from mien.generation.generator import Generator
from mien.generation.info import INFO_FILE, WEIGHTS_FILE, MakerInfo, MakerSpec, read_maker_info


class Makers(nn.Module):
    """The generators of a run.

    Attributes:
        generator: faces from noise, or None.
        editor: faces from faces, or None.
    """

    generator: Generator | None
    editor: Editor | None

    def __init__(self, spec: MakerSpec) -> None:
        super().__init__()
        self.spec = spec
        condition, colours = width(spec.labels), 1 if spec.grey else 3
        noise = "noise" in spec.forms
        self.generator = Generator(spec.size, condition, spec.noise, colours, spec.width) if noise else None
        image = "image" in spec.forms
        self.editor = Editor(spec.size, condition, 2 * spec.noise, colours, spec.width) if image else None


def save_makers(folder: Path, makers: Makers, step: int) -> None:
    """Write both files; ``load_makers`` reads them."""
    tensors = {name: t.detach().cpu().contiguous() for name, t in makers.state_dict().items()}
    weights = safetensors.torch.save(tensors)
    info = MakerInfo(spec=makers.spec, step=step, weights_sha256=hashlib.sha256(weights).hexdigest())
    atomic_write(folder / WEIGHTS_FILE, weights)
    atomic_write(folder / INFO_FILE, info.model_dump_json(indent=2))


def load_makers(folder: str | Path) -> Makers:
    """The generators in a run's folder, on the CPU and in evaluation mode.

    Raises:
        CheckpointError: a file is missing, altered, or of a newer format.
    """
    info, path = read_maker_info(folder), Path(folder) / WEIGHTS_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot read it ({error.strerror}); copy the run's folder again") from None
    if hashlib.sha256(content).hexdigest() != info.weights_sha256:
        raise CheckpointError(f"{path} is not the file that {INFO_FILE} was written for; copy the run's folder again")
    with torch.random.fork_rng(devices=[]):  # building draws random numbers: not from the caller's stream
        makers = Makers(info.spec)
    makers.load_state_dict(safetensors.torch.load(content))
    return makers.eval()
