"""One training run of a clip model over a frame network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mien.config import Recipe
from mien.data.prepare import Faces, Progress
from mien.data.store import Store
from mien.errors import CheckpointError
from mien.methods.base import Method, PerTaskLoss, TaskLossSettings
from mien.models.affect import AffectModel
from mien.models.checkpoint import read_info
from mien.models.info import INFO_FILE, ModelInfo
from mien.models.spec import ModelSpec, TemporalSpec
from mien.models.temporal.clip_model import ClipModel
from mien.training.clip_answers import clip_windows
from mien.training.clip_features import frame_features
from mien.training.clip_loader import ClipLoader, ClipStore, Pictures
from mien.training.loop import Learner, Movable, Watcher
from mien.training.optim import averaged, make_optimizer
from mien.training.run import Run


class ClipLoss(Method):
    """A masked loss per task over all frames of all windows of a batch, as ``PerTaskLoss`` has it over faces."""

    def __init__(self, settings: TaskLossSettings, labels: dict[str, tuple[str, ...]]) -> None:
        super().__init__(settings, labels)
        self.per_task = PerTaskLoss(settings, labels)

    def forward(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
        """The terms; ``batch`` is a ``ClipBatch``."""
        logits = model(batch.features, batch.frames)
        return self.per_task.terms(model, {task: z[batch.frames] for task, z in logits.items()}, batch)


class ClipRun(Run):
    """As ``Run``, with windows over clips in place of single faces.

    Args:
        recipe, folder, watcher, progress: as in ``Run``; the recipe's ``preprocessing`` is the frame network's.
        loss: of each task.
        temporal: the model.
        frames, info: the trained frame network, and what its ``model.json`` says.

    Raises:
        CheckpointError: the folder holds a model over other features.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        watcher: Watcher,
        progress: Progress,
        loss: TaskLossSettings,
        temporal: TemporalSpec,
        frames: AffectModel,
        info: ModelInfo,
    ) -> None:
        self.loss, self.temporal, self.frames = loss, temporal, frames
        _check_same_frames(folder, info)
        known = {"name": "frame network", "weights_sha256": info.weights_sha256, "learned_from": info.provenance}
        super().__init__(recipe, folder, watcher, progress, [known])

    def learner(self, stores: list[Store]) -> Learner:
        """The model with random weights over the frame network's own, scaled by the training frames."""
        torch.manual_seed(self.recipe.draws)
        spec = ModelSpec(
            backbone=self.frames.spec.backbone,
            labels=self.labels,
            va_bins=self.frames.spec.va_bins,
            preprocessing=self.frames.spec.preprocessing,
            temporal=self.temporal,
        )
        model = ClipModel(spec)
        model.frames.load_state_dict(self.frames.state_dict())
        model = model.to(self.accelerator.device)
        features = [frame_features(model, *one) for one in self._of_training(stores)]
        model.fit_scale(torch.cat([torch.from_numpy(part.copy()) for part in features]))
        method = ClipLoss(self.loss, self.labels).to(self.accelerator.device)
        settings = self.recipe.training
        return Learner(model, method, make_optimizer([model, method], settings), averaged(model, settings.ema))

    def batches(self, learner: Learner, stores: list[Store]) -> Callable[[int, int], Iterator[Movable]]:
        """From start to stop, the training batches of these numbers: ``batch_size`` windows each."""
        model = learner.model
        assert isinstance(model, ClipModel)
        joint = model.temporal.joint
        of_clips = [
            ClipStore(
                store.images if joint else frame_features(model, faces, store),
                store.labels,
                clip_windows(model.spec, faces, store),
            )
            for faces, store in self._of_training(stores)
        ]
        weights = [database.weight for database in self.recipe.data]
        seed, size = self.recipe.draws * 1009, self.recipe.training.batch_size
        change = Pictures(self.recipe.augment, self.recipe.preprocessing.size, self.recipe.draws) if joint else None
        return ClipLoader(of_clips, weights, size, seed, change).stream

    def _of_training(self, stores: list[Store]) -> list[tuple[Faces, Store]]:
        """What was asked of each database, and what came."""
        faces = [d.faces(self.recipe, self.labels, d.settings.train) for d in self.databases]
        return list(zip(faces, stores, strict=True))


def _check_same_frames(folder: Path, info: ModelInfo) -> None:
    """Refuse to go on with a model that was trained over another network's features."""
    before = read_info(folder).spec.temporal if (folder / INFO_FILE).exists() else None
    if before is not None and before.frames_sha256 != info.weights_sha256:
        raise CheckpointError(
            f"The temporal model in {folder} was trained on the features of a frame network with weights "
            f"{before.frames_sha256[:12]}, and this frame network has {info.weights_sha256[:12]}: its features differ. "
            f"Give method.frames the run that it was trained on, or choose another folder with --out"
        )
