"""Two processes train the network that one process trains: the same losses, weights and scores, at the same batch."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from smooth import SMOOTH
from tiny import MakeRecipe, tree
from torch import nn

from mien.config import Recipe
from mien.generation import augment
from mien.methods import METHODS
from mien.models.affect import AffectModel, ModelSpec
from mien.models.backbones import BACKBONES
from mien.models.checkpoint import read_info, save
from mien.preprocessing import Preprocessing
from mien.training.log import read_log
from mien.training.norm import SharedNorm, share_norms
from mien.training.resume import STATE_FILE
from mien.training.stages import train

WORKER = Path(__file__).with_name("two_processes.py")
STEPS = 3
RUNS = [*METHODS, "lonely", "changing", "resumed"]
Runs = dict[str, Recipe]


def settings(databases: Path, method: str, teacher: Path) -> dict[str, Any]:
    """A recipe whose batch of 7 is AAABBCC: a process has 4 rows, of valence one, and the other 3."""
    found = tree(databases, "C" if method == "single" else "ABC")
    more = {
        "student": {"teacher": [str(teacher)]},
        "coupling": {"match": "group"},
        "gan": {"forms": ["noise", "image"], "width": 8, "noise": 4},
    }
    found["network"] = {"backbone": "smooth_gn" if METHODS[method].game else "smooth"}
    found["method"] = {"name": method} | more.get(method, {})
    found["training"] |= {"steps": STEPS, "batch_size": 7, "evaluate_every": STEPS, "checkpoint_every": 2}
    return found


@pytest.fixture(scope="module")
def backbones() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, backbone in SMOOTH.items():
            patch.setitem(BACKBONES, name, backbone)
        yield


@pytest.fixture(scope="module")
def runs(backbones: None, databases: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """What is trained: every method; gradient accumulation, averages, other sizes; rare rows drawn more often."""
    teacher = tmp_path_factory.mktemp("teacher")
    labels = {
        "expression": ("neutral", "happiness", "fear"),
        "au": ("AU01", "AU12"),
        "va": ("valence", "arousal"),
    }
    torch.manual_seed(3)
    save(teacher, AffectModel(ModelSpec(backbone="smooth", labels=labels, preprocessing=Preprocessing(size=16))))
    found = {method: settings(databases, method, teacher) for method in METHODS}
    lonely = settings(databases, "joint", teacher)
    lonely["training"] |= {"batch_size": 4, "accumulate": 2, "ema": 0.5}  # AABC: one process has no AU, one no valence
    lonely["data"][0]["balance"] = {"how": "classes"}
    found["lonely"] = lonely
    changing = settings(databases, "gan", teacher)  # of 10 rows, 0 and 9 are penalised: one of each process
    changing["training"] |= {"batch_size": 10, "accumulate": 2, "ema": 0.5}
    found["changing"] = changing
    return {name: Recipe.model_validate(one) for name, one in found.items()}


@pytest.fixture(scope="module")
def folders(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the runs in one and in two processes."""
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    started = runs["joint"]  # in one process, cut off after two steps, goes on in two
    cut_off(started, two / "resumed")
    with pytest.MonkeyPatch.context() as patch:  # a game in which most faces are changed goes on in one and in two
        patch.setattr(augment, "TARGET", -2.0)
        patch.setattr(augment, "FACES_TO_FULL", 60)
        cut_off(runs["changing"], one / "changing")
    shutil.copytree(one / "changing", two / "changing")
    for name, recipe in runs.items():
        train(recipe, one / name)
    launch({str(two / name): recipe for name, recipe in (runs | {"resumed": started}).items()}, two)
    return one, two


def launch(recipes: dict[str, Recipe], folder: Path) -> None:
    content = {where: recipe.model_dump(mode="json") for where, recipe in recipes.items()}
    (folder / "recipes.json").write_text(json.dumps(content))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(WORKER)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MIEN_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [*command, str(folder / "recipes.json")], env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-3000:]


