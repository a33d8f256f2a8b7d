"""Models of clips: every entry of the registry keeps the same contract."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from mien.errors import CheckpointError, MienError
from mien.models.affect import AffectModel
from mien.models.checkpoint import init_weights, load, load_any, save
from mien.models.ensemble import build
from mien.models.spec import ModelSpec, TemporalSpec
from mien.models.temporal import TEMPORAL
from mien.models.temporal.bigru import BiGru
from mien.models.temporal.clip_model import ClipModel
from mien.models.temporal.columns import frame_columns
from mien.models.temporal.gru2 import Gru2

LABELS = {
    "expression": ("neutral", "happiness", "fear"),
    "au": ("AU01", "AU12"),
    "au_intensity": ("AU12",),
    "va": ("valence", "arousal"),
}
FRAMES = ModelSpec(backbone="plain_small", labels=LABELS, preprocessing={"size": 16})  # type: ignore[arg-type]
B, T = 2, 7


def clip_model(kind: str = "bigru", frames: ModelSpec = FRAMES, labels: Any = None, **changes: Any) -> ClipModel:
    torch.manual_seed(0)
    temporal = TemporalSpec(model=kind, frames=frames, frames_sha256="0", **changes)
    own = {"labels": labels or frames.labels, "va_bins": frames.va_bins, "preprocessing": frames.preprocessing}
    return ClipModel(ModelSpec(backbone=frames.backbone, temporal=temporal, **own)).eval()


def features(model: ClipModel, windows: int = B, frames: int = T) -> torch.Tensor:
    with torch.no_grad():
        found = model.embed(torch.rand(windows * frames, 3, 16, 16, generator=torch.Generator().manual_seed(1)))
    return found.reshape(windows, frames, -1)


def everywhere(x: torch.Tensor) -> torch.Tensor:
    return torch.ones(x.shape[:2], dtype=torch.bool)


@pytest.fixture(params=sorted(TEMPORAL))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("how", [{}, {"hidden": 8}, {"va_bins": 5}, {"head": "joint"}])
def test_every_frame_has_an_answer_for_every_task(kind: str, how: dict[str, Any]) -> None:
    model = clip_model(kind, FRAMES.model_copy(update=how), residual=True)
    x = features(model)
    found = {task: tuple(z.shape) for task, z in model(x, everywhere(x)).items()}
    va = (B, T, 2, 5) if "va_bins" in how else (B, T, 2)
    assert found == {"expression": (B, T, 3), "au": (B, T, 2), "au_intensity": (B, T, 1), "va": va}


def test_the_answer_of_a_frame_never_changes_when_later_frames_come_where_a_model_says_so(kind: str) -> None:
    model = clip_model(kind)
    x = features(model)
    other = x.clone()
    other[:, 4:] += 3.0
    with torch.no_grad():
        whole, changed, shorter = (model(one, everywhere(one)) for one in (x, other, x[:, :4]))
    for task, z in whole.items():
        assert not torch.equal(z[:, 4:], changed[task][:, 4:])
        same = torch.allclose(z[:, :4], changed[task][:, :4], atol=1e-6)
        assert same == TEMPORAL[kind].causal, task
        if same:
            torch.testing.assert_close(shorter[task], z[:, :4], atol=1e-5, rtol=1e-4)


def test_earlier_frames_count(kind: str) -> None:
    """Else a model that reads each frame alone would pass for a causal one."""
    model = clip_model(kind)
    x = features(model)
    other = x.clone()
    other[:, 0] += 3.0
    with torch.no_grad():
        assert not torch.allclose(model(x, everywhere(x))["au"][:, -1], model(other, everywhere(x))["au"][:, -1])


def test_places_without_a_frame_repeat_the_last_one_whatever_stands_there(kind: str) -> None:
    model = clip_model(kind)
    x = features(model)
    mask = everywhere(x)
    mask[:, 5:] = False
    x[:, 5:] = torch.nan
    repeated = x.clone()
    repeated[:, 5:] = x[:, 4:5]
    with torch.no_grad():
        for task, z in model(x, mask).items():
            assert torch.equal(z, model(repeated, everywhere(x))[task])


def test_with_residual_it_begins_with_the_frame_networks_answers(kind: str) -> None:
    """By the labels' names: another order, and a class that the frame network has not."""
    labels = {"expression": ("neutral", "sadness", "fear"), "au": ("AU04", "AU12"), "va": ("valence", "arousal")}
    model = clip_model(kind, labels=labels, residual=True)
    image = torch.rand(3, 3, 16, 16)
    with torch.no_grad():
        alone = model.frames(image)
        z = model(model.embed(image)[None], torch.ones(1, 3, dtype=torch.bool))
    torch.testing.assert_close(z["expression"][0][:, [0, 2]], alone["expression"][:, [0, 2]])
    torch.testing.assert_close(z["au"][0][:, 1], alone["au"][:, 1])
    torch.testing.assert_close(z["va"][0], alone["va"])
    assert not z["expression"][0][:, 1].any() and not z["au"][0][:, 0].any()


