"""Small networks whose outputs depend on the face, and drawn faces for them: untrained, but never constant."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import nn

from inference.made import LABELS
from mien.data.synthetic import stills
from mien.data.table import LabelTable
from mien.export.crops import crops_for
from mien.models.affect import AffectModel
from mien.models.checkpoint import save
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec, TemporalSpec
from mien.models.temporal.clip_model import ClipModel

THRESHOLDS = {"AU12": 0.4}


def faces(count: int = 48) -> LabelTable:
    """Drawn faces without labels."""
    return LabelTable(pa.Table.from_batches(stills(range(count // 4), 4, 32, seed=3)).select(["image"]))


def crops(spec: ModelSpec, count: int = 48) -> npt.NDArray[np.uint8]:
    """(count, S, S, 1 or 3)."""
    return crops_for(spec, faces(count)).images


@torch.no_grad()
def network(**changes: Any) -> AffectModel:
    """A network whose batch normalisation has seen faces, and whose raw outputs vary by about 1 from face to face."""
    spec = ModelSpec.model_validate(
        {"backbone": "plain_small", "labels": LABELS, "preprocessing": {"size": 32}, **changes}
    )
    torch.manual_seed(0)
    model = AffectModel(spec)
    images = torch.from_numpy(crops(spec)).permute(0, 3, 1, 2).expand(-1, 3, -1, -1) / 255
    for module in model.backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # an average over all it sees
    model.train()
    for _ in range(2):
        model.embed(images)
    features = model.eval().embed(images)
    for layer in model.head.modules():
        if isinstance(layer, nn.Linear) and layer.in_features == features.shape[1]:
            layer.weight.copy_(torch.randn_like(layer.weight) / (features - features.mean(0)).norm(dim=1).mean())
            layer.bias.copy_(-layer.weight @ features.mean(0))
    return model


@torch.no_grad()
def clip_network(kind: str, window: int = 4, stride: int = 2, **changes: Any) -> ClipModel:
    """A model of clips of some kind over ``network(**changes)``, whose layers over time are random."""
    frames = network(**changes)
    how = TemporalSpec(
        model=kind,
        frames=frames.spec,
        frames_sha256="0" * 64,
        width=8,
        window=window,
        stride=stride,
        reads="both",
        residual=True,
    )
    of_clips = {"va_bins": frames.spec.va_bins, "preprocessing": frames.spec.preprocessing, "temporal": how}
    model = ClipModel(ModelSpec(backbone=frames.spec.backbone, labels=frames.spec.labels, **of_clips)).eval()
    model.frames.load_state_dict(frames.state_dict())
    shown = torch.from_numpy(crops(frames.spec)).permute(0, 3, 1, 2).expand(-1, 3, -1, -1) / 255
    model.fit_scale(model.embed(shown))
    for layer in model.sequence.output.values():  # a residual model begins with what the frame network says
        nn.init.normal_(layer.weight)
    return model


def new_run(folder: Path, **changes: Any) -> ModelInfo:
    """A checkpoint folder of ``network(**changes)``."""
    provenance = [{"name": "drawn", "licence": "CC0-1.0"}, {"name": "B", "licence": "BSD-2-Clause"}]
    return save(folder, network(**changes), step=3, thresholds=THRESHOLDS, provenance=provenance)
