"""The game of discriminator and generator: who learns from what."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.generation.checkpoint import load_makers
from mien.generation.sheet import CAPTION, GAP, LEAST_SIDE
from mien.images import read_image
from mien.labels import LabelSet
from mien.losses.adversarial import critic_loss, maker_loss
from mien.methods import make_method
from mien.methods.gan import Gan, _variety
from mien.models.affect import AffectModel, ModelSpec
from mien.preprocessing import Preprocessing

LABELS: LabelSet = {"expression": ("neutral", "fear"), "au": ("AU12", "AU25"), "va": ("valence", "arousal")}
ROWS, SIZE = 8, 16
CUT = Preprocessing(size=SIZE)


def new(**settings: object) -> tuple[Gan, AffectModel]:
    torch.manual_seed(0)
    model = AffectModel(ModelSpec(backbone="face_resnet_gn_slim", labels=LABELS, preprocessing=CUT))
    method = make_method({"name": "gan", "width": 8, "noise": 4, **settings}, LABELS)
    assert isinstance(method, Gan)
    method.meet(model)
    return method, model


def batch(labelled: bool = True) -> Batch:
    torch.manual_seed(1)
    image = torch.rand(ROWS, 1, SIZE, SIZE).expand(-1, 3, -1, -1)
    target = {
        "expression": torch.eye(2)[torch.arange(ROWS) % 2],
        "au": (torch.arange(2 * ROWS).reshape(ROWS, 2) % 3 == 0).float(),
        "va": torch.linspace(-1, 1, 2 * ROWS).reshape(ROWS, 2),
    }
    mask = {task: torch.full(values.shape, labelled) for task, values in target.items()}
    return Batch(image, target, mask, torch.zeros(ROWS, dtype=torch.long))


def gradients(method: Gan, model: AffectModel, terms: list[Tensor]) -> tuple[bool, bool, bool]:
    """Whether the sum of the terms reaches the trunk, the score's own layers, and the generators."""
    for module in (method, model):
        module.zero_grad()
    torch.stack(terms).sum().backward()

    def reached(*modules: torch.nn.Module) -> bool:
        return any(p.grad is not None and bool(p.grad.any()) for module in modules for p in module.parameters())

    return reached(model), reached(method.real, method.projection), reached(method.makers)


def test_each_side_learns_from_its_own_terms_alone() -> None:
    for forms in (["noise"], ["image"], ["noise", "image"]):
        method, model = new(forms=forms)
        terms = method(model, batch())
        makers = [term for name, term in terms.items() if name.startswith("maker") or name in ("cycle", "sameness")]
        assert gradients(method, model, makers) == (False, False, True)
        terms = method(model, batch())
        others = [terms[name] for name in ("critic", "penalty", *LABELS)]
        assert gradients(method, model, others) == (True, True, False)


def test_the_loss_is_the_sum_of_its_terms() -> None:
    method, model = new(forms=["noise", "image"])
    terms = {name: term.detach() for name, term in method(model, batch()).items()}
    names = {"critic", "penalty", "maker", "cycle", "sameness", *LABELS, *(f"maker_{task}" for task in LABELS)}
    assert terms.keys() == names | {"loss"}
    assert float(terms["loss"]) == pytest.approx(sum(float(terms[name]) for name in names), rel=1e-5)


def test_a_step_of_the_discriminator_tells_the_same_faces_better_apart() -> None:
    method, model = new(adaptive=False)
    method.train()
    faces = batch()

    def critic() -> Tensor:  # noise and conditions are those of the batch's seed
        found: Tensor = method(model, faces)["critic"]
        return found

    before = critic()
    before.backward()
    with torch.no_grad():
        for p in [*model.parameters(), *method.real.parameters()]:
            if p.grad is not None:
                p -= 1e-2 * p.grad
    assert critic() < before


def test_faces_without_labels_play_the_game_and_teach_no_task() -> None:
    method, model = new()
    terms = method(model, batch(labelled=False))
    assert not any(terms[task].any() or terms[f"maker_{task}"].any() for task in LABELS)
    assert terms["critic"] > 0 and terms["maker"] > 0


def test_scores_of_made_faces_are_wanted_low_by_one_side_and_high_by_the_other() -> None:
    high, low, real = torch.tensor([3.0]), torch.tensor([-3.0]), torch.tensor([3.0])
    assert critic_loss(real, low) < critic_loss(real, high)
    assert maker_loss(high) < maker_loss(low)


def test_the_kept_generator_is_an_average_that_follows() -> None:
    method, model = new()
    method.train()
    method(model, batch())
    before = [p.clone() for p in method.average.parameters()]
    with torch.no_grad():
        for p in method.makers.parameters():
            p += 1
    method(model, batch())
    moved = [float((now - then).mean()) for now, then in zip(method.average.parameters(), before, strict=True)]
    assert all(0 < step < 1 for step in moved)  # rejected: a copy (1), a frozen start (0)
    method.eval()
    still = [p.clone() for p in method.average.parameters()]
    method(model, batch())
    assert all(torch.equal(p, q) for p, q in zip(method.average.parameters(), still, strict=True))


def test_everything_that_is_learned_is_in_the_checkpoint() -> None:
    method, _ = new()
    state = method.state_dict()
    learned = {"makers", "average", "real", "projection", "augment", "age", "people"}
    assert {name.split(".")[0] for name in state} == learned


def test_it_keeps_its_generator_and_a_sheet_of_each_form(tmp_path: Path) -> None:
    for forms, sheets in ((["noise"], {"step"}), (["image"], {"changed"}), (["noise", "image"], {"step", "changed"})):
        method, model = new(forms=forms)
        folder = tmp_path / "-".join(forms)
        method.train()
        method(model, batch())
        method.keep(folder, 20)
        assert load_makers(folder).spec.labels == LABELS
        written = list((folder / "samples").iterdir())
        assert {path.name for path in written} == {f"{name}-000020.png" for name in sheets}
        assert all(path.stat().st_size > 1000 for path in written)


def test_the_sheet_of_changed_faces_begins_with_the_first_faces_of_the_training(tmp_path: Path) -> None:
    method, model = new(forms=["image"])
    method.train()
    first = batch()
    method(model, first)
    method(model, replace(first, image=1 - first.image))  # rejected: the last faces
    method.keep(tmp_path, 20)
    shown = read_image(tmp_path / "samples" / "changed-000020.png")
    corner = shown[GAP : GAP + LEAST_SIDE, CAPTION + GAP : CAPTION + GAP + LEAST_SIDE]
    face = cv2.resize(corner, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    given = first.image[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(face - given).mean() < np.abs(255 - face - given).mean() / 2


def test_a_backbone_that_normalises_over_the_batch_is_refused() -> None:
    model = AffectModel(ModelSpec(backbone="face_resnet", labels=LABELS, preprocessing=CUT))
    with pytest.raises(RecipeError, match=r"face_resnet normalises over the batch.*use face_resnet_gn"):
        make_method({"name": "gan"}, LABELS).meet(model)


def test_faces_that_are_all_alike_have_no_variety() -> None:
    torch.manual_seed(0)
    one, many = torch.rand(1, 6).expand(8, -1), torch.rand(8, 6)
    assert float(_variety(one).max()) < 1e-3
    found = _variety(many)
    assert found.shape == (8, 1)
    assert torch.allclose(found[:4], many[:4].std(dim=0, unbiased=False).mean(), rtol=1e-4)
    assert not torch.allclose(found[:4], found[4:])  # rejected: one number for the whole batch
