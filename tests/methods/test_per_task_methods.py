"""Single, alternating and joint: a loss per task."""

from math import log

import pytest
import torch
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import LabelSet
from mien.losses import LOSSES
from mien.methods import METHODS, make_method

LABELS: LabelSet = {"expression": ("neutral", "happiness"), "au": ("AU01", "AU12"), "va": ("valence", "arousal")}


class Given(nn.Module):
    """A network whose outputs are given."""

    def __init__(self, **logits: Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return self.logits


def batch() -> Batch:
    """Four faces: two with an expression, one with one action unit, three with valence and arousal."""
    target = {
        "expression": torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]),
        "au": torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]),
        "va": torch.tensor([[0.0, 0.0], [0.1, -0.4], [0.5, 0.3], [-0.6, 0.8]]),
    }
    mask = {task: torch.zeros(4, 2, dtype=torch.bool) for task in target}
    mask["expression"][:2] = True
    mask["au"][2, 0] = True
    mask["va"][1:] = True
    return Batch(torch.zeros(4, 3, 2, 2), target, mask, torch.zeros(4, dtype=torch.int64))


def outputs() -> Given:
    z = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    return Given(expression=torch.zeros(4, 2), au=torch.zeros(4, 2), va=z)


def terms(name: str = "joint", network: nn.Module | None = None, **settings: object) -> dict[str, float]:
    method = make_method({"name": name, **settings}, LABELS)
    return {term: value.item() for term, value in method(network or outputs(), batch()).items()}


@pytest.mark.parametrize("name", ["joint", "alternating"])
def test_the_loss_is_the_sum_of_a_term_per_task(name: str) -> None:
    found = terms(name)
    assert list(found) == ["expression", "au", "va", "loss"]
    assert found["expression"] == found["au"] == pytest.approx(log(2))  # not halved by faces without the label
    ccc = LOSSES["va_ccc"](outputs().logits["va"], batch().target["va"], batch().mask["va"]).item()
    assert found["va"] == pytest.approx(ccc)
    assert found["loss"] == pytest.approx(2 * log(2) + ccc)


def test_weights_multiply_their_task() -> None:
    plain, weighted = terms(), terms(weights={"au": 8, "va": 0.5})
    assert weighted["expression"] == plain["expression"]
    assert weighted["au"] == pytest.approx(8 * plain["au"])
    assert weighted["va"] == pytest.approx(plain["va"] / 2)
    assert weighted["loss"] == pytest.approx(plain["expression"] + 8 * plain["au"] + plain["va"] / 2)


def test_balance_by_labels_weighs_a_task_by_its_share_of_the_faces() -> None:
    plain, balanced = terms(), terms(balance="labels")
    for task, share in (("expression", 2 / 4), ("au", 1 / 4), ("va", 3 / 4)):
        assert balanced[task] == pytest.approx(share * plain[task]), task


def test_valence_and_arousal_by_squared_error() -> None:
    mse = LOSSES["va_mse"](outputs().logits["va"], batch().target["va"], batch().mask["va"]).item()
    assert terms(va="va_mse")["va"] == pytest.approx(mse)


@pytest.mark.parametrize("settings", [{}, {"va": "va_mse"}])
def test_bins_have_their_own_loss(settings: dict[str, str]) -> None:
    network = outputs()
    network.logits["va"] = torch.randn(4, 2, 5, generator=torch.Generator().manual_seed(1))
    binned = LOSSES["va_binned"](network.logits["va"], batch().target["va"], batch().mask["va"]).item()
    assert terms(network=network, **settings)["va"] == pytest.approx(binned)


def test_intensities_and_compounds_have_a_loss_too() -> None:
    labels: LabelSet = {"au_intensity": ("AU12",), "compound": ("awed", "hatred")}
    target = {"au_intensity": torch.tensor([[5.0]]), "compound": torch.tensor([[1.0, 0.0]])}
    mask = {task: torch.ones_like(t, dtype=torch.bool) for task, t in target.items()}
    faces = Batch(torch.zeros(1, 3, 2, 2), target, mask, torch.zeros(1, dtype=torch.int64))
    network = Given(au_intensity=torch.zeros(1, 1), compound=torch.zeros(1, 2))
    found = make_method({"name": "joint"}, labels)(network, faces)
    assert found["au_intensity"].item() == pytest.approx(0.25)
    assert found["compound"].item() == pytest.approx(log(2))


def test_how_each_wants_its_batches_and_its_network() -> None:
    assert {name: (kind.batches, kind.head, kind.one_task_each) for name, kind in METHODS.items()} == {
        "single": ("mixed", "tasks", True),
        "alternating": ("in_turn", "tasks", False),
        "sjmt": ("mixed", "joint", False),
        "joint": ("mixed", "tasks", False),
        "coupling": ("mixed", "tasks", False),
        "student": ("mixed", "tasks", False),
        "gan": ("mixed", "tasks", False),
    }
    assert [name for name, kind in METHODS.items() if kind.expression_activation == "sigmoid"] == ["sjmt"]


def test_single_refuses_two_tasks() -> None:
    with pytest.raises(RecipeError, match=r"learns one task, got expression, au, va; .*'mien experiment'"):
        make_method({"name": "single"}, LABELS)


@pytest.mark.parametrize("settings", [{"va": "ccc"}, {"balance": "rows"}, {"weights": {"au": "much"}}])
def test_wrong_values_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=rf"\[method\]: {next(iter(settings))}"):
        make_method({"name": "joint", **settings}, LABELS)
