"""The mean of networks: its weights and its answers by hand, its scores on validation faces, and what it refuses."""

from pathlib import Path

import pytest
import torch
from tiny import MakeRecipe
from typer.testing import CliRunner

from mien.cli import app
from mien.errors import CheckpointError, MienError
from mien.models.checkpoint import load, read_info, save
from mien.models.outputs import read
from mien.training.average import average
from mien.training.run import train_network


@pytest.fixture
def runs(make_recipe: MakeRecipe, tmp_path: Path) -> list[Path]:
    """A network, and two that were trained on from it with other seeds."""
    folders = [tmp_path / name for name in ("first", "a", "b")]
    train_network(make_recipe(training={"thresholds": "best_f1"}), folders[0])
    for seed, folder in enumerate(folders[1:], 1):
        changes = {"network": {"init": str(folders[0])}, "training": {"thresholds": "best_f1"}, "seed": seed}
        train_network(make_recipe(**changes), folder)
    return folders


def test_weights_are_the_mean_and_counters_are_not(runs: list[Path], tmp_path: Path) -> None:
    info = average(runs, tmp_path / "mean")
    states, mean = [load(run)[0].state_dict() for run in runs], load(tmp_path / "mean")[0].state_dict()
    floats = [name for name in mean if mean[name].is_floating_point()]
    assert floats and len({states[k][floats[0]].sum().item() for k in range(3)}) == 3
    for name in floats:
        by_hand = (states[0][name].double() + states[1][name].double() + states[2][name].double()) / 3
        torch.testing.assert_close(mean[name].double(), by_hand, rtol=1e-6, atol=1e-7)
    for name in set(mean) - set(floats):
        assert torch.equal(mean[name], states[0][name])
    assert info.made_of == tuple(read_info(run).weights_sha256 for run in runs)


def test_it_has_scores_and_thresholds_of_its_own(runs: list[Path], tmp_path: Path) -> None:
    """Rejected: thresholds of the first network, whose probabilities are others."""
    info = average(runs[1:], tmp_path / "mean")
    first = read_info(runs[1])
    assert info.validation.keys() == first.validation.keys() and info.validation != first.validation
    assert info.thresholds.keys() == first.thresholds.keys() and info.thresholds != first.thresholds
    alone = average([runs[1], runs[1]], tmp_path / "same")
    assert alone.validation == pytest.approx(first.validation, nan_ok=True) and alone.thresholds == first.thresholds


def test_answers_are_the_mean_of_answers(runs: list[Path], tmp_path: Path) -> None:
    """Rejected: the mean of weights, which answers something else."""
    info = average(runs, tmp_path / "all", of="answers")
    faces = torch.rand(4, 3, info.spec.preprocessing.size, info.spec.preprocessing.size)

    def answers(folder: Path) -> dict[str, torch.Tensor]:
        network = load(folder)[0]
        with torch.no_grad():
            return read(network(faces), network.spec)

    alone, together = [answers(run) for run in runs], answers(tmp_path / "all")
    for task, found in together.items():
        torch.testing.assert_close(found, torch.stack([one[task] for one in alone]).mean(dim=0), atol=1e-5, rtol=1e-4)
    average(runs, tmp_path / "mean")
    assert not torch.allclose(answers(tmp_path / "mean")["expression"], together["expression"], atol=1e-4)
    assert info.made_of == tuple(read_info(run).weights_sha256 for run in runs)


def test_what_cannot_be_averaged(runs: list[Path], make_recipe: MakeRecipe, tmp_path: Path) -> None:
    with pytest.raises(MienError, match="1 network to average; give the folders of two or more"):
        average(runs[:1], tmp_path / "mean")
    with pytest.raises(MienError, match=r"holds a network already; give another folder with --out"):
        average(runs, runs[0])
    with pytest.raises(MienError, match="Unknown mean 'answer': did you mean 'answers'"):
        average(runs, tmp_path / "mean", of="answer")
    other = tmp_path / "other"
    train_network(make_recipe(network={"dropout": 0.5}), other)
    with pytest.raises(CheckpointError, match=r"other and .*first are built differently"):
        average([runs[0], other], tmp_path / "mean")
    bare = tmp_path / "bare"
    save(bare, load(runs[0])[0])
    with pytest.raises(MienError, match="bare has no recipe, so its validation rows are unknown"):
        average([bare, runs[0]], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_command(runs: list[Path], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["average", str(runs[1]), str(runs[2]), "--out", str(tmp_path / "mean")])
    assert result.exit_code == 0, result.output
    assert "mien evaluate" in result.output and "A/expression" in result.output
    assert f"{read_info(tmp_path / 'mean').validation['A/expression']:.3f}" in result.output
