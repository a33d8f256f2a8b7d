"""Training in two stages: a frame network, then a sequence model over what it says of every frame.

*Source*: Deng, Chen & Shi 2020 (arXiv 2002.03557), the CNN-RNN; see ``mien.models.temporal`` for the models.
"""

from pathlib import Path
from typing import Any

from pydantic import Field

from mien.choose import choose
from mien.config import Recipe, Training, parse
from mien.data.prepare import Progress
from mien.errors import RecipeError
from mien.methods.base import TaskLossSettings
from mien.models.affect import AffectModel
from mien.models.checkpoint import load, load_any
from mien.models.ensemble import AnyModel
from mien.models.info import ModelInfo
from mien.models.shipped import run_folder
from mien.models.spec import TemporalSpec
from mien.models.temporal import TEMPORAL as MODELS
from mien.training.clip_run import ClipRun
from mien.training.loop import Watcher
from mien.training.run import train_network

FRAMES_FOLDER = "frames"


class TemporalSettings(TaskLossSettings):
    """The ``[method]`` part of a recipe of clips. ``[training]`` is the sequence model's; its batches are windows.

    Attributes:
        model: a name of ``mien.models.temporal.TEMPORAL``.
        frames: folder of a trained frame network, or ``default`` for the shipped one; it stays as it is. None trains
            one first, by the recipe's ``[network]`` and ``[augment]``.
        first: the ``[method]`` of that frame network.
        first_training: its ``[training]``, where it differs from the recipe's.
        width, dropout, reads, joint, residual, window, stride, gap_s, gap_frames: as in ``TemporalSpec``.
    """

    model: str = "bigru"
    frames: str | None = None
    first: dict[str, Any] = Field(default_factory=lambda: {"name": "joint"})
    first_training: dict[str, Any] = Field(default_factory=dict)
    width: int | None = None
    dropout: float = 0.0
    reads: str = "features"
    joint: bool = False
    residual: bool = False
    window: int = 32
    stride: int = 16
    gap_s: float = 1.0
    gap_frames: int = 30


SHARED = set(TemporalSettings.model_fields) & set(TemporalSpec.model_fields) - {"frames"}


def train_temporal(recipe: Recipe, folder: Path, watcher: Watcher, progress: Progress) -> AnyModel:
    """Train the frame network, unless the recipe names one, into ``folder/frames``, and the model of clips over it.

    Arguments and errors as in ``mien.training.stages.train``.
    """
    settings = parse(TemporalSettings, recipe.method, "[method]")
    choose(MODELS, settings.model, "temporal model", RecipeError)
    of_model = settings.model_dump(include=SHARED)
    if settings.frames is None:
        watcher.say("frame network")
        train_network(_first(recipe, settings), folder / FRAMES_FOLDER, watcher, progress)
    source = folder / FRAMES_FOLDER if settings.frames is None else run_folder(settings.frames)
    frames, info = _frame_network(source)
    spec = parse(TemporalSpec, of_model | {"frames": frames.spec, "frames_sha256": info.weights_sha256}, "[method]")
    recipe = _with_cut(recipe, frames, source)
    watcher.say(f"temporal model {settings.model!r} over {source}")
    run = ClipRun(recipe, folder, watcher, progress, settings, spec, frames, info)
    run.finish()
    return load_any(folder, run.labels)[0]


def _first(recipe: Recipe, settings: TemporalSettings) -> Recipe:
    """The recipe of the frame network."""
    changed = recipe.training.model_dump() | settings.first_training
    training = parse(Training, changed, "[method] first_training")
    return recipe.model_copy(update={"method": settings.first, "training": training})


def _frame_network(folder: Path) -> tuple[AffectModel, ModelInfo]:
    network, info = load(folder)
    if not isinstance(network, AffectModel):
        raise RecipeError(
            f"method.frames = {str(folder)!r} is an ensemble, which has no one feature vector per frame; name the "
            f"folder of one of its members"
        )
    return network, info


def _with_cut(recipe: Recipe, frames: AffectModel, folder: Path) -> Recipe:
    """The recipe with the frame network's preprocessing, which it need not repeat and may not contradict."""
    cut = frames.spec.preprocessing
    if "preprocessing" in recipe.model_fields_set and recipe.preprocessing != cut:
        raise RecipeError(
            f"The frame network {folder} was trained on faces cut by {cut}, the recipe says {recipe.preprocessing}; "
            f"leave [preprocessing] out, and its own is taken"
        )
    return recipe.model_copy(update={"preprocessing": cut})
