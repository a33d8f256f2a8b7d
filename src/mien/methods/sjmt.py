"""SJMT: selective joint multi-task learning."""

from typing import Literal

import torch
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import INTENSITY_RANGE, LabelSet
from mien.losses.selective import selective_bce
from mien.methods.base import Method, MethodSettings


class SjmtSettings(MethodSettings):
    """Attributes:
    normalise: ``sum`` of an image's label losses (the formula as printed), or the ``mean`` over all labels given.
    """

    normalise: Literal["sum", "mean"] = "sum"


class Sjmt(Method):
    """One output layer with a sigmoid per label of the union of all label sets, and one loss:

        L = - sum_i m_i [ y_i log s(z_i) + (1 - y_i) log(1 - s(z_i)) ],   m_i = 1 iff the image's database gives label i

    Batches mix the images of all databases. A label that two databases share trains one output, and every output is
    predicted for every image. Expression = the largest output; an AU is present where s >= 0.5.

    Ours: intensities and valence/arousal join by their position in their range, y / 5 and (v + 1) / 2, as soft
    targets. The paper has expressions and AUs only.

    *Source*: Pons & Masip 2018, "Multi-task, multi-label and multi-domain learning with residual convolutional networks
    for emotion recognition" (arXiv 1802.06664), section 3; regime (3) of its experiments.
    """

    Settings = SjmtSettings
    head = "joint"
    expression_activation = "sigmoid"

    def __init__(self, settings: SjmtSettings, labels: LabelSet) -> None:
        if settings.weights:
            raise RecipeError("Method 'sjmt' has one loss for all labels; remove method.weights or choose 'joint'")
        super().__init__(settings, labels)

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        logits = model(batch.image)
        if any(z.ndim > 2 for z in logits.values()):
            raise RecipeError("Method 'sjmt' has one sigmoid per label; set network.va_bins = 0 or choose 'joint'")
        loss = selective_bce(
            torch.cat([logits[task] for task in self.labels], dim=1),
            torch.cat([_as_share(task, batch.target[task]) for task in self.labels], dim=1),
            torch.cat([batch.mask[task] for task in self.labels], dim=1),
            self.settings.normalise,
        )
        return {"loss": loss}


def _as_share(task: str, target: Tensor) -> Tensor:
    """A target as its position in its range, in [0, 1]."""
    if task == "va":
        return (target + 1) / 2
    return target / INTENSITY_RANGE[1] if task == "au_intensity" else target