def cut_off(recipe: Recipe, folder: Path) -> None:
    """The folder of a run that was killed after its second step."""

    class Cut(Exception):
        pass

    class Killer:
        def say(self, text: str) -> None: ...

        def step(self, step: int, *_: object) -> None:
            if step == 3:
                raise Cut

    with pytest.raises(Cut):
        train(recipe, folder, Killer())


def test_faces_are_changed_before_they_are_judged(folders: tuple[Path, Path]) -> None:
    for folder in folders:
        assert load_file(folder / "changing" / STATE_FILE)["method/augment.p"] > 0.2


def losses(folder: Path) -> list[dict[str, float]]:
    found = [event for event in read_log(folder) if event["kind"] == "train"]
    return [{name: value for name, value in event.items() if name not in ("kind", "images_per_s")} for event in found]


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_give_the_losses_of_one(folders: tuple[Path, Path], name: str) -> None:
    assert not list(folders[1].glob(f"{name}/error.*"))
    one, two = folders[0] / ("joint" if name == "resumed" else name), folders[1] / name
    ours, theirs = losses(two), losses(one)
    assert len(ours) == len(theirs) == STEPS
    for step, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        assert mine == pytest.approx(other, rel=2e-5, abs=2e-6), f"step {step + 1}"
    assert not any(event["loss"] == 0 for event in ours)
    assert (one / STATE_FILE).exists() and (two / STATE_FILE).exists()


@pytest.mark.parametrize("name", RUNS)
def test_and_its_weights_and_scores(folders: tuple[Path, Path], name: str) -> None:
    one, two = folders[0] / ("joint" if name == "resumed" else name), folders[1] / name
    ours, theirs = (load_file(folder / STATE_FILE) for folder in (two, one))
    assert ours.keys() == theirs.keys()
    for tensor in theirs:
        torch.testing.assert_close(
            ours[tensor], theirs[tensor], rtol=2e-4, atol=1e-5, msg=lambda m, t=tensor: f"{t}: {m}"
        )
    assert read_info(two).validation == pytest.approx(read_info(one).validation, abs=1e-3, nan_ok=True)


def test_batch_statistics_are_those_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two unequal parts against PyTorch's own normalisation of the whole; rejected: the mean of the parts' means."""
    torch.manual_seed(0)
    whole = 2 * torch.randn(7, 3, 4, 4) + 1
    parts, reference, shared = (whole[:5], whole[5:]), nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(3))
    share_norms(shared)
    (norm,) = shared
    assert isinstance(norm, SharedNorm) and norm.state_dict().keys() == reference.state_dict().keys()
    said: list[torch.Tensor] = []
    monkeypatch.setattr("mien.training.norm.gathered", lambda own: said.append(own) or torch.stack([own, own]))
    for part in parts:
        shared(part)
    norm.reset_running_stats()
    monkeypatch.setattr("mien.training.norm.gathered", lambda own: torch.stack(said))
    expected, found = reference(whole), torch.cat([shared(parts[0]), shared(parts[1])])
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    norm.reset_running_stats()
    shared(parts[0])
    torch.testing.assert_close(norm.running_var, reference.running_var)
    torch.testing.assert_close(norm.running_mean, reference.running_mean)
    means = torch.stack([part.mean(dim=(0, 2, 3)) for part in parts]).mean(dim=0)
    assert not torch.allclose(norm.running_mean, 0.1 * means, rtol=1e-3)


def test_more_processes_than_rows_are_refused(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    from mien.errors import RecipeError
    from mien.training import run

    class Three:
        process_index, num_processes = 0, 3

    with pytest.MonkeyPatch.context() as patch, pytest.raises(RecipeError, match="is shared by 3 processes; make it"):
        patch.setattr(run, "make_accelerator", lambda _: Three())
        train(make_recipe("A", training={"batch_size": 2}), tmp_path)
