"""The network: an image of a face in, raw outputs per task out."""

import torch
from torch import Tensor, nn

from mien.errors import MienError
from mien.models.backbones import make_backbone
from mien.models.heads import HEADS
from mien.models.network import Network
from mien.models.spec import ModelSpec

__all__ = ["AffectModel", "ModelSpec"]


class AffectModel(Network):
    """Normalise, backbone, dropout, head.

    Args:
        spec: what to build; weights begin at random (``checkpoint.load`` and ``checkpoint.init_weights`` give others).

    >>> model = AffectModel(ModelSpec(backbone="resnet20", labels={"au": ("AU01", "AU12"), "va": ("valence",)}))
    >>> {task: tuple(z.shape) for task, z in model(torch.rand(4, 3, 64, 64)).items()}
    {'au': (4, 2), 'va': (4, 1)}
    """

    mean: Tensor
    std: Tensor

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        # Not in the state_dict: they are part of the spec, and written there.
        self.register_buffer("mean", torch.tensor(spec.preprocessing.mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.preprocessing.std).view(3, 1, 1), persistent=False)
        self.backbone = make_backbone(spec.backbone)
        self.dropout = nn.Dropout(spec.dropout)
        self.head = HEADS[spec.head](self.backbone.features, spec.labels, spec.hidden, spec.va_bins)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Raw outputs z per task; ``outputs.read`` turns them into probabilities and values.

        Args:
            image: (B, 3, H, W) float RGB in [0, 1].

        Returns:
            A dict with the tasks of ``spec.labels``: expression (B, C), au (B, A), au_intensity (B, I), va (B, 2) or
            with bins (B, 2, k), compound (B, K). Any real numbers.

        Raises:
            MienError: ``image`` has another shape or is not of a floating type.
        """
        return self.answer(self.embed(image))

    def embed(self, image: Tensor) -> Tensor:
        """The backbone's feature vectors, (B, ``backbone.features``), of (B, 3, H, W) float RGB in [0, 1]."""
        if image.dim() != 4 or image.shape[1] != 3:
            raise MienError(f"The network takes images as (B, 3, H, W), got the shape {tuple(image.shape)}")
        if not image.is_floating_point():
            raise MienError(f"The network takes RGB as floats in [0, 1], got {image.dtype}; divide bytes by 255")
        features: Tensor = self.backbone((image - self.mean) / self.std)
        return features

    def answer(self, features: Tensor) -> dict[str, Tensor]:
        """Raw outputs per task, as ``forward`` gives them, of feature vectors (B, ``backbone.features``)."""
        logits: dict[str, Tensor] = self.head(self.dropout(features))
        return logits