def test_from_sigmoids_it_starts_with_the_logarithms_of_their_shares() -> None:
    """softmax(log s(z)) is how such outputs are read; softmax(z) would be another answer."""
    frames = FRAMES.model_copy(update={"expression_activation": "sigmoid", "head": "joint"})
    model, image = clip_model(frames=frames, residual=True), torch.rand(3, 3, 16, 16)
    with torch.no_grad():
        z = model(model.embed(image)[None], torch.ones(1, 3, dtype=torch.bool))["expression"][0]
        shares = model.frames(image)["expression"].sigmoid()
    torch.testing.assert_close(z.softmax(1), shares / shares.sum(1, keepdim=True))


def test_each_task_reads_its_own_heads_features() -> None:
    columns = frame_columns(FRAMES.model_copy(update={"hidden": 4}), features=32)
    assert columns.hidden == {
        "expression": range(4),
        "au": range(4, 8),
        "au_intensity": range(8, 12),
        "va": range(12, 16),
    }
    assert columns.outputs["au"] == range(19, 21) and columns.width == 24
    assert columns.read_by("au", "features") == [4, 5, 6, 7]
    assert columns.read_by("au", "answers") == list(range(16, 24))
    assert columns.read_by("au", "both") == [4, 5, 6, 7, *range(16, 24)]
    assert columns.read_by("compound", "features") == list(range(16))  # no head of its own: all of them
    assert frame_columns(FRAMES, features=32).read_by("va", "features") == list(range(32))


def test_a_model_of_answers_sees_nothing_else(kind: str) -> None:
    model = clip_model(kind, FRAMES.model_copy(update={"hidden": 4}), reads="answers")
    x = features(model)
    hidden, answers = x.clone(), x.clone()
    hidden[..., :16] += 3.0
    answers[..., 16:] += 3.0
    with torch.no_grad():
        z, same, other = (model(one, everywhere(one))["va"] for one in (x, hidden, answers))
    assert torch.equal(z, same) and not torch.allclose(z, other)


def test_the_papers_sizes() -> None:
    bigru, gru2 = clip_model("bigru", FRAMES.model_copy(update={"hidden": 128})).sequence, clip_model("gru2").sequence
    assert isinstance(bigru, BiGru) and isinstance(gru2, Gru2)
    one = bigru.gru["va"]
    assert isinstance(one, nn.GRU)
    assert (one.input_size, one.hidden_size, one.num_layers, one.bidirectional) == (128, 64, 1, True)
    assert (gru2.gru.hidden_size, gru2.gru.num_layers, gru2.gru.bidirectional) == (128, 2, False)


def test_scaling_takes_the_training_frames_mean_and_spread() -> None:
    model = clip_model()
    model.fit_scale(torch.tensor([[0.0, 1.0], [4.0, 1.0]]).repeat(1, len(model.centre))[:, : len(model.centre)])
    assert model.centre[:2].tolist() == [2.0, 1.0]
    assert model.spread[0] == 2.0 and 0 < model.spread[1] < 1e-3  # a constant feature divides by no zero


def test_the_frame_network_is_frozen_and_stays_in_evaluation_mode() -> None:
    model = clip_model().train()
    assert model.sequence.training and not any(part.training for part in model.frames.modules())
    assert not any(p.requires_grad for p in model.frames.parameters())


def test_it_is_saved_and_loaded_whole(kind: str, tmp_path: Path) -> None:
    model = clip_model(kind, residual=True)
    model.fit_scale(features(model).flatten(0, 1))
    save(tmp_path, model, thresholds={"AU12": 0.3})
    again, info = load_any(tmp_path)
    assert isinstance(again, ClipModel) and info.spec == model.spec and isinstance(build(info.spec), ClipModel)
    image = torch.rand(3, 3, 16, 16)
    with torch.no_grad():
        x, y = model.embed(image)[None], again.embed(image)[None]
        for task, z in model(x, everywhere(x)).items():
            assert torch.equal(again(y, everywhere(y))[task], z)


def test_nobody_takes_it_for_a_frame_network(tmp_path: Path) -> None:
    save(tmp_path, clip_model())
    with pytest.raises(CheckpointError, match="is a temporal model, which reads clips: 'mien evaluate"):
        load(tmp_path)
    with pytest.raises(CheckpointError, match="is a temporal model"):
        init_weights(AffectModel(FRAMES), tmp_path)


def test_what_does_not_fit_is_said() -> None:
    model = clip_model()
    x = features(model)
    with pytest.raises(MienError, match=r"features as \(B, T, \d+\) and a bool mask"):
        model(x, everywhere(x).float())
    with pytest.raises(MienError, match="begins with a place without a frame"):
        model(x, ~everywhere(x))
    with pytest.raises(MienError, match="did you mean 'bigru'"):
        clip_model("bigrus")
    with pytest.raises(MienError, match="give a multiple of 4"):
        clip_model("causal", width=30)
    with pytest.raises(MienError, match="needs a spec with 'temporal'"):
        ClipModel(FRAMES)
    with pytest.raises(ValidationError, match="leaves out frames between windows of 4"):
        TemporalSpec(model="bigru", frames=FRAMES, frames_sha256="0", window=4, stride=5)
