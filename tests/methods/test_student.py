"""A student's loss by hand: every term, and the wrong variants that it must not be."""

from math import exp, log
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import LabelSet
from mien.losses import LOSSES
from mien.methods import make_method
from mien.methods.student import Student
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import save
from mien.preprocessing import Preprocessing

LABELS: LabelSet = {"expression": ("neutral", "fear"), "au": ("AU01", "AU12"), "va": ("valence", "arousal")}
LAMBDA, T = 0.4, 1.5


class Given(nn.Module):
    """A network whose outputs are given; stands in for student and teacher."""

    def __init__(self, spec: ModelSpec | None = None, **logits: Tensor) -> None:
        super().__init__()
        self.spec = spec
        self.logits = logits

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return self.logits


def folder_of(tmp_path: Path, labels: LabelSet = LABELS, **spec: object) -> str:
    folder = tmp_path / f"teacher{len(list(tmp_path.iterdir()))}"
    save(folder, AffectModel(ModelSpec(backbone="plain_small", labels=labels, **spec)))
    return str(folder)


@pytest.fixture
def student(tmp_path: Path) -> Student:
    method = make_method({"name": "student", "teacher": [folder_of(tmp_path)]}, LABELS)
    assert isinstance(method, Student)
    return method


def terms(method: Student, batch: Batch, taught: dict[str, Tensor], own: dict[str, Tensor]) -> dict[str, float]:
    (teacher,) = method.teachers
    method.teachers = nn.ModuleList([Given(teacher.spec, **taught)])
    return {name: value.item() for name, value in method(Given(**own), batch).items()}


def batch(target: dict[str, Tensor], known: dict[str, list[bool]]) -> Batch:
    rows = len(next(iter(known.values())))
    mask = {task: torch.tensor(known[task])[:, None].expand(-1, 2).clone() for task in LABELS}
    return Batch(torch.zeros(rows, 3, 2, 2), target, mask, torch.zeros(rows, dtype=torch.int64))


def nothing(rows: int) -> dict[str, Tensor]:
    return {task: torch.zeros(rows, 2) for task in LABELS}


def softmax(*z: float) -> list[float]:
    total = sum(exp(value) for value in z)
    return [exp(value) / total for value in z]


def bce(p: float, q: float) -> float:
    return -(q * log(p) + (1 - q) * log(1 - p))


def s(z: float) -> float:
    return 1 / (1 + exp(-z))


def test_an_unlabelled_face_learns_its_expression_from_the_teacher_at_temperature(student: Student) -> None:
    taught = nothing(1) | {"expression": torch.tensor([[3.0, 0.0]])}
    own = nothing(1) | {"expression": torch.tensor([[0.0, 1.5]])}
    found = terms(student, batch(nothing(1), {task: [False] for task in LABELS}), taught, own)["expression"]
    p, q = softmax(2.0, 0.0), softmax(0.0, 1.0)
    kl = sum(a * log(a / b) for a, b in zip(p, q, strict=True))
    assert found == pytest.approx(kl)
    with_t2 = T**2 * kl
    backwards = sum(b * log(b / a) for a, b in zip(p, q, strict=True))
    hot = sum(a * log(a / b) for a, b in zip(softmax(3.0, 0.0), softmax(0.0, 1.5), strict=True))
    assert all(found != pytest.approx(wrong, rel=0.01) for wrong in (with_t2, backwards, hot))


def test_action_units_are_taught_without_temperature(student: Student) -> None:
    taught, own = nothing(1) | {"au": torch.tensor([[2.0, -1.0]])}, nothing(1) | {"au": torch.tensor([[0.5, 0.0]])}
    found = terms(student, batch(nothing(1), {task: [False] for task in LABELS}), taught, own)["au"]
    assert found == pytest.approx((bce(s(0.5), s(2.0)) + bce(s(0.0), s(-1.0))) / 2)
    assert found != pytest.approx((bce(s(0.5 / T), s(2.0 / T)) + bce(s(0.0), s(-1.0 / T))) / 2)


def test_where_there_is_a_label_teacher_and_annotator_share(student: Student) -> None:
    target = nothing(1) | {"expression": torch.tensor([[0.0, 1.0]])}
    taught = nothing(1) | {"expression": torch.tensor([[1.5, 0.0]])}
    known = {"expression": [True], "au": [False], "va": [False]}
    found = terms(student, batch(target, known), taught, nothing(1))["expression"]
    kl = sum(p * log(p / 0.5) for p in softmax(1.0, 0.0))
    assert found == pytest.approx(LAMBDA * kl + (1 - LAMBDA) * log(2))
    assert found != pytest.approx((1 - LAMBDA) * kl + LAMBDA * log(2))  # lambda swapped


