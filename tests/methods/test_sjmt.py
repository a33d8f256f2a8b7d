"""The facts that the paper states or implies about SJMT (arXiv 1802.06664)."""

import pytest
import torch
from torch import Tensor, nn

from mien.data.batch import Batch
from mien.errors import RecipeError
from mien.labels import LabelSet, union
from mien.methods import make_method
from mien.models.affect import AffectModel, ModelSpec
from mien.models.outputs import read

FACES: LabelSet = {"expression": ("neutral", "happiness", "fear"), "au": ("AU01",)}
UNITS: LabelSet = {"au": ("AU01", "AU12")}
LABELS = union([FACES, UNITS])
SIZES = [len(names) for names in LABELS.values()]


class Given(nn.Module):
    """A network whose outputs are given: z (B, labels), one column per label of the union."""

    def __init__(self, z: Tensor, labels: LabelSet = LABELS) -> None:
        super().__init__()
        self.z, self.labels = nn.Parameter(z), labels

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        parts = self.z.split([len(names) for names in self.labels.values()], dim=1)
        return dict(zip(self.labels, parts, strict=True))


def batch_of(target: Tensor, mask: Tensor, labels: LabelSet = LABELS) -> Batch:
    sizes = [len(names) for names in labels.values()]
    targets, masks = (dict(zip(labels, part.split(sizes, dim=1), strict=True)) for part in (target, mask))
    return Batch(torch.zeros(len(target), 3, 2, 2), targets, masks, torch.zeros(len(target), dtype=torch.int64))


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def loss_and_gradient(z: Tensor, batch: Batch, labels: LabelSet = LABELS, **settings: object) -> tuple[Tensor, Tensor]:
    network = Given(z, labels)
    terms = make_method({"name": "sjmt", **settings}, labels)(network, batch)
    terms["loss"].backward()
    assert network.z.grad is not None
    return terms["loss"].detach(), network.z.grad


def mixed_batch() -> tuple[Tensor, Tensor]:
    """Targets and masks of an image of FACES, one of UNITS, and one that nobody labelled; columns e e e AU01 AU12."""
    target = torch.tensor([[0.0, 1.0, 0.0, 1.0, 9.0], [9.0, 9.0, 9.0, 0.0, 1.0], [9.0, 9.0, 9.0, 9.0, 9.0]])
    return target, target != 9


def test_the_gradient_is_zero_outside_and_s_minus_y_inside_the_label_set() -> None:
    z, (target, mask) = random(3, 5), mixed_batch()
    _, gradient = loss_and_gradient(z, batch_of(target, mask))
    assert torch.equal(gradient[~mask], torch.zeros(int((~mask).sum())))
    torch.testing.assert_close(gradient[mask], ((z.sigmoid() - target) / 2)[mask], rtol=1e-6, atol=1e-7)


def test_the_mean_weighs_all_labels_alike() -> None:
    z, (target, mask) = random(3, 5), mixed_batch()
    _, gradient = loss_and_gradient(z, batch_of(target, mask), normalise="mean")
    torch.testing.assert_close(gradient[mask], ((z.sigmoid() - target) / 6)[mask], rtol=1e-6, atol=1e-7)


def test_with_every_label_given_it_is_plain_bce() -> None:
    z, target = random(4, 5), torch.tensor([[1.0, 0, 0, 1, 0]] * 4)
    everything = torch.ones(4, 5, dtype=torch.bool)
    value, _ = loss_and_gradient(z, batch_of(target, everything))
    plain = nn.functional.binary_cross_entropy_with_logits(z, target, reduction="sum") / 4
    torch.testing.assert_close(value, plain)
    mean, _ = loss_and_gradient(z, batch_of(target, everything), normalise="mean")
    torch.testing.assert_close(mean, nn.functional.binary_cross_entropy_with_logits(z, target))


def network() -> AffectModel:
    torch.manual_seed(0)
    method = make_method({"name": "sjmt"}, LABELS)
    spec = ModelSpec(
        backbone="plain_small", labels=LABELS, head=method.head, expression_activation=method.expression_activation
    )
    return AffectModel(spec)


