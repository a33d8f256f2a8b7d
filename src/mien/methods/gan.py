"""A game in which the network learns its tasks while it tells real faces from those made for given labels."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.generation.augment import AdaptiveAugment
from mien.generation.chance import Chance
from mien.generation.checkpoint import Makers, save_makers
from mien.generation.condition import Labels, encode, thinned, width
from mien.generation.info import MakerSpec
from mien.generation.make import as_bytes
from mien.generation.samples import PEOPLE, write_samples
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
            of the face edited to its own labels; with 10, as in StarGAN, 2,000 steps changed nothing.
        sameness: weight of the term that other noise be another face; see ``losses.adversarial``.
        average: decay of the averaged generator, the one that is kept.
        adaptive: change faces before they are judged, as strongly as the discriminator overfits.
    """

    forms: tuple[Literal["noise", "image"], ...] = Field(("noise",), min_length=1)
    noise: int = Field(64, ge=1)
    width: int = Field(32, ge=8)
    gamma: float = Field(0.02, ge=0)
    told: float = Field(0.3, ge=0)
    cycle: float = Field(2.0, ge=0)
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

    Several processes play the one game of the whole batch: each makes and looks at its own faces, features are
    gathered, and whatever is drawn is drawn for all rows everywhere.

    *Source*: Kollias & Zafeiriou 2018 (arXiv 1811.07771) for a discriminator that learns valence/arousal, action units
    and expressions, and a generator that makes faces for given labels. Its losses and layers could not be obtained:
    all formulas above are ours, from the sources that the parts name.
    """

    Settings = GanSettings
    learns_unlabelled: ClassVar[bool] = True
    game: ClassVar[bool] = True
    age: Tensor
    people: Tensor

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
        # Whom the editor's sheets show: the first faces of the training, kept by its checkpoints.
        self.register_buffer("people", torch.zeros(PEOPLE, 3, self.spec.size, self.spec.size))

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        self._follow(batch)
        deal = self._dealt(getattr(model, "module", model), batch)
        made, further = self._made(deal)
        terms = self._critic_terms(deal, made)
        with _frozen(deal.network, self.real, self.projection):
            terms |= self._maker_terms(deal, made)
        terms |= further
        terms["loss"] = torch.stack(list(terms.values())).sum()
        return terms

    def keep(self, folder: Path, step: int) -> None:
        """Write the averaged generators and sheets of their faces beside the network."""
        makers = copy.deepcopy(self.average).cpu()
        save_makers(folder, makers, step)
        write_samples(folder, makers, step, None if makers.editor is None else as_bytes(self.people.cpu()))

    def _dealt(self, network: Any, batch: Batch) -> "_Deal":
        """Draw what is told, and the order in which the generators get the faces' labels."""
        chance = Chance.of(batch)
        own = thinned(batch.mask, chance)
        order, half = chance.even().argsort(), len(batch) // 2
        order[half : 2 * half] = order[:half].clone()  # the same condition twice, for other noise
        told = {task: mask[order] for task, mask in own.items()}
        wanted = {task: target[order] for task, target in batch.target.items()}
        shown, asked = encode(self.labels, batch.target, own), encode(self.labels, wanted, told)
        return _Deal(network, batch, chance, shown, wanted, told, asked)

    def _made(self, deal: "_Deal") -> tuple[Tensor, dict[str, Tensor]]:
        """This process's generated faces (forms * b, 3, S, S), and the terms that need nothing but faces."""
        batch, condition = deal.batch, deal.batch.own(deal.condition)
        faces: list[Tensor] = []
        terms: dict[str, Tensor] = {}
        if self.makers.generator is not None:
            z = deal.chance.normal(self.spec.noise)
            faces.append(self.makers.generator(batch.own(z), condition))
            terms["sameness"] = self.settings.sameness * sameness(z, batch.whole(faces[-1]))
        if self.makers.editor is not None:
            own = batch.own(encode(self.labels, batch.target, batch.mask))
            edited = self.makers.editor(batch.image, condition)[0]
            back, same = (self.makers.editor(face, own)[0] for face in (edited, batch.image))
            apart = (back - batch.image).abs() + (same - batch.image).abs()
            terms["cycle"] = self.settings.cycle * batch.whole(apart.mean(dim=(1, 2, 3))).mean()
            faces.append(edited)
        return torch.cat(faces), terms

    def _critic_terms(self, deal: "_Deal", made: Tensor) -> dict[str, Tensor]:
        """What trains the discriminator: the game, its penalty, and the tasks on real faces."""
        batch = deal.batch
        features = self._seen(deal, batch.image)
        scores = self._score(features, deal.shown)
        terms = self.task_terms(deal.network.answer(features), batch.target, batch.mask)
        terms["critic"] = critic_loss(scores, self._score(self._seen(deal, made.detach()), deal.condition))
        terms["penalty"] = self.settings.gamma / 2 * self._penalty(deal)
        if self.settings.adaptive and self.training:
            self.augment.follow(scores.detach())
        return terms

    def _maker_terms(self, deal: "_Deal", made: Tensor) -> dict[str, Tensor]:
        """What trains the generators: to pass for real, and to show the labels that they were told."""
        features = self._seen(deal, made)
        forms = len(features) // len(deal.batch)
        terms = {"maker": maker_loss(self._score(features, deal.condition))}
        target = {task: values.repeat(forms, 1) for task, values in deal.wanted.items()}
        mask = {task: given.repeat(forms, 1) for task, given in deal.told.items()}
        shown = self.task_terms(deal.network.answer(features), target, mask, va="va_mse")
        return terms | {f"maker_{task}": self.settings.told * term for task, term in shown.items()}

    def _penalty(self, deal: "_Deal") -> Tensor:
        """R1 over one real face of ``PENALISED``, the k-th of the k-th lot, so that every process has some of them."""
        batch = deal.batch
        number = torch.arange(len(batch), device=batch.image.device)
        chosen = number % PENALISED == number // PENALISED % PENALISED  # (B,)
        mine = batch.own(chosen).nonzero()[:, 0]
        if not len(mine):  # take the same way as the others with a face that nobody asks for: they would wait for ever
            mine = mine.new_zeros(1)
        faces = batch.image[mine].detach().clone().requires_grad_()

        def of_all(some: Tensor) -> Tensor:
            rows = some.new_zeros(len(batch.image), *some.shape[1:]).index_copy(0, mine, some)
            return batch.whole(rows)[chosen]

        scores = self._score(of_all(deal.network.embed(faces).float()), deal.shown[chosen])
        # Every process has a copy of the scores, and the adjoint of gathering adds up the gradients of all copies.
        return of_all(gradient_penalty(scores / batch.part[1], faces)).mean()

    def _seen(self, deal: "_Deal", faces: Tensor) -> Tensor:
        """Features (forms * B, n) of all processes' faces, of which this one's are given, after their changes."""
        batch = deal.batch
        forms: Sequence[Tensor] = faces.reshape(-1, len(batch.image), *faces.shape[1:]).unbind()
        if self.settings.adaptive:
            forms = [self.augment(some, deal.chance.share(batch.part)) for some in forms]
        features = deal.network.embed(torch.cat([*forms])).float()
        return torch.cat([batch.whole(some) for some in features.chunk(len(forms))])

    def _score(self, features: Tensor, condition: Tensor) -> Tensor:
        """(forms * B,) high for real: how face-like and how varied, and how like the labels that came with it."""
        told = self.projection(condition.repeat(len(features) // len(condition), 1))
        like = (told * features).sum(dim=1) / features.shape[1] ** 0.5
        score: Tensor = self.real(torch.cat([features, _variety(features)], dim=1))[:, 0] + like
        return score

    @torch.no_grad()
    def _follow(self, batch: Batch) -> None:
        """Move the averaged generators a step towards the present ones."""
        if not self.training:
            return
        if not self.age:
            self.people.copy_(batch.whole(batch.image)[torch.arange(PEOPLE) % len(batch)])
        self.age += 1
        decay = min(self.settings.average, float(self.age) / (self.age + WARM))
        for mean, now in zip(self.average.parameters(), self.makers.parameters(), strict=True):
            mean.lerp_(now, 1 - decay)


@dataclass(frozen=True)
class _Deal:
    """What both sides see of a batch, all of it of all rows.

    Attributes:
        network: the discriminator's trunk and heads.
        batch: real faces of this process, and the labels of all rows.
        chance: further draws.
        shown: (B, 2 L) the condition that the discriminator gets with the real faces.
        wanted, told: labels that the generators are given, in another order than the faces'.
        condition: (B, 2 L) these as a vector.
    """

    network: Any
    batch: Batch
    chance: Chance
    shown: Tensor
    wanted: Labels
    told: Labels
    condition: Tensor


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
