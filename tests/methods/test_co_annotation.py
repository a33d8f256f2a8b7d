"""Soft expression labels from coded action units, by hand."""

from math import exp, log

import pytest
import torch
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import PROTOTYPES, LabelSet
from mien.methods import make_method
from mien.methods.co_annotation import scored_labels
from mien.methods.coupling import Coupling

NAMES = ("neutral", "happiness", "surprise")
LABELS: LabelSet = {"expression": NAMES, "au": ("AU06", "AU12", "AU25", "AU26", "AU43")}
TABLE = torch.tensor([[PROTOTYPES[e].get(au, 0.0) for au in LABELS["au"]] for e in NAMES])
NAN = float("nan")


class Given(nn.Module):
    """A network whose expression outputs are 0, and so 1/3 each."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.expression = nn.Parameter(torch.zeros(rows, 3))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {"expression": self.expression, "au": torch.zeros(len(image), 5)}


def faces(au: list[list[float]], expression: list[int | None]) -> Batch:
    """Faces with units 1, 0 or (NaN) uncoded, and the number of an expression or None."""
    units, rows = torch.tensor(au), len(au)
    classes = torch.zeros(rows, 3)
    given = torch.zeros(rows, 3, dtype=torch.bool)
    for row, number in enumerate(expression):
        if number is not None:
            classes[row, number], given[row] = 1.0, True
    target, mask = {"expression": classes, "au": units}, {"expression": given, "au": ~units.isnan()}
    return Batch(torch.zeros(rows, 3, 2, 2), target, mask, torch.zeros(rows, dtype=torch.int64))


def taught(batch: Batch, **settings: object) -> tuple[float, Tensor]:
    """The term, and the soft labels that its gradient (softmax(z) - q) / n shows, times the number of faces n."""
    network = Given(len(batch))
    method = make_method({"name": "coupling", "coupling": 0.0, "co_annotation": 1.0, **settings}, LABELS)
    term = method(network, batch)["co_annotation"]
    term.backward()
    assert network.expression.grad is not None
    return term.item(), network.expression.grad


SMILE = [NAN, 1.0, 1.0, 0.0, NAN]  # AU12 and AU25 there, AU26 not, AU06 and AU43 not coded


def test_scores_by_hand() -> None:
    """Happiness (1 + 1) / (1 + 1) = 1, surprise 1 / (1 + 1), neutral 0: softmax (1, e^1/2, e) / ....

    Wrong: uncoded AU06 as absent, 2 / 2.51 for happiness; the scores over their sum, 0, 2/3, 1/3.
    """
    whole = exp(0) + exp(1) + exp(0.5)
    wanted = [1 / whole, exp(1) / whole, exp(0.5) / whole]
    value, gradient = taught(faces([SMILE], [None]))
    assert (1 / 3 - gradient[0]).tolist() == pytest.approx(wanted, abs=1e-6)
    assert value == pytest.approx(log(3))


def test_bayes_by_hand() -> None:
    """AU12, AU25, not AU26, with shares kept within 0.05 and 0.95; AU43 is of no expression.

    Wrong: only what is present counts, which leaves surprise 0.95 * 0.05 of 0.95^2 though no jaw dropped.
    """
    likely = [0.05 * 0.05 * 0.95, 0.95 * 0.95 * 0.95, 0.05 * 0.95 * 0.05]
    _, gradient = taught(faces([[NAN, 1.0, 1.0, 0.0, 1.0]], [None]), reverse="bayes")
    assert (1 / 3 - gradient[0]).tolist() == pytest.approx([p / sum(likely) for p in likely], abs=1e-5)


def test_a_face_without_any_unit_is_neutral_rather_than_anything() -> None:
    for reverse in ("scores", "bayes"):
        _, gradient = taught(faces([[0.0, 0.0, 0.0, 0.0, 1.0]], [None]), reverse=reverse)
        labels = 1 / 3 - gradient[0]
        assert labels.argmax() == 0, reverse
        assert labels[0] == pytest.approx(exp(1) / (exp(1) + 2), abs=1e-6) or reverse == "bayes"


def test_an_expression_none_of_whose_units_is_coded_is_not_judged() -> None:
    """AU12 alone: surprise takes no part, and its output gets no gradient."""
    coded = torch.tensor([[False, True, False, False, False]])
    labels, judged = scored_labels(torch.tensor([[NAN, 1.0, NAN, NAN, NAN]]), coded, TABLE, NAMES)
    assert judged.tolist() == [[True, True, False]]
    assert labels[0].tolist() == pytest.approx([1 / (1 + exp(1)), exp(1) / (1 + exp(1)), 0])
    _, gradient = taught(faces([[NAN, 1.0, NAN, NAN, NAN]], [None]))
    assert gradient[0, 2] == 0 and gradient[0, 1] < 0


def test_faces_with_an_expression_and_faces_without_units_learn_nothing_from_it() -> None:
    batch = faces([SMILE, SMILE, [NAN] * 5, [NAN, NAN, NAN, NAN, 1.0]], [None, 0, None, None])
    _, gradient = taught(batch, weights={"expression": 0.0})
    assert (gradient != 0).any(dim=1).tolist() == [True, False, False, False]
    alone, _ = taught(faces([SMILE], [None]))
    assert taught(batch, weights={"expression": 0.0})[0] == pytest.approx(alone), "the mean is over the faces taught"


def test_shares_are_counted_on_faces_with_both_labels() -> None:
    """Four happy faces, three with AU12 and one coded without it, two with AU06; the studies as one face: (1 + 3) / 5
    and (0.51 + 2) / 5. AU25 is coded in two, both absent: (1 + 0) / 3. Wrong: an uncoded AU25 as absent, 1 / 5."""
    rows = [[1.0, 1.0, 0.0, NAN, NAN], [1.0, 1.0, 0.0, NAN, NAN], [0.0, 1.0, NAN, NAN, NAN], [0.0, 0.0, NAN, NAN, NAN]]
    batch = faces([*rows, SMILE], [1, 1, 1, 1, None])
    method = make_method({"name": "coupling", "table": "seen", "table_faces": 1.0}, LABELS)
    assert isinstance(method, Coupling)
    method(Given(5), batch)
    assert method.shares[1].tolist() == pytest.approx([2.51 / 5, 4 / 5, 1 / 3, 0, 0])
    assert torch.equal(method.shares[2], TABLE[2])
    with torch.no_grad():
        method(Given(5), batch)
    assert method.shares[1, 1] == pytest.approx(4 / 5), "validation is not counted"
    again = make_method({"name": "coupling", "table": "seen", "table_faces": 1.0}, LABELS)
    again.load_state_dict(method.state_dict())
    assert isinstance(again, Coupling) and torch.equal(again.shares, method.shares)
    assert make_method({"name": "coupling"}, LABELS).state_dict() == {}


def test_certainty_one_and_bayes_contradict_each_other() -> None:
    with pytest.raises(RecipeError, match="needs certainty below 1"):
        make_method({"name": "coupling", "reverse": "bayes", "certainty": 1.0}, LABELS)