def test_three_batches_of_one_task_each_give_the_papers_sum(student: Student) -> None:
    """L = (1/3) sum_t sum_i l_ti over three batches of four faces, as one batch of twelve."""
    generator = torch.Generator().manual_seed(0)
    own, taught = ({t: torch.randn(12, 2, generator=generator) for t in LABELS} for _ in range(2))
    target = {
        "expression": torch.eye(2)[torch.arange(12) % 2],
        "au": (torch.arange(24).reshape(12, 2) % 3 == 0).float(),
        "va": torch.rand(12, 2, generator=generator) - 0.5,
    }
    part = {task: slice(4 * i, 4 * i + 4) for i, task in enumerate(LABELS)}
    known = {task: [part[task].start <= row < part[task].stop for row in range(12)] for task in LABELS}
    expected = 0.0
    for t in LABELS:
        for i, name in (("expression", "soft_cross_entropy"), ("au", "masked_bce"), ("va", "va_ccc")):
            z, z_t = own[i][part[t]], taught[i][part[t]]
            if i == "expression":
                p, q = (z_t / T).softmax(1), (z / T).softmax(1)
                d = (p * (p / q).log()).sum(1).mean()
            elif i == "au":
                q, p = z.sigmoid(), z_t.sigmoid()
                d = -(p * q.log() + (1 - p) * (1 - q).log()).mean()
            else:
                d = (z.sigmoid() - z_t.sigmoid()).square().mean()
            own_loss = LOSSES[name](z, target[i][part[t]], torch.ones(4, 2, dtype=torch.bool))
            expected += (LAMBDA * d + (1 - LAMBDA) * own_loss).item() if i == t else d.item()
    assert terms(student, batch(target, known), taught, own)["loss"] == pytest.approx(expected / 3, rel=1e-5)


def test_bins_are_taught_as_distributions(tmp_path: Path) -> None:
    method = make_method({"name": "student", "teacher": [folder_of(tmp_path, va_bins=4)]}, LABELS)
    assert isinstance(method, Student)
    z_t, z = torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)
    z_t[0, 0, 2] = 3.0
    none = {task: [False] for task in LABELS}
    found = terms(method, batch(nothing(1), none), nothing(1) | {"va": z_t}, nothing(1) | {"va": z})["va"]
    kl = sum(p * log(p / 0.25) for p in softmax(0, 0, 2.0, 0))
    assert found == pytest.approx(kl / 2)  # valence's, and 0 of arousal's


def test_several_teachers_teach_the_mean_of_their_probabilities(tmp_path: Path) -> None:
    folders = [folder_of(tmp_path), folder_of(tmp_path)]
    method = make_method({"name": "student", "teacher": folders}, {"au": LABELS["au"]})
    assert isinstance(method, Student)
    z = [torch.tensor([[4.0, 0.0]]), torch.tensor([[-2.0, 0.0]])]
    method.teachers = nn.ModuleList([Given(method.teachers[0].spec, au=one) for one in z])
    mask = {"au": torch.zeros(1, 2, dtype=torch.bool)}
    faces = Batch(torch.zeros(1, 3, 2, 2), {"au": torch.zeros(1, 2)}, mask, torch.zeros(1, dtype=torch.int64))
    found = method(Given(au=torch.zeros(1, 2)), faces)["loss"].item()
    mean, of_logits = (s(4.0) + s(-2.0)) / 2, s(1.0)
    assert found == pytest.approx(bce(0.5, mean))
    own = Given(au=torch.tensor([[1.0, 0.0]]))
    assert method(own, faces)["loss"].item() == pytest.approx((bce(s(1.0), mean) + log(2)) / 2)
    assert mean != pytest.approx(of_logits, abs=0.01)


def test_teachers_stay_as_they_are(student: Student) -> None:
    student.train()
    assert not any(module.training for module in student.teachers.modules())
    assert not any(p.requires_grad for p in student.parameters())


def test_a_teacher_with_more_labels_in_another_place_teaches_those_that_are_asked_for(tmp_path: Path) -> None:
    more = {"expression": ("neutral", "happiness", "fear"), "au": ("AU01", "AU06", "AU12")}
    method = make_method({"name": "student", "teacher": [folder_of(tmp_path, more)]}, LABELS)
    assert isinstance(method, Student)
    taught = {"expression": torch.tensor([[0.0, 9.0, 3.0]]), "au": torch.tensor([[1.0, 9.0, -1.0]])}
    none = {task: [False] for task in LABELS}
    found = terms(method, batch(nothing(1), none), taught, nothing(1))
    assert found["expression"] == pytest.approx(sum(p * log(p / 0.5) for p in softmax(0.0, 2.0)))
    assert found["au"] == pytest.approx(log(2))
    assert found["va"] == 0  # a task that the teacher does not know, on a face without a label


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="knows au, but not AU12"):
        make_method({"name": "student", "teacher": [folder_of(tmp_path, {"au": ("AU01",)})]}, LABELS)
    with pytest.raises(RecipeError, match="knows compound: none of"):
        make_method({"name": "student", "teacher": [folder_of(tmp_path, {"compound": ("awed",)})]}, LABELS)
    method = make_method({"name": "student", "teacher": [folder_of(tmp_path, va_bins=4)]}, LABELS)
    with pytest.raises(RecipeError, match=r"network\.va_bins = 4, the recipe 0"):
        method.meet(AffectModel(ModelSpec(backbone="plain_small", labels=LABELS)))
    with pytest.raises(RecipeError, match=r"make \[preprocessing\] the same"):
        method.meet(AffectModel(ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=Preprocessing(size=32))))
