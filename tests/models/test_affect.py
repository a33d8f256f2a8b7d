import pytest
import torch
from pydantic import ValidationError

from mien.errors import MienError
from mien.models.affect import AffectModel, ModelSpec
from mien.preprocessing import Preprocessing

LABELS = {
    "expression": ("neutral", "happiness", "fear"),
    "au": ("AU01", "AU12"),
    "au_intensity": ("AU04",),
    "va": ("valence", "arousal"),
    "compound": ("awed", "hatred"),
}


def spec(**changes: object) -> ModelSpec:
    return ModelSpec.model_validate({"backbone": "plain_small", "labels": LABELS, **changes})


@pytest.mark.parametrize("head", ["joint", "tasks"])
def test_shapes_of_every_task(head: str) -> None:
    model = AffectModel(spec(head=head))
    shapes = {task: tuple(z.shape) for task, z in model(torch.rand(2, 3, 48, 48)).items()}
    assert shapes == {"expression": (2, 3), "au": (2, 2), "au_intensity": (2, 1), "va": (2, 2), "compound": (2, 2)}
    binned = AffectModel(spec(head=head, va_bins=20))
    assert binned(torch.rand(2, 3, 48, 48))["va"].shape == (2, 2, 20)


def test_outputs_are_raw() -> None:
    torch.manual_seed(0)
    model = AffectModel(spec())
    with torch.no_grad():
        for p in model.head.parameters():
            p.mul_(1000)
        out = model.eval()(torch.rand(4, 3, 32, 32))
    assert all(z.abs().max() > 5 for z in out.values())  # no softmax, sigmoid or tanh inside


def test_normalisation_happens_inside_channel_by_channel() -> None:
    mean, std = (0.1, 0.4, 0.7), (0.2, 0.3, 0.5)
    model = AffectModel(spec(preprocessing=Preprocessing(mean=mean, std=std))).eval()
    image = torch.rand(2, 3, 32, 32)
    by_hand = torch.stack([(image[:, c] - mean[c]) / std[c] for c in range(3)], dim=1)
    torch.testing.assert_close(model.embed(image), model.backbone(by_hand))
    swapped = torch.stack([(image[:, c] - mean[2 - c]) / std[2 - c] for c in range(3)], dim=1)  # BGR
    assert not torch.allclose(model.embed(image), model.backbone(swapped))


def test_normalisation_is_written_once_in_the_spec() -> None:
    assert not {"mean", "std"} & set(AffectModel(spec()).state_dict())


def test_dropout_only_in_training() -> None:
    model = AffectModel(spec(dropout=0.5))
    model.backbone.eval()
    image = torch.rand(2, 3, 32, 32)
    assert not torch.equal(model(image)["au"], model(image)["au"])
    model.eval()
    assert torch.equal(model(image)["au"], model(image)["au"])
    torch.testing.assert_close(model(image)["au"], model.head(model.embed(image))["au"])


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (torch.rand(3, 32, 32), r"\(B, 3, H, W\), got the shape \(3, 32, 32\)"),
        (torch.rand(2, 32, 32, 3), r"got the shape \(2, 32, 32, 3\)"),
        (torch.rand(2, 1, 32, 32), r"got the shape \(2, 1, 32, 32\)"),
        (torch.zeros(2, 3, 32, 32, dtype=torch.uint8), "floats in .0, 1., got torch.uint8; divide bytes by 255"),
    ],
)
def test_a_wrong_image_is_a_sentence(image: torch.Tensor, sentence: str) -> None:
    with pytest.raises(MienError, match=sentence):
        AffectModel(spec())(image)


def test_bf16_autocast_and_channels_last_train() -> None:
    model = AffectModel(spec(hidden=8)).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = model(torch.rand(4, 3, 32, 32).contiguous(memory_format=torch.channels_last))
    sum(z.float().square().sum() for z in out.values()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_a_spec_puts_labels_in_their_order_and_survives_json() -> None:
    given = spec(labels={"va": ("arousal", "valence"), "au": ("AU12", "AU01")}, va_bins=4)
    assert given.labels == {"au": ("AU01", "AU12"), "va": ("valence", "arousal")}
    assert list(given.labels) == ["au", "va"]
    assert ModelSpec.model_validate_json(given.model_dump_json()) == given


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"va_bins": 1}, "at least 2 bins, got 1"),
        ({"va_bins": -1}, "va_bins"),
        ({"dropout": 1.0}, "dropout"),
        ({"labels": {}}, "at least one label"),
        ({"head": "both"}, "joint"),
        ({"backbones": "resnet18"}, "backbones"),
    ],
)
def test_a_wrong_spec_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        spec(**change)


def test_an_unknown_label_names_the_nearest() -> None:
    with pytest.raises(MienError, match="Unknown au label 'AU99': did you mean 'AU"):
        spec(labels={"au": ("AU99",)})
