"""Hand-worked numbers, each beside the wrong variant that it rejects."""

import math

import pytest
import torch

from mien.models.outputs import bin_centres, binned_va, class_probs, intensity, read, va
from mien.models.spec import ModelSpec

LN3 = math.log(3)
LABELS = {
    "expression": ("neutral", "happiness"),
    "au": ("AU01", "AU12"),
    "au_intensity": ("AU04", "AU06"),
    "va": ("valence", "arousal"),
    "compound": ("awed", "hatred"),
}


def spec(**changes: object) -> ModelSpec:
    return ModelSpec.model_validate({"backbone": "resnet20", "labels": LABELS, **changes})


def test_every_task_by_hand() -> None:
    z = torch.tensor([[0.0, LN3]])
    out = read(dict.fromkeys(LABELS, z), spec())
    expected = {
        "expression": [0.25, 0.75],
        "au": [0.5, 0.75],  # a softmax would give 0.25 first
        "au_intensity": [2.5, 3.75],
        "va": [0.0, 0.5],  # tanh(z) would give 0.8
        "compound": [0.25, 0.75],
    }
    assert {task: values[0].tolist() for task, values in out.items()} == {
        task: pytest.approx(values) for task, values in expected.items()
    }


def test_sigmoid_trained_classes_by_hand() -> None:
    z = torch.tensor([[0.0, LN3]])  # s = 1/2, 3/4
    out = read({"expression": z, "compound": z}, spec(expression_activation="sigmoid"))
    for probs in out.values():
        assert probs[0].tolist() == pytest.approx([0.4, 0.6])  # not the softmax 0.25, 0.75, nor s itself, sum 1.25


def test_sigmoid_trained_classes_keep_their_largest() -> None:
    z = 3 * torch.randn(200, 7, generator=torch.Generator().manual_seed(0))
    probs = class_probs(z, "sigmoid")
    assert torch.equal(probs.argmax(1), z.argmax(1))
    torch.testing.assert_close(probs, z.sigmoid() / z.sigmoid().sum(1, keepdim=True))


def test_bin_centres_by_hand() -> None:
    centres = bin_centres(20)
    assert centres.dtype == torch.float32
    assert centres[[0, 1, 19]].tolist() == pytest.approx([-0.95, -0.85, 0.95])
    assert not torch.allclose(centres, torch.linspace(-1, 1, 20))  # the released code's grid


def test_binned_va_is_the_expectation_over_centres() -> None:
    p = torch.tensor([[[0.5, 0.5, 1e-30, 1e-30], [0.1, 0.2, 0.3, 0.4]]])
    value = binned_va(p.log())
    assert value[0].tolist() == pytest.approx([-0.5, 0.25])
    released = (p * torch.linspace(-1, 1, 4)).sum(-1)  # -2/3 and 1/3
    assert not torch.allclose(value, released)
    torch.testing.assert_close(value, released * 3 / 4)  # k / (k - 1) too far


def test_va_equals_a_shifted_sigmoid() -> None:
    z = torch.linspace(-8, 8, 101).view(1, -1)
    torch.testing.assert_close(va(z), 2 * z.sigmoid() - 1)


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4, 1e30])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_ranges_hold_and_nothing_is_nan_for_extreme_outputs(scale: float, activation: str) -> None:
    z = scale * torch.tensor([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [0.0, -1.0]])
    out = read(dict.fromkeys(LABELS, z), spec(expression_activation=activation))
    for task in ("expression", "compound"):
        torch.testing.assert_close(out[task].sum(1), torch.ones(4))
    bounds = {"expression": (0, 1), "compound": (0, 1), "au": (0, 1), "au_intensity": (0, 5), "va": (-1, 1)}
    for task, (low, high) in bounds.items():
        assert ((out[task] >= low) & (out[task] <= high)).all(), task
    binned = read({"va": z.unsqueeze(1)}, spec(va_bins=2))["va"]
    assert (binned.abs() <= 0.5).all()


def test_half_precision_is_read_in_float32_also_under_autocast() -> None:
    z = torch.randn(3, 2, 20, generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = binned_va(z)
        others = [class_probs(z[:, 0], "softmax"), class_probs(z[:, 0], "sigmoid"), va(z[:, 0]), intensity(z[:, 0])]
    assert {t.dtype for t in (out, *others)} == {torch.float32}
    torch.testing.assert_close(out, binned_va(z.float()), rtol=0, atol=1e-6)  # a bfloat16 product errs by 1e-3


def test_only_the_tasks_that_are_there_are_read() -> None:
    assert list(read({"au": torch.zeros(1, 2)}, spec())) == ["au"]
