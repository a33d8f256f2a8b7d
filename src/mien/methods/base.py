"""What every method has in common: how it wants its network and its batches, and what it returns."""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from mien.config import Section, Task
from mien.data.batch import Batch, Labelled
from mien.labels import LabelSet
from mien.losses import LOSSES
from mien.methods.balancing import DynamicAverage, LossBalance, Uncertainty
from mien.methods.surgery import GradientSurgery
from mien.models.affect import AffectModel


class MethodSettings(Section):
    """The ``[method]`` part of a recipe; methods add their own keys.

    Attributes:
        name: which method.
        weights: factor of each task's loss, 1 when not given.
    """

    name: str
    weights: dict[Task, float] = Field(default_factory=dict)


class Method(nn.Module):
    """Turns a network and a batch into named loss terms.

    A method that learns or keeps something of its own (loss weights, a teacher) has it as parameters and buffers, so
    that it is in the checkpoint.

    Attributes:
        batches: ``mixed`` batches hold rows of all databases, ``in_turn`` batches those of one.
        head: one output layer over all labels, or one per task.
        expression_activation: how the expression outputs are read.
        learns_unlabelled: it learns from faces without any label, too.
        game: two sides have opposite aims, so that a step may raise the loss.
        one_task_each: it learns one task of one database; a comparison trains one such network for each of them.
    """

    Settings: ClassVar[type[MethodSettings]] = MethodSettings
    batches: ClassVar[Literal["mixed", "in_turn"]] = "mixed"
    head: ClassVar[Literal["joint", "tasks"]] = "tasks"
    expression_activation: ClassVar[Literal["softmax", "sigmoid"]] = "softmax"
    one_task_each: ClassVar[bool] = False
    learns_unlabelled: ClassVar[bool] = False
    game: ClassVar[bool] = False

    def __init__(self, settings: Any, labels: LabelSet) -> None:
        super().__init__()
        self.settings = settings
        self.labels = labels

    @abstractmethod
    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The terms of the loss, scalars; ``loss`` is the one to minimise.

        Args:
            model: from pictures (b, 3, H, W) to outputs of all B rows of the batch. Several processes share the
                pictures of a batch; every one gets all outputs and computes the loss of the whole batch.
            batch: what else is computed of its pictures goes through ``batch.whole``.
        """

    def meet(self, model: AffectModel) -> None:
        """See the network before training: raise where the method cannot train it, build what depends on it."""

    def keep(self, folder: Path, step: int) -> None:
        """Write what the method made, beside the network, whenever that is validated at ``step``."""

    def weight(self, task: str) -> float:
        """The recipe's factor of a task's loss."""
        return float(self.settings.weights.get(task, 1.0))


TASK_LOSS = {
    "expression": "soft_cross_entropy",
    "compound": "soft_cross_entropy",
    "au": "masked_bce",
    "au_intensity": "intensity_mse",
    "va": "va_ccc",
}


class TaskLossSettings(MethodSettings):
    """Settings of methods with a loss per task.

    Attributes:
        va: loss of valence and arousal: ``va_ccc`` (1 - CCC over the batch) or ``va_mse``. With ``network.va_bins`` it
            is ``va_binned``.
        balance: ``equal``: every task's loss counts alike, however few of the batch's faces carry it; ``labels``: it
            counts by the share of faces that do.
        balance_losses: how the tasks' losses weigh each other beside ``weights``: ``none``; ``uncertainty``, learned
            (Kendall et al. 2018); ``dwa``, by how fast each falls (Liu et al. 2019).
        dwa_period, dwa_temperature: see ``DynamicAverage``.
        gradients: what the shared part follows: the ``sum`` of the losses' gradients, or where they contradict each
            other ``pcgrad``, ``cagrad``, ``aligned_mtl`` or ``nash_mtl``, which need torchjd; see ``GradientSurgery``.
    """

    va: Literal["va_ccc", "va_mse"] = "va_ccc"
    balance: Literal["equal", "labels"] = "equal"
    balance_losses: Literal["none", "uncertainty", "dwa"] = "none"
    dwa_period: int = Field(100, ge=1)
    dwa_temperature: float = Field(2.0, gt=0)
    gradients: Literal["sum", "pcgrad", "cagrad", "aligned_mtl", "nash_mtl"] = "sum"


class PerTaskLoss(Method):
    """A masked loss per task, added up: L = sum_t w_t L_t, each L_t over the faces that carry the task's label.

    *Source*: Kollias & Zafeiriou 2018 (arXiv 1811.07771) for the task set; they do not print the losses. Ours:
    cross-entropy, the mean of an image's known AUs' cross-entropies, and 1 - (CCC_v + CCC_a) / 2.
    """

    Settings: ClassVar[type[MethodSettings]] = TaskLossSettings
    others: ClassVar[tuple[str, ...]] = ()
    """Names of the terms of ``further``."""

    def __init__(self, settings: Any, labels: LabelSet) -> None:
        super().__init__(settings, labels)
        self.balancing: LossBalance | None = None
        if settings.balance_losses == "uncertainty":
            self.balancing = Uncertainty(list(labels))
        elif settings.balance_losses == "dwa":
            self.balancing = DynamicAverage(list(labels), settings.dwa_period, settings.dwa_temperature)
        terms = (*labels, *self.others)
        self.surgery = None if settings.gradients == "sum" else GradientSurgery(settings.gradients, terms)

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        return self.terms(model, model(batch.image), batch)

    def terms(self, model: nn.Module, logits: dict[str, Tensor], batch: Labelled) -> dict[str, Tensor]:
        """The terms of the loss of the network's raw outputs (B, labels) per task, wherever they come from."""
        losses = self.task_terms(logits, batch.target, batch.mask)
        given = {task: batch.mask[task].any() for task in self.labels}
        return self.summed(model, losses, given, self.further(logits, batch))

    def summed(
        self, model: nn.Module, losses: dict[str, Tensor], given: dict[str, Tensor], others: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """All terms and their ``loss``, balanced as the settings say.

        Args:
            model: the network, for its gradients.
            losses: of every task.
            given: whether any face of the batch taught it.
            others: terms that are not of one task; they are added as they are.
        """
        terms = (losses if self.balancing is None else self.balancing(losses, given)) | others
        loss = torch.stack(list(terms.values())).sum()
        if self.surgery is not None:
            loss = loss + self.surgery(model, terms)
        shown = {} if self.balancing is None else dict(zip(self.labels, self.balancing.weights, strict=True))
        return terms | {"loss": loss} | {f"weight_{task}": weight for task, weight in shown.items()}

    def task_terms(
        self, logits: dict[str, Tensor], target: Mapping[str, Tensor], mask: Mapping[str, Tensor], va: str = ""
    ) -> dict[str, Tensor]:
        """The weighed loss of every task; ``va`` names another one of valence and arousal than the settings do."""
        terms = {}
        for task in self.labels:
            name = self._loss_name(task, logits[task], va)
            share = mask[task].any(dim=1).float().mean() if self.settings.balance == "labels" else 1.0
            terms[task] = self.weight(task) * share * LOSSES[name](logits[task], target[task], mask[task])
        return terms

    def further(self, logits: dict[str, Tensor], batch: Labelled) -> dict[str, Tensor]:
        """Terms that a method adds to those of the tasks."""
        return {}

    def _loss_name(self, task: str, logits: Tensor, va: str = "") -> str:
        if task == "va":
            return "va_binned" if logits.ndim == 3 else va or str(self.settings.va)
        return TASK_LOSS[task]
