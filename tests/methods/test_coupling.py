"""Coupling: by hand for one face and for a group, and what it must leave alone."""

from math import log

import pytest
import torch
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import PROTOTYPES, LabelSet
from mien.methods import make_method

LABELS: LabelSet = {"expression": ("neutral", "happiness"), "au": ("AU06", "AU12", "AU43")}  # AU43: of no expression


class Given(nn.Module):
    """A network whose outputs are given."""

    def __init__(self, au: Tensor) -> None:
        super().__init__()
        self.au = nn.Parameter(au)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {"expression": torch.zeros(len(image), 2), "au": self.au}


def batch(expression: Tensor, known: Tensor, coded: Tensor) -> Batch:
    """Faces with an expression where ``known``, and with action units where ``coded``."""
    rows = len(expression)
    target = {"expression": expression, "au": torch.zeros(rows, 3)}
    mask = {"expression": known[:, None].expand(-1, 2), "au": coded}
    return Batch(torch.zeros(rows, 3, 2, 2), target, mask, torch.zeros(rows, dtype=torch.int64))


def coupled(au: Tensor, faces: Batch, **settings: object) -> tuple[float, Tensor]:
    """The term and its gradient by the AU outputs."""
    network = Given(au)
    term = make_method({"name": "coupling", **settings}, LABELS)(network, faces)["coupling"]
    term.backward()
    assert network.au.grad is not None
    return term.item(), network.au.grad


def bce(p: float, q: float) -> float:
    return -(q * log(p) + (1 - q) * log(1 - p))


UNCODED = torch.zeros(1, 3, dtype=torch.bool)


def test_one_face_is_drawn_to_the_units_of_its_expression() -> None:
    """Half happy: q = 0.5 * 0.05 + 0.5 p(AU | happiness), p(AU12 | happiness) = 1 kept at 0.95, p(AU06) = 0.51."""
    faces = batch(torch.tensor([[0.5, 0.5]]), torch.tensor([True]), UNCODED)
    found, gradient = coupled(torch.tensor([[0.0, log(3.0), 9.0]]), faces, coupling=2.0)
    assert PROTOTYPES["happiness"]["AU06"] == 0.51
    assert found == pytest.approx(2 * (bce(0.5, 0.28) + bce(0.75, 0.5)) / 2)
    assert gradient[0, 2] == 0  # an action unit that no expression has
    assert gradient[0, 0] > 0 > -gradient[0, 1]


def test_a_group_matches_in_its_mean_and_leaves_its_faces_free() -> None:
    happy = torch.tensor([[0.0, 1.0]]).expand(2, -1)
    faces = batch(happy, torch.tensor([True, True]), UNCODED.expand(2, -1))
    z = torch.tensor([[0.0, 6.0, 0.0], [torch.logit(torch.tensor(0.52)), 2.0, 0.0]])
    mean = z.sigmoid().mean(dim=0)
    found, gradient = coupled(z, faces, match="group")
    assert found == pytest.approx((bce(mean[0].item(), 0.51) + bce(mean[1].item(), 0.95)) / 2)
    assert gradient[:, 0].abs().max() < 1e-6  # 0.50 and 0.52 have the wanted mean: each alone would be moved


def test_faces_count_for_each_group_by_their_share_of_votes() -> None:
    shares = torch.tensor([[1.0, 0.0], [0.25, 0.75]])
    faces = batch(shares, torch.tensor([True, True]), UNCODED.expand(2, -1))
    z = torch.tensor([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    p = z.sigmoid()[:, 0]
    neutral, happy = ((p[0] + 0.25 * p[1]) / 1.25).item(), p[1].item()
    au06 = 1.25 * bce(neutral, 0.05) + 0.75 * bce(happy, 0.51)
    au12 = 1.25 * bce(0.5, 0.05) + 0.75 * bce(0.5, 0.95)
    assert coupled(z, faces, match="group")[0] == pytest.approx((au06 + au12) / 4)


@pytest.mark.parametrize("match", ["face", "group"])
def test_coded_units_and_faces_without_an_expression_are_left_alone(match: str) -> None:
    coded = torch.tensor([[False, True, False], [False, False, False]])
    faces = batch(torch.tensor([[0.0, 1.0], [0.0, 1.0]]), torch.tensor([True, False]), coded)
    _, gradient = coupled(torch.zeros(2, 3), faces, match=match, weights={"au": 0.0})
    assert (gradient != 0).tolist() == [[True, False, False], [False, False, False]]


def test_it_needs_both_tasks() -> None:
    with pytest.raises(RecipeError, match="ties action units to expressions"):
        make_method({"name": "coupling"}, {"expression": ("fear",)})
