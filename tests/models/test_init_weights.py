"""Starting from other weights: rows find each other by the name of their label, never by position."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from mien.errors import CheckpointError
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import init_weights, save

OLD = {"expression": ("neutral", "happiness", "fear"), "au": ("AU01", "AU12")}
NEW = {"expression": ("happiness", "surprise", "fear"), "au": ("AU02", "AU12"), "va": ("valence", "arousal")}


def new_model(labels: dict[str, tuple[str, ...]], seed: int, **changes: object) -> AffectModel:
    torch.manual_seed(seed)
    return AffectModel(ModelSpec.model_validate({"backbone": "plain_small", "labels": labels, **changes}))


def rows(model: AffectModel) -> dict[str, torch.Tensor]:
    """Row name -> its weights and bias."""
    state = model.head.state_dict()
    return {
        row: torch.cat([state[f"{layer}.weight"][i], state[f"{layer}.bias"][i, None]])
        for row, (layer, i) in model.head.locate().items()
    }


def equal_rows(one: AffectModel, other: AffectModel) -> set[str]:
    mine, theirs = rows(one), rows(other)
    return {row for row in mine.keys() & theirs.keys() if torch.equal(mine[row], theirs[row])}


SHARED = {"expression/happiness", "expression/fear", "au/AU12"}


@pytest.mark.parametrize("to", ["joint", "tasks"])
@pytest.mark.parametrize("start", ["joint", "tasks"])
def test_rows_are_copied_by_name_between_label_sets_and_heads(tmp_path: Path, start: str, to: str) -> None:
    old, new = new_model(OLD, 0, head=start), new_model(NEW, 1, head=to)
    old(torch.rand(4, 3, 32, 32))  # moves the running statistics, which are copied too
    save(tmp_path, old)
    before = rows(new)
    report = init_weights(new, tmp_path)
    assert equal_rows(old, new) == SHARED  # by position AU02 would have taken AU01's row
    untouched = {row for row, values in rows(new).items() if torch.equal(values, before[row])}
    assert untouched == {"expression/surprise", "au/AU02", "va/valence", "va/arousal"}
    assert {r for r in report.loaded if r.startswith("head")} == {f"head[{row}]" for row in SHARED}
    assert set(report.missing) == {f"head[{row}]" for row in untouched}
    assert report.skipped == []
    for name, tensor in old.backbone.state_dict().items():
        assert torch.equal(tensor, new.backbone.state_dict()[name])
        assert f"backbone.{name}" in report.loaded


def test_the_same_labels_copy_the_whole_network(tmp_path: Path) -> None:
    old, new = new_model(OLD, 0, hidden=8), new_model(OLD, 1, hidden=8)
    save(tmp_path, old)
    report = init_weights(new, tmp_path)
    assert report.missing == [] and report.skipped == []
    assert all(torch.equal(a, b) for a, b in zip(old.state_dict().values(), new.state_dict().values(), strict=True))


def test_hidden_layers_go_with_their_task(tmp_path: Path) -> None:
    old, new = new_model(OLD, 0, hidden=8), new_model(NEW, 1, hidden=8)
    save(tmp_path, old)
    report = init_weights(new, tmp_path)
    assert "head.hidden.au.1.weight" in report.loaded and "head.hidden.va.1.weight" in report.missing
    assert equal_rows(old, new) == SHARED


def test_rows_behind_another_hidden_layer_are_not_copied(tmp_path: Path) -> None:
    # 192 hidden units behind 192 features: the shapes agree and the meaning does not
    old, new = new_model(OLD, 0), new_model(OLD, 1, hidden=192)
    save(tmp_path, old)
    report = init_weights(new, tmp_path)
    assert equal_rows(old, new) == set()
    assert not any(name.startswith("head") for name in report.loaded)
    assert "head[au/AU12]" in report.missing


def test_bins_of_another_width_are_not_copied(tmp_path: Path) -> None:
    va = {"va": ("valence", "arousal")}
    old, new = new_model(va, 0, va_bins=4), new_model(va, 1, va_bins=8)
    save(tmp_path, old)
    assert not any(name.startswith("head") for name in init_weights(new, tmp_path).loaded)


def test_another_backbone_is_refused(tmp_path: Path) -> None:
    save(tmp_path, new_model(OLD, 0))
    with pytest.raises(CheckpointError, match="plain_small, and the model has resnet20; set backbone = 'plain_small'"):
        init_weights(new_model(OLD, 0, backbone="resnet20"), tmp_path)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small"])
def test_published_weights_fill_the_backbone_alone(tmp_path: Path, name: str) -> None:
    source, model = new_model(OLD, 0, backbone=name), new_model(OLD, 1, backbone=name)
    published = dict(source.backbone.published().state_dict())
    published["fc.weight"] = torch.zeros(1000, source.backbone.features)  # a classifier that we do not have
    first = next(iter(published))  # the first convolution, of the wrong shape
    published[first] = torch.zeros(1, 2, 3, 4)
    start, head = model.backbone.published().state_dict()[first].clone(), rows(model)
    safetensors.torch.save_file(published, tmp_path / "w.safetensors")
    report = init_weights(model, tmp_path / "w.safetensors")
    assert len(report.loaded) == len(published) - 2
    (skipped,) = report.skipped
    assert skipped.startswith(f"backbone.{first} (1, 2, 3, 4) for (")
    assert set(report.missing) == {f"head[{row}]" for row in rows(model)}
    assert str(report) == f"{len(published) - 2} loaded; 1 skipped for their shape; 5 missing"
    after = model.backbone.published().state_dict()
    assert all(torch.equal(after[key], published[key]) for key in after if key != first)
    assert torch.equal(after[first], start)
    assert all(torch.equal(head[row], values) for row, values in rows(model).items())


def test_half_precision_weights_are_widened(tmp_path: Path) -> None:
    source, model = new_model(OLD, 0), new_model(OLD, 1)
    half = {name: t.half() for name, t in source.backbone.state_dict().items() if t.is_floating_point()}
    safetensors.torch.save_file(half, tmp_path / "w.safetensors")
    init_weights(model, tmp_path / "w.safetensors")
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    for name, tensor in half.items():
        assert torch.equal(model.backbone.state_dict()[name], tensor.float())


def test_nothing_that_fits_is_an_error(tmp_path: Path) -> None:
    safetensors.torch.save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(CheckpointError, match=r"Nothing in .*w\.safetensors fits the backbone plain_small: 0 loaded"):
        init_weights(new_model(OLD, 0), tmp_path / "w.safetensors")


def test_a_file_of_another_kind_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(b"\x80\x02pickle")
    for path in (tmp_path / "w.pth", tmp_path / "nothing.safetensors"):
        with pytest.raises(CheckpointError, match=r"Cannot read initial weights from .*give a checkpoint folder"):
            init_weights(new_model(OLD, 0), path)


def test_gradients_still_flow_afterwards(tmp_path: Path) -> None:
    save(tmp_path, new_model(OLD, 0))
    model = new_model(NEW, 1)
    init_weights(model, tmp_path)
    assert torch.is_grad_enabled() and all(p.requires_grad and p.is_leaf for p in model.parameters())
