"""Several networks that answer as one: the mean of their probabilities."""

import torch
from torch import Tensor, nn

from mien.errors import MienError
from mien.labels import CLASS_TASKS
from mien.models.affect import AffectModel
from mien.models.network import Network
from mien.models.outputs import class_probs
from mien.models.spec import ModelSpec
from mien.models.temporal.clip_model import ClipModel

TINY = 1e-6
AnyModel = Network | ClipModel


class Ensemble(Network):
    """The mean over members of sigmoids, softmaxes and valence/arousal, given as raw outputs that read as that mean.

    So whatever takes a network (scores, exports, an analyser) takes an ensemble.

    Args:
        spec: of one member, with ``members`` = how many.

    *Source*: Deng, Chen & Shi 2020 (arXiv 2002.03557), section 3: mean of sigmoids / softmaxes / VA expectations.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        one = spec.model_copy(update={"members": 1})
        self.members = nn.ModuleList(AffectModel(one) for _ in range(spec.members))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        outputs = [member(image) for member in self.members]
        return {task: self._mean(task, [output[task] for output in outputs]) for task in self.spec.labels}

    def _mean(self, task: str, members: list[Tensor]) -> Tensor:
        z = torch.stack(members).float()  # (members, B, ...)
        if task in CLASS_TASKS:
            activation = self.spec.expression_activation
            probs = torch.stack([class_probs(one, activation) for one in z]).mean(dim=0).clamp(TINY, 1 - TINY)
            return probs.log() if activation == "softmax" else probs.logit()
        if z.ndim == 4:  # bins: their expectation is linear in the probabilities
            return z.softmax(dim=-1).mean(dim=0).clamp(min=TINY).log()
        return z.sigmoid().mean(dim=0).clamp(TINY, 1 - TINY).logit()  # va is 2 s(z) - 1, an intensity 5 s(z)


def merged(members: list[AffectModel]) -> Ensemble:
    """The ensemble of some trained networks of one spec; they are moved into it, not copied.

    Raises:
        MienError: fewer than two, or networks that differ in more than their weights.
    """
    if len(members) < 2 or any(member.spec != members[0].spec for member in members):
        raise MienError(f"An ensemble needs at least two networks of one spec, got {len(members)} of different ones")
    ensemble = Ensemble(members[0].spec.model_copy(update={"members": len(members)}))
    ensemble.members = nn.ModuleList(members)
    return ensemble


def build(spec: ModelSpec) -> AnyModel:
    """The network or model of clips that a spec describes, with random weights."""
    if spec.temporal is not None:
        return ClipModel(spec)
    return Ensemble(spec) if spec.members > 1 else AffectModel(spec)
