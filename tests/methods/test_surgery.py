"""Gradient surgery by hand: what the shared part follows, what heads keep, and what happens without torchjd."""

import pytest
import torch
from torch import Tensor, nn

from mien.errors import RecipeError
from mien.labels import LabelSet
from mien.methods import make_method, surgery
from mien.methods.surgery import MADE, GradientSurgery

LABELS: LabelSet = {"expression": ("neutral", "fear"), "au": ("AU01",)}


class Shared(nn.Module):
    """Two losses on two shared numbers, each with a head of one number."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Parameter(torch.tensor([1.0, 1.0]))
        self.heads = nn.Parameter(torch.tensor([1.0])), nn.Parameter(torch.tensor([1.0]))
        for i, head in enumerate(self.heads):
            self.register_parameter(f"head{i}", head)

    def losses(self, first: tuple[float, float], second: tuple[float, float]) -> dict[str, Tensor]:
        """Their gradients by the shared numbers are ``first`` and ``second``."""
        rows = (torch.tensor(first), torch.tensor(second))
        pairs = zip(("expression", "au"), rows, self.heads, strict=True)
        return {name: (row @ self.shared * head).sum() for name, row, head in pairs}


def followed(
    how: str, first: tuple[float, float], second: tuple[float, float]
) -> tuple[list[float], list[float], float]:
    """The gradients by the shared numbers and by the heads, and the value of the term."""
    pytest.importorskip("torchjd")
    try:
        by = GradientSurgery(how, ("expression", "au"))
    except RecipeError as error:
        pytest.skip(str(error))
    torch.manual_seed(0)
    network = Shared()
    losses = network.losses(first, second)
    term = by(network, losses)
    (sum(losses.values()) + term).backward()  # type: ignore[union-attr]
    assert network.shared.grad is not None
    return network.shared.grad.tolist(), [float(head.grad) for head in network.heads], term.item()  # type: ignore[arg-type]


def test_pcgrad_takes_out_what_contradicts() -> None:
    """g1 = (1, 0), g2 = (-1, 1): g1 + g2 / 2 = (1/2, 1/2) and g2 + g1 = (0, 1), together (1/2, 3/2); the sum: (0, 1).

    The heads keep their own, g . shared: 1 and 0. Rejected: weighing the losses by (3/2, 3/2), which gives the same
    shared gradient and moves the first head by 3/2.
    """
    shared, heads, value = followed("pcgrad", (1.0, 0.0), (-1.0, 1.0))
    assert shared == pytest.approx([0.5, 1.5])
    assert heads == [1.0, 0.0]
    assert value == 0


def test_gradients_that_agree_are_added_up() -> None:
    shared, heads, _ = followed("pcgrad", (1.0, 0.0), (1.0, 1.0))
    assert shared == pytest.approx([2.0, 1.0]) and heads == [1.0, 2.0]


def test_aligned_gradients_of_orthogonal_tasks_have_the_size_of_the_smaller() -> None:
    """g = (3, 0), (0, 1) become (1, 0), (0, 1), whose mean times 2 is (1, 1)."""
    shared, _, _ = followed("aligned_mtl", (3.0, 0.0), (0.0, 1.0))
    assert shared == pytest.approx([1.0, 1.0], rel=1e-4)


def test_nash_gives_every_task_the_same_gain() -> None:
    """The bargain has (J J^T w)_k = 1 / w_k: w = 1 / |g_k| for orthogonal ones, which then have length 1 each; the sum
    is cut to length 1."""
    shared, _, _ = followed("nash_mtl", (3.0, 0.0), (0.0, 1.0))
    assert shared == pytest.approx([0.5**0.5, 0.5**0.5], rel=1e-2)


def test_cagrad_stays_near_the_sum_and_goes_down_for_the_worse_task() -> None:
    first, second = torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 1.0])
    shared = torch.tensor(followed("cagrad", (1.0, 0.0), (-1.0, 1.0))[0])
    assert (shared - (first + second)).norm() <= 0.5 * (first + second).norm() * 1.01
    assert min(shared @ first, shared @ second) > min((first + second) @ first, (first + second) @ second) + 0.2


@pytest.mark.parametrize("how", MADE)
def test_one_task_or_none_is_left_as_it_is(how: str) -> None:
    assert followed(how, (1.0, 2.0), (0.0, 0.0))[0] == [1.0, 2.0]
    assert followed(how, (0.0, 0.0), (0.0, 0.0))[0] == [0.0, 0.0]


def test_the_next_bargain_starts_where_the_last_one_ended_also_after_a_break() -> None:
    pytest.importorskip("torchjd")
    pytest.importorskip("ecos")
    network, unbroken = Shared(), GradientSurgery("nash_mtl", ("expression", "au"))
    unbroken(network, network.losses((1.0, 0.5), (-0.2, 1.0)))
    resumed = GradientSurgery("nash_mtl", ("expression", "au"))
    resumed.load_state_dict(unbroken.state_dict())
    assert resumed.bargain.tolist() != [1.0, 1.0]
    gradients = []
    for by in (unbroken, resumed):
        network.zero_grad()
        losses = network.losses((1.0, 0.2), (0.3, 1.0))
        (sum(losses.values()) + by(network, losses)).backward()  # type: ignore[union-attr]
        assert network.shared.grad is not None
        gradients.append(network.shared.grad.tolist())
    assert gradients[0] == gradients[1] and torch.equal(unbroken.bargain, resumed.bargain)


def test_without_torchjd_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surgery, "find_spec", lambda name: None)
    with pytest.raises(RecipeError, match=r"gradients = 'pcgrad' needs torchjd.*pip install 'mien\[torchjd\]'"):
        make_method({"name": "joint", "gradients": "pcgrad"}, LABELS)


def test_without_what_torchjd_needs_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError("requires ['ecos']")

    monkeypatch.setattr(surgery, "find_spec", lambda name: name)
    monkeypatch.setattr(surgery, "import_module", missing)
    with pytest.raises(RecipeError, match=r"'nash_mtl': requires \['ecos'\] \(torchjd itself is there\)"):
        make_method({"name": "joint", "gradients": "nash_mtl"}, LABELS)