def test_a_label_that_two_databases_share_trains_one_row() -> None:
    model, method = network(), make_method({"name": "sjmt"}, LABELS)
    rows = model.head.locate()
    assert len(rows) == len(set(rows.values())) == 5  # AU01 once, though both databases give it
    target, mask = mixed_batch()
    moved = []
    for image in (0, 1):
        model.zero_grad()
        alone = torch.zeros_like(mask)
        alone[image] = mask[image]
        batch = batch_of(target, alone)
        method(model, Batch(torch.rand(3, 3, 32, 32), batch.target, batch.mask, batch.database))["loss"].backward()
        gradient = model.get_parameter("head.output.bias").grad
        assert gradient is not None
        moved.append({row for row, (_, i) in rows.items() if gradient[i] != 0})
    assert moved[0] == {"expression/neutral", "expression/happiness", "expression/fear", "au/AU01"}
    assert moved[1] == {"au/AU01", "au/AU12"}


@torch.no_grad()
def test_every_output_is_predicted_for_every_image() -> None:
    model = network().eval()
    outputs = read(model(torch.rand(2, 3, 32, 32)), model.spec)
    assert {task: values.shape for task, values in outputs.items()} == {"expression": (2, 3), "au": (2, 2)}
    assert all(values.isfinite().all() for values in outputs.values())


def test_the_expression_is_the_largest_output_and_an_au_is_present_from_a_half() -> None:
    spec = network().spec
    z = {"expression": torch.tensor([[-3.0, -1.0, -2.0]]), "au": torch.tensor([[0.0, -0.01]])}
    outputs = read(z, spec)
    assert outputs["expression"].argmax() == 1
    assert (outputs["au"] >= 0.5).tolist() == [[True, False]]


def test_intensities_and_valence_arousal_are_soft_targets_in_their_range() -> None:
    labels: LabelSet = {"au_intensity": ("AU12",), "va": ("valence", "arousal")}
    z = torch.zeros(1, 3)
    batch = batch_of(torch.tensor([[4.0, -0.5, 1.0]]), torch.ones(1, 3, dtype=torch.bool), labels)
    _, gradient = loss_and_gradient(z, batch, labels)
    torch.testing.assert_close(gradient, torch.tensor([[0.5 - 0.8, 0.5 - 0.25, 0.5 - 1.0]]))


def test_what_it_learns_is_what_is_read() -> None:
    """At the minimum the outputs that a person reads are the targets."""
    labels: LabelSet = {"au_intensity": ("AU12",), "va": ("valence", "arousal")}
    target = torch.tensor([[4.0, -0.5, 0.25]])
    z = torch.logit(torch.tensor([[4 / 5, (1 - 0.5) / 2, (1 + 0.25) / 2]]))
    _, gradient = loss_and_gradient(z, batch_of(target, torch.ones(1, 3, dtype=torch.bool), labels), labels)
    torch.testing.assert_close(gradient, torch.zeros(1, 3), atol=1e-6, rtol=0)
    spec = ModelSpec(backbone="plain_small", labels=labels, head="joint", expression_activation="sigmoid")
    outputs = read(Given(z, labels)(z), spec)
    torch.testing.assert_close(torch.cat(list(outputs.values()), dim=1).detach(), target)


def test_weights_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"one loss for all labels; remove method\.weights or choose 'joint'"):
        make_method({"name": "sjmt", "weights": {"au": 2.0}}, LABELS)


def test_bins_are_refused() -> None:
    labels: LabelSet = {"va": ("valence", "arousal")}
    target = torch.zeros(2, 2)
    batch = batch_of(target, target == 0, labels)
    torch.manual_seed(0)
    model = AffectModel(ModelSpec(backbone="plain_small", labels=labels, head="joint", va_bins=4))
    with pytest.raises(RecipeError, match=r"set network\.va_bins = 0 or choose 'joint'"):
        make_method({"name": "sjmt"}, labels)(
            model, Batch(torch.rand(2, 3, 32, 32), batch.target, batch.mask, batch.database)
        )
