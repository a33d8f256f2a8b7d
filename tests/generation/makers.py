"""Small generators with random weights, as a run's folder."""

from pathlib import Path

import torch

from mien.generation.checkpoint import Makers, save_makers
from mien.generation.info import MakerSpec
from mien.labels import LabelSet
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import save
from mien.preprocessing import Preprocessing

LABELS: LabelSet = {
    "expression": ("neutral", "happiness", "fear"),
    "au": ("AU05", "AU12", "AU24", "AU25", "AU43"),
    "au_intensity": ("AU12",),
    "va": ("valence", "arousal"),
    "compound": ("awed",),
}
SIZE = 16


def new_makers(grey: bool = True, forms: tuple[str, ...] = ("noise", "image")) -> Makers:
    torch.manual_seed(0)
    spec = MakerSpec.model_validate(
        {"labels": LABELS, "size": SIZE, "grey": grey, "forms": forms, "noise": 4, "width": 8}
    )
    return Makers(spec).eval()


def new_gan(folder: Path, grey: bool = True, forms: tuple[str, ...] = ("noise", "image")) -> Path:
    """A folder as a run with method ``gan`` leaves it."""
    save_makers(folder, new_makers(grey, forms), step=3)
    torch.manual_seed(1)
    cut = Preprocessing(size=SIZE, grey=grey)
    save(folder, AffectModel(ModelSpec(backbone="face_resnet_gn_slim", labels=LABELS, preprocessing=cut)))
    return folder
