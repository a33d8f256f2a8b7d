"""What every method promises, held over the whole registry: a new entry is tested by being registered."""

from importlib.util import find_spec
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import LabelSet
from mien.methods import METHODS, Method, make_method
from mien.methods.base import PerTaskLoss
from mien.models.affect import AffectModel, ModelSpec
from mien.models.backbones import BACKBONES, Backbone
from mien.models.checkpoint import save
from mien.preprocessing import Preprocessing

ALL: LabelSet = {
    "expression": ("neutral", "happiness", "fear"),
    "au": ("AU01", "AU12"),
    "au_intensity": ("AU04",),
    "va": ("valence", "arousal"),
    "compound": ("happily_surprised", "awed"),
}
BALANCED: list[dict[str, object]] = [{"balance_losses": "uncertainty"}, {"balance_losses": "dwa", "dwa_period": 1}]
if find_spec("torchjd"):
    BALANCED.append({"gradients": "pcgrad"})
ROWS = 8
UNREAD = [float("nan"), float("inf"), 1e30]


SIDE = 16


class Layer(Backbone):
    """The least that a method can train: one layer."""

    features = 16

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3 * SIDE * SIDE, self.features)

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.layer(x.flatten(1)).tanh()
        return features


def network_for(method: Method, labels: LabelSet) -> AffectModel:
    """A network with random weights, always the same, that the method has met."""
    torch.manual_seed(0)
    preprocessing = Preprocessing(size=SIDE, grey=False, mean=(0, 0, 0), std=(1, 1, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "layer", Layer)
        model = AffectModel(ModelSpec(backbone="layer", labels=labels, head=method.head, preprocessing=preprocessing))
    method.meet(model)
    return model


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def batch_of(labels: LabelSet) -> Batch:
    """Two databases: the first gives every other task, the second the rest and some of the first's."""
    low, high = {"va": -1.0}, {"au_intensity": 5.0}
    target, mask = {}, {}
    for place, (task, names) in enumerate(labels.items()):
        values = torch.rand(ROWS, len(names), generator=generator())
        target[task] = low.get(task, 0.0) + values * (high.get(task, 1.0) - low.get(task, 0.0))
        mask[task] = torch.zeros(ROWS, len(names), dtype=torch.bool)
        mask[task][place % 2 :: 2] = True
        mask[task][3, 0] = True
        if task in ("expression", "compound"):
            target[task] = (target[task] * mask[task]) / (target[task] * mask[task]).sum(1, keepdim=True).clamp(1e-9)
        if task == "au":
            target[task] = target[task].round()
    image = torch.rand(ROWS, 3, SIDE, SIDE, generator=generator())
    return Batch(image, target, mask, torch.arange(ROWS) % 2)


class Case(NamedTuple):
    name: str
    labels: LabelSet
    settings: dict[str, object]

    @property
    def id(self) -> str:
        return "-".join([self.name, str(len(self.labels)), *map(str, self.settings.values() or self.labels)][:3])

    def method(self) -> Method:
        return make_method({"name": self.name, **self.settings}, self.labels)

    @property
    def learns_unlabelled(self) -> bool:
        return METHODS[self.name].learns_unlabelled


def cases() -> list[Case]:
    found = []
    for name, kind in METHODS.items():
        sets = [{task: names} for task, names in ALL.items()] if kind.one_task_each else [ALL]
        found += [Case(name, labels, {}) for labels in sets]
        if issubclass(kind, PerTaskLoss) and not kind.one_task_each and not kind.game:
            found += [Case(name, ALL, settings) for settings in BALANCED]
        if name == "coupling":
            reverse: dict[str, object] = {"co_annotation": 0.5, "table": "seen"}
            found += [Case(name, ALL, reverse | {"reverse": how}) for how in ("scores", "bayes")]
    return found


@pytest.fixture(params=cases(), ids=lambda case: case.id)
def case(request: pytest.FixtureRequest, teacher: str) -> Case:
    found: Case = request.param
    return found._replace(settings={"teacher": [teacher], **found.settings}) if found.name == "student" else found


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network that knows all labels."""
    folder = tmp_path_factory.mktemp("teacher")
    torch.manual_seed(3)
    preprocessing = Preprocessing(size=SIDE, grey=False, mean=(0, 0, 0), std=(1, 1, 1))
    save(folder, AffectModel(ModelSpec(backbone="resnet20", labels=ALL, preprocessing=preprocessing)))
    return str(folder)


def learn(case: Case, batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor | None]]:
    """The terms of the loss, and the gradient by every parameter."""
    method = case.method()
    network = network_for(method, case.labels)
    terms = method(network, batch)
    terms["loss"].backward()
    modules = nn.ModuleDict({"network": network, "method": method})
    gradients = {name: p.grad for name, p in modules.named_parameters() if p.requires_grad}
    return {name: term.detach() for name, term in terms.items()}, gradients


def replaced(batch: Batch, value: float) -> Batch:
    target = {task: t.masked_fill(~batch.mask[task], value) for task, t in batch.target.items()}
    return Batch(batch.image, target, batch.mask, batch.database)


def unlabelled(batch: Batch) -> Batch:
    nothing = {task: torch.zeros_like(m) for task, m in batch.mask.items()}
    return Batch(
        batch.image, {t: torch.full_like(y, float("nan")) for t, y in batch.target.items()}, nothing, batch.database
    )


def test_terms_are_numbers_and_the_loss_depends_on_the_whole_network(case: Case) -> None:
    terms, gradients = learn(case, batch_of(case.labels))
    assert all(term.shape == () and term.isfinite() for term in terms.values())
    assert terms["loss"] > 0
    assert [name for name, gradient in gradients.items() if gradient is None or not gradient.any()] == []


@pytest.mark.parametrize("unread", UNREAD)
def test_targets_under_the_mask_change_no_bit(case: Case, unread: float) -> None:
    batch = batch_of(case.labels)
    terms, gradients = learn(case, batch)
    same_terms, same_gradients = learn(case, replaced(batch, unread))
    assert [name for name in terms if not torch.equal(terms[name], same_terms[name])] == []
    for name, gradient in gradients.items():
        same = same_gradients[name]
        assert gradient is not None and same is not None and torch.equal(gradient, same), name


def test_a_batch_without_labels_gives_zero_and_a_gradient_to_every_parameter(case: Case) -> None:
    terms, gradients = learn(case, unlabelled(batch_of(case.labels)))
    assert (terms["loss"] > 0) if case.learns_unlabelled else (terms["loss"] == 0)
    for name, gradient in gradients.items():
        assert gradient is not None, f"{name} takes no part: processes that share its gradient would wait for ever"
        assert gradient.isfinite().all() and (case.learns_unlabelled or not gradient.any()), name


def test_a_gradient_step_makes_the_loss_smaller(case: Case) -> None:
    if METHODS[case.name].game:
        pytest.skip("a better discriminator is a worse loss of the generator")
    method, batch = case.method(), batch_of(case.labels)
    network = network_for(method, case.labels)
    before = method(network, batch)["loss"]
    before.backward()
    with torch.no_grad():
        for p in network.parameters():
            p -= 1e-2 * p.grad
    assert method(network, batch)["loss"] < before


@pytest.mark.parametrize("name", METHODS)
def test_an_unknown_key_names_the_nearest(name: str) -> None:
    labels = {"au": ALL["au"]}
    with pytest.raises(RecipeError, match=r"unknown key 'weigths'; did you mean 'weights'\?"):
        make_method({"name": name, "weigths": {}}, labels)


@pytest.mark.parametrize("name", METHODS)
def test_a_weight_of_an_unknown_task_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=r"weights\.expresion.* 'expression'"):
        make_method({"name": name, "weights": {"expresion": 2.0}}, {"au": ALL["au"]})


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"Unknown method 'sjtm': did you mean 'sjmt'\?"):
        make_method({"name": "sjtm"}, ALL)
