"""Label coupling: what is known of expressions teaches the action units of faces that nobody coded."""

from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import PROTOTYPES, LabelSet
from mien.losses.masked import known, masked_mean
from mien.methods.base import PerTaskLoss, TaskLossSettings


class CouplingSettings(TaskLossSettings):
    """Settings of ``coupling`` beside those of ``joint``.

    Attributes:
        coupling: factor of the coupling's term.
        match: ``face``: every face's action units are drawn to those of its expression, as in the papers; ``group``:
            only their mean over the faces with that expression is, so that faces may differ within it.
        certainty: shares p(AU | expression) are kept within 1 - certainty and certainty: no table is that sure.
    """

    coupling: float = Field(1.0, ge=0)
    match: Literal["face", "group"] = "face"
    certainty: float = Field(0.95, gt=0.5, le=1)


class Coupling(PerTaskLoss):
    """As ``joint``, and the action units that an image's database does not give follow from its expression:

        q_i = sum_e p(e | x) p(AU_i | e),   L = L_joint + w BCE(s(z_i), q_i)        (match = "face")

    p(e | x) is the annotators' distribution, and faces without one take no part; p(AU_i | e) is the share of people who
    show AU_i when they show e (``mien.labels.PROTOTYPES``). Action units of no expression in that table take no part.

    Ours, ``match = "group"``: with m_ei = sum_x p(e | x) s(z_i(x)) / sum_x p(e | x) over the batch,
    L = L_joint + w mean BCE(m_ei, p(AU_i | e)), weighed by sum_x p(e | x). The first form teaches that all happy faces
    have parted lips; this one teaches that most do, and leaves it to the pixels which.

    *Source*: Kollias et al., arXiv 1910.11111, 2105.03790 and 2401.01219 (distribution matching); the table from Du,
    Tao & Martinez 2014. The papers take the network's own p(e | x); the annotators' and ``certainty`` are ours.
    """

    Settings = CouplingSettings
    others = ("coupling",)
    relation: Tensor
    related: Tensor

    def __init__(self, settings: CouplingSettings, labels: LabelSet) -> None:
        if not {"expression", "au"} <= labels.keys():
            raise RecipeError(
                f"Method 'coupling' ties action units to expressions, but the labels are {', '.join(labels)}; add a "
                f"database with the other, or choose 'joint'"
            )
        super().__init__(settings, labels)
        table = torch.tensor([[PROTOTYPES[e].get(au, 0.0) for au in labels["au"]] for e in labels["expression"]])
        kept = table.clamp(1 - settings.certainty, settings.certainty)
        self.register_buffer("relation", kept, persistent=False)  # (C, A)
        self.register_buffer("related", table.any(dim=0), persistent=False)  # (A,)

    def further(self, logits: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        """The coupling's term, by name."""
        mask = batch.mask["expression"]
        shares = known(batch.target["expression"], mask)  # (B, C)
        open_to_it = ~batch.mask["au"] & self.related & mask.any(dim=1, keepdim=True)  # (B, A)
        probs = logits["au"].float().sigmoid()
        loss = self._per_group if self.settings.match == "group" else self._per_face
        return {"coupling": self.settings.coupling * loss(probs, shares, open_to_it)}

    def _per_face(self, probs: Tensor, shares: Tensor, open_to_it: Tensor) -> Tensor:
        return masked_mean(_bce(probs, shares @ self.relation), open_to_it)

    def _per_group(self, probs: Tensor, shares: Tensor, open_to_it: Tensor) -> Tensor:
        weight = shares.T @ open_to_it.float()  # (C, A): how many faces the mean is over
        mean = shares.T @ (probs * open_to_it) / weight.clamp(min=1e-6)
        seen = weight > 1e-3
        entries = _bce(torch.where(seen, mean, self.relation), self.relation) * weight
        return (entries * seen).sum() / (weight * seen).sum().clamp(min=1.0)


def _bce(probs: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of probabilities, which rounding may have brought to 0 or 1."""
    probs = probs.clamp(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy(probs, target, reduction="none")
