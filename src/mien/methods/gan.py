"""A game in which the network learns its tasks while it tells real faces from those made for given labels."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.generation.augment import AdaptiveAugment
from mien.generation.checkpoint import Makers, save_makers
from mien.generation.condition import Labels, encode, thinned, width
from mien.generation.info import MakerSpec
from mien.generation.samples import write_samples
from mien.labels import LabelSet
from mien.losses.adversarial import critic_loss, gradient_penalty, maker_loss, sameness
from mien.methods.base import PerTaskLoss, TaskLossSettings
from mien.models.affect import AffectModel

GROUP = 4  # faces whose variety is looked at together
PENALISED = 8  # one face of so many takes part in the gradient penalty
WARM = 10.0  # updates over which the average of a young generator forgets its random start


class GanSettings(TaskLossSettings):
    """Settings of ``gan`` beside those of ``joint``.

    Attributes:
        forms: ``noise``: faces from noise and labels; ``image``: a given face with other labels.
        noise: numbers in z.
        width: channels of the generators at the full side.
        gamma: weight of the gradient penalty is gamma / 2, for faces in [0, 1]; with 1 the discriminator
            hardly told drawn faces of 48 px from noise.
        told: weight of the labels' losses on generated faces.
        cycle: weight of the mean absolute difference between a face and what two edits make of it, there and back, and
            of the face edited to its own labels.
        sameness: weight of the term that other noise be another face; see ``losses.adversarial``.
        average: decay of the averaged generator, the one that is kept.
        adaptive: change faces before they are judged, as strongly as the discriminator overfits.
    """

    forms: tuple[Literal["noise", "image"], ...] = Field(("noise",), min_length=1)
    noise: int = Field(64, ge=1)
    width: int = Field(32, ge=8)
    gamma: float = Field(0.02, ge=0)
    told: float = Field(0.3, ge=0)
    cycle: float = Field(10.0, ge=0)
    sameness: float = Field(0.05, ge=0)
    average: float = Field(0.998, ge=0, lt=1)
    adaptive: bool = True


class Gan(PerTaskLoss):
    """Discriminator and generator at once; the network is the discriminator's trunk and its heads for the tasks.

        L_D = -log s(D(x)) - log(1 - s(D(G(z, c)))) + gamma / 2 |dD/dx|^2 + sum_t w_t L_t(x)
        L_G = -log s(D(G(z, c))) + told * sum_t w_t L_t(G(z, c), c) + sameness * |z - z'| / |G(z, c) - G(z', c)|
        L_E = as the first two of L_G with E(x, c) for G(z, c),
              + cycle * (mean |E(E(x, c), c_x) - x| + mean |E(x, c_x) - x|)

    L_t as in ``joint``, each over the faces that carry the label, and for generated faces over the labels that the
    generator was told; there VA is scored by squared error, since a batch of free choices has no concordance to reach.
    A face without labels takes part in the first line's adversarial terms alone. Both sides step at once: L_G does not
    reach the discriminator's weights, nor L_D the generator's. D also sees the condition, as the inner product of
    features and its projection (Miyato & Koyama 2018, "cGANs with projection discriminator").

    *Source*: Kollias & Zafeiriou 2018 (arXiv 1811.07771) for a discriminator that learns valence/arousal, action units
    and expressions, and a generator that makes faces for given labels. Its losses and layers could not be obtained:
    all formulas above are ours, from the sources that the parts name.
    """

    Settings = GanSettings
    learns_unlabelled: ClassVar[bool] = True
    game: ClassVar[bool] = True
    age: Tensor

    def __init__(self, settings: GanSettings, labels: LabelSet) -> None:
        super().__init__(settings, labels)
        if self.balancing is not None or self.surgery is not None:
            raise RecipeError("Method 'gan' adds its losses up; leave out balance_losses and gradients")

    def meet(self, model: AffectModel) -> None:
        """Build the generators for the faces and features of ``model``."""
        if any(isinstance(module, nn.BatchNorm2d) for module in model.backbone.modules()):
            raise RecipeError(
                f"The backbone {model.spec.backbone} normalises over the batch, so that generated faces would change "
                f"what it says of real ones; for method 'gan' use face_resnet_gn or face_resnet_gn_slim"
            )
        preprocessing = model.spec.preprocessing
        self.spec = MakerSpec(
            labels=self.labels,
            size=preprocessing.size,
            grey=preprocessing.grey,
            **self.settings.model_dump(include={"forms", "noise", "width"}),
        )
        self.makers = Makers(self.spec)
        self.average = copy.deepcopy(self.makers).requires_grad_(False)
        features = model.backbone.features
        self.real = nn.Linear(features + 1, 1)
        self.projection = nn.Linear(width(self.labels), features, bias=False)
        self.augment = AdaptiveAugment()
        self.register_buffer("age", torch.zeros(()))

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        if batch.part[1] > 1:
            raise RecipeError("Method 'gan' trains in one process; start it without torchrun or accelerate launch")
        network: Any = getattr(model, "module", model)
        self._follow()
        faces, own = batch.image, thinned(batch.mask)
        order, half = torch.randperm(len(faces), device=faces.device), len(faces) // 2
        order[half : 2 * half] = order[:half].clone()  # the same condition twice, for other noise
        told = {task: mask[order] for task, mask in own.items()}
        wanted = {task: target[order] for task, target in batch.target.items()}
        condition = encode(self.labels, wanted, told)
        made, further = self._made(batch, condition)
        terms = self._critic_terms(network, batch, encode(self.labels, batch.target, own), made, condition)
        with _frozen(network, self.real, self.projection):
            terms |= self._maker_terms(network, made, condition, wanted, told)
        terms |= further
        terms["loss"] = torch.stack(list(terms.values())).sum()
        return terms

    def keep(self, folder: Path, step: int) -> None:
        """Write the averaged generators and a sheet of their faces beside the network."""
        save_makers(folder, self.average, step)
        write_samples(folder, self.average, step)

    def _made(self, batch: Batch, condition: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Generated faces (forms * B, 3, S, S), and the terms that hold an edited face to its original."""
        faces: list[Tensor] = []
        terms: dict[str, Tensor] = {}
        if self.makers.generator is not None:
            z = torch.randn(len(condition), self.spec.noise, device=condition.device)
            faces.append(self.makers.generator(z, condition))
            terms["sameness"] = self.settings.sameness * sameness(z, faces[-1])
        if self.makers.editor is not None:
            own = encode(self.labels, batch.target, batch.mask)
            edited = self.makers.editor(batch.image, condition)[0]
            back, same = (self.makers.editor(face, own)[0] for face in (edited, batch.image))
            cycle = (back - batch.image).abs().mean() + (same - batch.image).abs().mean()
            terms["cycle"] = self.settings.cycle * cycle
            faces.append(edited)
        return torch.cat(faces), terms

    def _critic_terms(
        self, network: Any, batch: Batch, own: Tensor, made: Tensor, condition: Tensor
    ) -> dict[str, Tensor]:
        """What trains the discriminator: the game, its penalty, and the tasks on real faces."""
        features = network.embed(self._changed(batch.image))
        scores = self._score(features, own)
        terms = self.task_terms(network.answer(features), batch.target, batch.mask)
        of_made = self._judged(network, made.detach(), condition)
        terms["critic"] = critic_loss(scores, of_made)
        some = batch.image[::PENALISED].detach().clone().requires_grad_()
        penalty = gradient_penalty(self._score(network.embed(some), own[::PENALISED]), some)
        terms["penalty"] = self.settings.gamma / 2 * penalty
        if self.settings.adaptive and self.training:
            self.augment.follow(scores.detach())
        return terms

    def _maker_terms(
        self, network: Any, made: Tensor, condition: Tensor, wanted: Labels, told: Labels
    ) -> dict[str, Tensor]:
        """What trains the generators: to pass for real, and to show the labels that they were told."""
        features = network.embed(self._changed(made))
        forms = len(made) // len(condition)
        terms = {"maker": maker_loss(self._score(features, condition.repeat(forms, 1)))}
        target = {task: values.repeat(forms, 1) for task, values in wanted.items()}
        mask = {task: given.repeat(forms, 1) for task, given in told.items()}
        shown = self.task_terms(network.answer(features), target, mask, va="va_mse")
        return terms | {f"maker_{task}": self.settings.told * term for task, term in shown.items()}

    def _judged(self, network: Any, faces: Tensor, condition: Tensor) -> Tensor:
        return self._score(network.embed(self._changed(faces)), condition.repeat(len(faces) // len(condition), 1))

    def _score(self, features: Tensor, condition: Tensor) -> Tensor:
        """(B,) high for real: how face-like and how varied, and how like the labels that came with it."""
        like = (self.projection(condition) * features).sum(dim=1) / features.shape[1] ** 0.5
        score: Tensor = self.real(torch.cat([features, _variety(features)], dim=1))[:, 0] + like
        return score

    def _changed(self, faces: Tensor) -> Tensor:
        return self.augment(faces) if self.settings.adaptive else faces

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the averaged generators a step towards the present ones."""
        if not self.training:
            return
        self.age += 1
        decay = min(self.settings.average, float(self.age) / (self.age + WARM))
        for mean, now in zip(self.average.parameters(), self.makers.parameters(), strict=True):
            mean.lerp_(now, 1 - decay)


def _variety(features: Tensor) -> Tensor:
    """(B, 1): the standard deviation among ``GROUP`` faces in turn, mean over the features.

    A generator that makes the same face for everybody is found out by it. *Source*: Karras et al. 2018, "Progressive
    growing of GANs", section 3.
    """
    groups = (features[start : start + GROUP] for start in range(0, len(features), GROUP))
    parts = [(group.var(dim=0, unbiased=False) + 1e-8).sqrt().mean().expand(len(group), 1) for group in groups]
    return torch.cat(parts)


@contextmanager
def _frozen(*modules: nn.Module) -> Iterator[None]:
    """Gradients pass through the modules and leave their weights alone."""
    for module in modules:
        module.requires_grad_(False)
    try:
        yield
    finally:
        for module in modules:
            module.requires_grad_(True)
