import json
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from pydantic import ValidationError
from safetensors import SafetensorError

from mien.errors import CheckpointError, MienError
from mien.models import checkpoint
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import load, read_info, save

LABELS = {"expression": ("neutral", "happiness"), "au": ("AU01", "AU12")}


def new_model(seed: int = 0, **changes: object) -> AffectModel:
    torch.manual_seed(seed)
    return AffectModel(ModelSpec.model_validate({"backbone": "plain_small", "labels": LABELS, **changes}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "run", new_model())
    return tmp_path / "run"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def edit(folder: Path, **changes: object) -> None:
    content = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(content | changes))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_round_trip_keeps_every_bit(tmp_path: Path, layout: torch.memory_format) -> None:
    model = new_model(hidden=8, va_bins=4).to(memory_format=layout)
    model(torch.rand(4, 3, 32, 32))  # moves the running statistics
    written = save(
        tmp_path,
        model,
        step=7,
        thresholds={"AU12": 0.3},
        recipe={"name": "sjmt", "rate": 1e-4},
        provenance=[{"name": "synthetic", "fingerprint": "abc", "rows": 12}],
        validation={"au_f1_score": 0.1 + 0.2},
    )
    loaded, info = load(tmp_path)
    assert info == written == read_info(tmp_path)
    assert (info.spec, info.step, info.thresholds) == (model.spec, 7, {"AU12": 0.3})
    assert (info.recipe, info.validation) == ({"name": "sjmt", "rate": 1e-4}, {"au_f1_score": 0.1 + 0.2})
    assert info.provenance == [{"name": "synthetic", "fingerprint": "abc", "rows": 12}]
    before, after = model.state_dict(), loaded.state_dict()
    assert list(before) == list(after)
    assert [name for name in before if not torch.equal(before[name], after[name])] == []
    assert names(tmp_path) == ["model.json", "weights.safetensors"]


def test_a_loaded_model_is_ready_for_evaluation(folder: Path) -> None:
    model, _ = load(folder)
    assert not any(module.training for module in model.modules())


def test_loading_draws_no_random_numbers(folder: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load(folder)
    assert torch.equal(torch.rand(3), expected)


def test_saving_twice_gives_the_same_bytes(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    save(folder, new_model())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_score_that_is_not_a_number_survives(tmp_path: Path) -> None:
    save(tmp_path, new_model(), validation={"ccc": float("nan")})
    assert str(read_info(tmp_path).validation["ccc"]) == "nan"


@pytest.mark.parametrize("where", [0, 9, -1])
def test_a_flipped_byte_is_refused(folder: Path, where: int) -> None:
    weights = folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[where] ^= 1
    weights.write_bytes(content)
    digest = read_info(folder).weights_sha256[:12]
    with pytest.raises(CheckpointError, match=rf"weights\.safetensors .*expected sha256 {digest}, got \w{{12}};.*Copy"):
        load(folder)


def kill_between_the_files(monkeypatch: pytest.MonkeyPatch, folder: Path, model: AffectModel) -> None:
    write = checkpoint.atomic_write

    def dies_at_the_second(path: Path, data: bytes) -> None:
        if path.name == "model.json":
            raise KeyboardInterrupt
        write(path, data)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoint, "atomic_write", dies_at_the_second)
        save(folder, model)


def test_a_first_save_that_was_cut_short_is_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kill_between_the_files(monkeypatch, tmp_path, new_model())
    assert names(tmp_path) == ["weights.safetensors"]
    with pytest.raises(CheckpointError, match=r"cannot read model\.json .*never finished"):
        load(tmp_path)


def test_a_second_save_that_was_cut_short_is_detected(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kill_between_the_files(monkeypatch, folder, new_model(seed=1))
    with pytest.raises(CheckpointError, match="a save was cut short"):
        load(folder)


def test_missing_weights(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"incomplete: cannot read weights\.safetensors \(No such file"):
        load(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"No checkpoint in .*nowhere"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"format": 1, ', "is not JSON"),
        ("\udcff", "is not JSON"),
        ("[1, 2]", "no format number"),
        ("{}", "no format number"),
        ('{"format": 2, "new": []}', "format 2, and this mien .* up to 1; type: pip install --upgrade mien"),
        ('{"format": 1}', "does not describe a model"),
        ('{"format": 1, "spec": {"backbone": "vgg16", "labels": {"au": ["AU99"]}}}', "Unknown au label 'AU99'"),
    ],
)
def test_a_broken_model_json(folder: Path, content: str, sentence: str) -> None:
    (folder / "model.json").write_text(content, errors="surrogateescape")
    with pytest.raises(CheckpointError, match=sentence):
        load(folder)


def test_an_edited_architecture_does_not_fit(folder: Path) -> None:
    content = json.loads((folder / "model.json").read_text())
    edit(folder, spec=content["spec"] | {"backbone": "resnet20"})
    with pytest.raises(CheckpointError, match=r"does not fit the network that model\.json describes"):
        load(folder)


def test_other_labels_are_named(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"missing au/AU02, va/valence; extra au/AU01, expression/neutral\."):
        load(folder, labels={"expression": ("happiness",), "au": ("AU02", "AU12"), "va": ("valence",)})


def test_the_same_labels_in_another_order_are_the_same(folder: Path) -> None:
    load(folder, labels={"au": ("AU12", "AU01"), "expression": ("happiness", "neutral")})


def test_thresholds_are_for_units_that_the_model_has(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"does not have: .*AU45"):
        save(tmp_path, new_model(), thresholds={"AU45": 0.5})
    assert names(tmp_path) == []


def test_a_disk_that_is_full_is_a_sentence_and_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """safetensors says it in an error of its own, which knows no number of the system's."""
    before = (folder / "weights.safetensors").read_bytes(), names(folder)
    full = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    monkeypatch.setattr("safetensors.torch.save_file", Mock(side_effect=full))
    with pytest.raises(MienError, match=r"Cannot write .*weights\.safetensors: .*No space left .*disk not full"):
        save(folder, new_model(1))
    assert ((folder / "weights.safetensors").read_bytes(), names(folder)) == before
