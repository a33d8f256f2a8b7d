"""A student: learns the labels that are there from annotators, and those that are not from a teacher."""

from typing import Any, ClassVar, Self

import torch
from pydantic import Field
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import CLASS_TASKS, LabelSet
from mien.losses import LOSSES
from mien.losses.distillation import soft_bce, soft_error, soft_kl
from mien.methods.base import PerTaskLoss, TaskLossSettings
from mien.models.affect import AffectModel
from mien.models.checkpoint import load
from mien.models.network import Network
from mien.models.spec import ModelSpec

Taught = dict[str, Tensor]


class StudentSettings(TaskLossSettings):
    """Settings of ``student`` beside those of ``joint``; ``balance`` has no meaning here.

    Attributes:
        teacher: folders of trained networks; the mean of their probabilities teaches.
        teacher_weight: the paper's lambda, the teacher's part where an annotator gave the label.
        temperature: the paper's T, of expressions, compounds and binned valence/arousal.
    """

    teacher: tuple[str, ...] = Field(min_length=1)
    teacher_weight: float = Field(0.4, ge=0, le=1)
    temperature: float = Field(1.5, gt=0)


class Student(PerTaskLoss):
    """For the faces of task t's database and every task i, with D_i against the teacher and S_i against labels:

        l_ti = lambda D_i + (1 - lambda) S_i  if i = t,   D_i  if i != t;     L = mean_t sum_i w_i l_ti

    A batch mixes the databases, and the mean over faces is that over t where they are equally many: with B faces, B_i
    of them with a label of task i,

        L = sum_i w_i [ (B_i / B) (1 - lambda) S_i + (1 / B) sum_x (lambda if x is labelled else 1) D_i(x) ]

    D_AU is the cross-entropy of s(z) against the teacher's probability (entry by entry where some units of a face are
    coded), D of expressions, compounds and binned VA is KL(softmax(z_T / T) || softmax(z_S / T)). Ours: intensities and
    VA without bins by squared error; a task that the teacher does not know has the first part only.

    *Source*: Deng, Chen & Shi 2020, "Multitask emotion recognition with incomplete labels" (arXiv 2002.03557),
    section 3. The teacher is frozen and in evaluation mode, and sees the same augmented faces.
    """

    Settings = StudentSettings
    learns_unlabelled: ClassVar[bool] = True

    def __init__(self, settings: StudentSettings, labels: LabelSet) -> None:
        super().__init__(settings, labels)
        networks = {folder: load(folder)[0] for folder in settings.teacher}
        self.teachers = nn.ModuleList(networks.values()).requires_grad_(False)
        self._columns = [_columns(network.spec, labels, folder) for folder, network in networks.items()]

    def train(self, mode: bool = True) -> Self:
        """The teachers stay in evaluation mode."""
        super().train(mode)
        self.teachers.eval()
        return self

    def meet(self, model: AffectModel) -> None:
        """Raise when the teachers were made for other faces or bins than the student."""
        spec = model.spec
        for folder, teacher in zip(self.settings.teacher, self.teachers, strict=True):
            assert isinstance(teacher, Network)
            if teacher.spec.preprocessing != spec.preprocessing:
                raise RecipeError(
                    f"The teacher {folder} was trained on faces cut by {teacher.spec.preprocessing}, the recipe says "
                    f"{spec.preprocessing}; teacher and student see the same picture: make [preprocessing] the same"
                )
            if "va" in teacher.spec.labels and teacher.spec.va_bins != spec.va_bins:
                raise RecipeError(
                    f"The teacher {folder} has network.va_bins = {teacher.spec.va_bins}, the recipe {spec.va_bins}; "
                    f"make them the same"
                )

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        logits = model(batch.image)
        taught = {task: batch.whole(probs) for task, probs in self._taught(batch.image).items()}
        terms = {}
        for task in self.labels:
            z, mask = logits[task], batch.mask[task]
            labelled = mask.any(dim=1).float().mean()
            own = LOSSES[self._loss_name(task, z)](z, batch.target[task], mask)
            keep = 1 - self.settings.teacher_weight if task in taught else 1.0
            terms[task] = self.weight(task) * (keep * labelled * own + self._distilled(task, z, mask, taught))
        known = {t: torch.tensor(t in taught, device=z.device) | batch.mask[t].any() for t, z in logits.items()}
        return self.summed(model, terms, known, {})

    def _distilled(self, task: str, z: Tensor, mask: Tensor, taught: Taught) -> Tensor:
        """Mean over the faces of D_i, weighed by lambda where there is a label."""
        if task not in taught:
            return z.sum() * 0.0
        weight = torch.where(mask, self.settings.teacher_weight, 1.0)  # (B, labels)
        if task == "au":
            return (weight * soft_bce(z, taught[task])).mean()
        of_face = torch.where(mask.any(dim=1), self.settings.teacher_weight, 1.0)
        if task in CLASS_TASKS or z.ndim == 3:
            error = soft_kl(z, taught[task], self.settings.temperature)  # (B,), or (B, 2) of the bins
            return (of_face * (error.mean(dim=1) if error.ndim == 2 else error)).mean()
        return (of_face * soft_error(z.float().sigmoid(), taught[task])).mean()

    @torch.no_grad()
    def _taught(self, image: Tensor) -> Taught:
        """Mean of the teachers' probabilities per task that any of them knows, at the student's labels."""
        found: dict[str, list[Tensor]] = {}
        for teacher, columns in zip(self.teachers, self._columns, strict=True):
            spec: Any = teacher.spec
            logits = teacher(image)
            for task, index in columns.items():
                z = logits[task][:, index].float()
                if task in CLASS_TASKS and spec.expression_activation == "sigmoid":
                    z = -torch.nn.functional.softplus(-z)  # log s(z), as ``outputs.class_probs`` reads it
                soft = task in CLASS_TASKS or z.ndim == 3
                found.setdefault(task, []).append((z / self.settings.temperature).softmax(-1) if soft else z.sigmoid())
        return {task: torch.stack(probs).mean(dim=0) for task, probs in found.items()}


def _columns(teacher: ModelSpec, labels: LabelSet, folder: str) -> dict[str, list[int]]:
    """Where the student's labels stand among the teacher's, per task that both know."""
    found = {}
    for task, names in labels.items():
        known = teacher.labels.get(task)
        if known is None:
            continue
        if missing := [name for name in names if name not in known]:
            raise RecipeError(
                f"The teacher {folder} knows {task}, but not {', '.join(missing)}; train it on the same [labels], or "
                f"leave these out of the student's"
            )
        found[task] = [known.index(name) for name in names]
    if not found:
        raise RecipeError(f"The teacher {folder} knows {', '.join(teacher.labels)}: none of {', '.join(labels)}")
    return found
