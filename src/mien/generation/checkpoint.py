"""Generators as files: ``generator.safetensors`` and ``generator.json``."""

from pathlib import Path

from torch import nn

from mien.files import atomic_write
from mien.generation.condition import width
from mien.generation.editor import Editor
from mien.generation.generator import Generator
from mien.generation.info import INFO_FILE, WEIGHTS_FILE, MakerInfo, MakerSpec, read_maker_info
from mien.models.checkpoint import rebuilt, write_tensors


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
    digest = write_tensors(folder / WEIGHTS_FILE, makers.state_dict())
    info = MakerInfo(spec=makers.spec, step=step, weights_sha256=digest)
    atomic_write(folder / INFO_FILE, info.model_dump_json(indent=2))


def load_makers(folder: str | Path) -> Makers:
    """The generators in a run's folder, on the CPU and in evaluation mode.

    Raises:
        CheckpointError: a file is missing, altered, or of a newer format.
    """
    info = read_maker_info(folder)
    return rebuilt(lambda: Makers(info.spec), Path(folder) / WEIGHTS_FILE, info.weights_sha256, INFO_FILE)
