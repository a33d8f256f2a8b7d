"""Label coupling: what is known of expressions teaches the action units of faces that nobody coded, and the reverse."""

from typing import Literal, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor

from mien.data.batch import Labelled
from mien.errors import RecipeError
from mien.labels import PROTOTYPES, LabelSet
from mien.losses.expression import soft_cross_entropy
from mien.losses.masked import known, masked_mean
from mien.methods.base import PerTaskLoss, TaskLossSettings
from mien.methods.co_annotation import likely_labels, scored_labels


class CouplingSettings(TaskLossSettings):
    """Settings of ``coupling`` beside those of ``joint``.

    Attributes:
        coupling: factor of the coupling's term.
        match: ``face``: every face's action units are drawn to those of its expression, as in the papers; ``group``:
            only their mean over the faces with that expression is, so that faces may differ within it.
        certainty: shares p(AU | expression) are kept within 1 - certainty and certainty: no table is that sure.
        co_annotation: factor of the reverse: faces with coded units and without an expression get soft labels of it;
            0 for none.
        reverse: how: by ``scores``, after the papers, or by ``bayes``; see ``mien.methods.co_annotation``.
        table: ``facs`` studies, or ``seen``: these and what faces with both labels show in training.
        table_faces: as how many seen faces of each expression the studies count.
    """

    coupling: float = Field(1.0, ge=0)
    match: Literal["face", "group"] = "face"
    certainty: float = Field(0.95, gt=0.5, le=1)
    co_annotation: float = Field(0.0, ge=0)
    reverse: Literal["scores", "bayes"] = "scores"
    table: Literal["facs", "seen"] = "facs"
    table_faces: float = Field(20.0, gt=0)

    @model_validator(mode="after")
    def _bayes_needs_doubt(self) -> Self:
        if self.reverse == "bayes" and self.certainty == 1:
            raise ValueError("reverse = 'bayes' needs certainty below 1: what has probability 0 could never be seen")
        return self


class Coupling(PerTaskLoss):
    """As ``joint``, and the action units that an image's database does not give follow from its expression:

        q_i = sum_e p(e | x) p(AU_i | e),   L = L_joint + w BCE(s(z_i), q_i)        (match = "face")

    p(e | x) is the annotators' distribution, and faces without one take no part; p(AU_i | e) is the share of people who
    show AU_i when they show e (``mien.labels.PROTOTYPES``). Action units of no expression in that table take no part.

    Ours, ``match = "group"``: with m_ei = sum_x p(e | x) s(z_i(x)) / sum_x p(e | x) over the batch,
    L = L_joint + w mean BCE(m_ei, p(AU_i | e)), weighed by sum_x p(e | x). The first form teaches that all happy faces
    have parted lips; this one teaches that most do, and leaves it to the pixels which.

    With ``co_annotation``, the reverse joins them: + v CE(softmax(z_expression), q(AUs)) over the faces with coded
    units and without an expression. With ``table = "seen"``, p(AU_i | e) is (k p_facs + shown) / (k + coded) over the
    faces with both labels that were met so far (ours), k = ``table_faces``.

    *Source*: Kollias et al., arXiv 1910.11111, 2105.03790 and 2401.01219 (distribution matching, soft co-annotation);
    the table from Du, Tao & Martinez 2014. The papers take the network's own p(e | x); the annotators' and
    ``certainty`` are ours.
    """

    Settings = CouplingSettings
    others = ("coupling", "co_annotation")
    studies: Tensor
    shown: Tensor
    coded: Tensor

    def __init__(self, settings: CouplingSettings, labels: LabelSet) -> None:
        if not {"expression", "au"} <= labels.keys():
            raise RecipeError(
                f"Method 'coupling' ties action units to expressions, but the labels are {', '.join(labels)}; add a "
                f"database with the other, or choose 'joint'"
            )
        super().__init__(settings, labels)
        table = torch.tensor([[PROTOTYPES[e].get(au, 0.0) for au in labels["au"]] for e in labels["expression"]])
        learns = settings.table == "seen"
        self.register_buffer("studies", table, persistent=False)  # (C, A)
        self.register_buffer("shown", torch.zeros_like(table), persistent=learns)  # faces that showed the unit
        self.register_buffer("coded", torch.zeros_like(table), persistent=learns)  # faces in which it was looked for

    @property
    def shares(self) -> Tensor:
        """(C, A) p(AU_i | e) as far as is known."""
        faces = float(self.settings.table_faces)
        return (faces * self.studies + self.shown) / (faces + self.coded)

    @property
    def relation(self) -> Tensor:
        """(C, A) the same, kept within ``certainty``."""
        return self.shares.clamp(1 - self.settings.certainty, self.settings.certainty)

    @property
    def related(self) -> Tensor:
        """(A,) the units of which anything is known."""
        return (self.studies + self.coded).any(dim=0)

    def further(self, logits: dict[str, Tensor], batch: Labelled) -> dict[str, Tensor]:
        """The coupling's terms, by name."""
        mask = batch.mask["expression"]
        shares = known(batch.target["expression"], mask)  # (B, C)
        if self.settings.table == "seen" and self.training and torch.is_grad_enabled():
            self._see(shares, batch)
        open_to_it = ~batch.mask["au"] & self.related & mask.any(dim=1, keepdim=True)  # (B, A)
        probs = logits["au"].float().sigmoid()
        loss = self._per_group if self.settings.match == "group" else self._per_face
        terms = {"coupling": self.settings.coupling * loss(probs, shares, open_to_it)}
        if self.settings.co_annotation:
            terms["co_annotation"] = self.settings.co_annotation * self._reverse(logits["expression"], batch)
        return terms

    @torch.no_grad()
    def _see(self, shares: Tensor, batch: Labelled) -> None:
        coded = batch.mask["au"]
        self.shown += shares.T @ known(batch.target["au"], coded)
        self.coded += shares.T @ coded.float()

    def _reverse(self, logits: Tensor, batch: Labelled) -> Tensor:
        coded = batch.mask["au"] & self.related & ~batch.mask["expression"].any(dim=1, keepdim=True)
        if self.settings.reverse == "bayes":
            labels, judged = likely_labels(batch.target["au"], coded, self.relation)
        else:
            labels, judged = scored_labels(batch.target["au"], coded, self.shares, self.labels["expression"])
        return soft_cross_entropy(logits, labels, judged)

    def _per_face(self, probs: Tensor, shares: Tensor, open_to_it: Tensor) -> Tensor:
        return masked_mean(_bce(probs, shares @ self.relation), open_to_it)

    def _per_group(self, probs: Tensor, shares: Tensor, open_to_it: Tensor) -> Tensor:
        weight = shares.T @ open_to_it.float()  # (C, A): how many faces the mean is over
        mean, relation = shares.T @ (probs * open_to_it) / weight.clamp(min=1e-6), self.relation
        seen = weight > 1e-3
        entries = _bce(torch.where(seen, mean, relation), relation) * weight
        return (entries * seen).sum() / (weight * seen).sum().clamp(min=1.0)


def _bce(probs: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of probabilities, which rounding may have brought to 0 or 1."""
    probs = probs.clamp(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy(probs, target, reduction="none")
