"""A run that is killed and started again ends with the very bytes of a run that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny import MakeRecipe, tree
from torch import nn

from mien.config import Recipe, Training
from mien.data.loader import Loader
from mien.errors import CheckpointError, MienError
from mien.training import validation
from mien.training.log import Log, read_log
from mien.training.loop import Silent
from mien.training.optim import averaged, make_optimizer
from mien.training.resume import STATE_FILE, load_state, save_state
from mien.training.stages import train

STEPS, KEPT, KILLED = 20, 8, 10


def full_recipe(databases: Path, **training: object) -> Recipe:
    """Everything that has a state or draws at random is on."""
    settings = tree(databases)
    settings["preprocessing"] = {"size": 32}
    settings["network"] = {"backbone": "resnet20", "dropout": 0.3}
    settings["training"] |= {"steps": STEPS, "batch_size": 6, "evaluate_every": 7, "checkpoint_every": KEPT, "ema": 0.9}
    settings["training"] |= training
    return Recipe.model_validate(settings)


def start(recipe: Recipe, folder: Path) -> subprocess.Popen[bytes]:
    """Train in a process of its own."""
    code = (
        "import sys; from mien.config import Recipe; from mien.training.stages import train;"
        "train(Recipe.model_validate_json(sys.argv[1]), sys.argv[2])"
    )
    return subprocess.Popen([sys.executable, "-c", code, recipe.model_dump_json(), str(folder)])


def last_step(folder: Path) -> int:
    return max((e["step"] for e in read_log(folder)), default=0) if (folder / "log.jsonl").exists() else 0


def kill_at(step: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Kill without warning, once ``step`` is logged."""
    deadline = time.monotonic() + 120
    while last_step(folder) < step:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "the run does not come to the step at which it is to be killed"
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("training", [{"optimizer": "sgd"}, {"optimizer": "adamw", "lr": 1e-3, "accumulate": 2}])
def test_a_killed_run_ends_with_the_bytes_of_an_unbroken_one(
    databases: Path, tmp_path: Path, training: dict[str, Any]
) -> None:
    recipe, broken, unbroken = full_recipe(databases, **training), tmp_path / "broken", tmp_path / "unbroken"
    kill_at(KILLED, start(recipe, broken), broken)
    assert (broken / STATE_FILE).exists() and not (broken / "done").exists()
    assert KILLED <= last_step(broken) < STEPS

    resumed_at: list[int] = []
    original = Log.__init__

    def listen(self: Log, folder: Path, step: int = 0) -> None:
        resumed_at.append(step)
        original(self, folder, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Log, "__init__", listen)
        train(recipe, broken)
        train(recipe, unbroken)
    assert resumed_at[0] in (KEPT, 2 * KEPT) and resumed_at[1] == 0  # it went on; it did not start again

    digests = [sha256((f / "weights.safetensors").read_bytes()).hexdigest() for f in (broken, unbroken)]
    assert digests[0] == digests[1]
    ours, theirs = (load_file(folder / STATE_FILE) for folder in (broken, unbroken))
    assert [name for name in theirs if not torch.equal(ours[name], theirs[name])] == []
    events = [[{k: v for k, v in e.items() if k != "images_per_s"} for e in read_log(f)] for f in (broken, unbroken)]
    assert events[0] == events[1]
    assert [e["step"] for e in events[0] if e["kind"] == "train"] == list(range(1, STEPS + 1))


class Killed(Exception):
    pass


def test_the_weights_of_the_best_validation_survive_a_crash(
    make_recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best step is part of the state: a worse validation after the restart does not replace it."""
    recipe = make_recipe("A", training={"steps": 6, "evaluate_every": 2, "checkpoint_every": 2})
    scores = iter([0.9, 0.1, 0.2])

    def score(*_: object) -> dict[str, float]:
        found = next(scores)
        if found == 0.2 and not crashed:
            crashed.append(True)
            raise Killed
        return {"invented": found}

    crashed: list[bool] = []
    monkeypatch.setattr(validation, "main_scores", score)
    with pytest.raises(Killed):
        train(recipe, tmp_path)
    scores = iter([0.2])
    train(recipe, tmp_path)
    assert json.loads((tmp_path / "model.json").read_text())["step"] == 2


def test_stopping_by_hand_says_how_to_go_on(
    make_recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Loader, start: int, stop: int) -> Any:
        yield self.batch(start)
        raise KeyboardInterrupt

    monkeypatch.setattr(Loader, "stream", interrupted)
    with pytest.raises(MienError, match=f"Stopped; the same command goes on from the last checkpoint in {tmp_path}"):
        train(make_recipe("A"), tmp_path)


def learned() -> tuple[dict[str, nn.Module], torch.optim.Optimizer]:
    """A layer after two steps of AdamW, and its average."""
    torch.manual_seed(0)
    settings = Training(optimizer="adamw", ema=0.5)
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    optimizer, average = make_optimizer([model], settings), averaged(model, settings.ema)
    assert average is not None
    for _ in range(2):
        model(torch.rand(4, 3)).square().sum().backward()
        optimizer.step()
        average.update_parameters(model)
    return {"model": model, "average": average}, optimizer


def fresh() -> tuple[dict[str, nn.Module], torch.optim.Optimizer]:
    modules, _ = learned()
    return modules, make_optimizer([modules["model"]], Training(optimizer="adamw"))


def test_the_state_is_restored_bit_for_bit(tmp_path: Path) -> None:
    modules, optimizer = learned()
    record = {"step": 2, "best": {"step": 0, "score": float("-inf")}}
    save_state(tmp_path, modules, optimizer, record)
    others, other_optimizer = fresh()
    for module in others.values():
        for tensor in module.state_dict().values():
            tensor.zero_()
    assert load_state(tmp_path, others, other_optimizer) == record
    for name, module in modules.items():
        for key, tensor in module.state_dict().items():
            assert torch.equal(tensor, others[name].state_dict()[key]), f"{name}/{key}"
    ours, theirs = optimizer.state_dict(), other_optimizer.state_dict()
    assert [{**g, "betas": list(g["betas"])} for g in ours["param_groups"]] == theirs["param_groups"]
    assert ours["state"].keys() == theirs["state"].keys() == {0, 1, 2, 3}
    for index, entries in ours["state"].items():
        assert all(torch.equal(value, theirs["state"][index][key]) for key, value in entries.items())


def test_nothing_to_go_on_from(tmp_path: Path) -> None:
    assert load_state(tmp_path, *fresh()) is None


@pytest.mark.parametrize("where", [0.0, 0.02, 0.5, 0.999])
def test_a_flipped_byte_is_refused_with_a_sentence(tmp_path: Path, where: float) -> None:
    save_state(tmp_path, *learned(), {"step": 2})
    content = bytearray((tmp_path / STATE_FILE).read_bytes())
    content[int(where * len(content))] ^= 1
    (tmp_path / STATE_FILE).write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"cannot go on from it .*delete the folder {tmp_path} to train anew"):
        load_state(tmp_path, *fresh())


@pytest.mark.parametrize("length", [0, 100, -1])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    save_state(tmp_path, *learned(), {"step": 2})
    content = (tmp_path / STATE_FILE).read_bytes()
    (tmp_path / STATE_FILE).write_bytes(content[:length])
    with pytest.raises(CheckpointError, match="cannot go on from it"):
        load_state(tmp_path, *fresh())


def test_the_state_of_another_network_is_refused(tmp_path: Path) -> None:
    save_state(tmp_path, *learned(), {"step": 2})
    modules = {"model": nn.Linear(5, 2), "average": nn.Linear(5, 2)}
    with pytest.raises(CheckpointError, match="cannot go on from it"):
        load_state(tmp_path, modules, make_optimizer(modules.values(), Training()))


def test_the_log_forgets_what_comes_again_and_what_was_cut_short(tmp_path: Path) -> None:
    lines = [{"kind": "train", "step": step, "loss": 1.0} for step in (1, 2, 3)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "log.jsonl").write_text(text + '{"kind": "train", "st')
    log = Log(tmp_path, step=2)
    log.write("train", 3, {"loss": 0.5})
    log.close()
    assert [(e["step"], e["loss"]) for e in read_log(tmp_path)] == [(1, 1.0), (2, 1.0), (3, 0.5)]
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 3


class StopsAt(Silent):
    """Presses Ctrl+C after an update."""

    def __init__(self, number: int) -> None:
        self.number = number

    def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
        if step == self.number:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    "balance", [{"balance_losses": "uncertainty"}, {"balance_losses": "dwa", "dwa_period": 3}, {"gradients": "pcgrad"}]
)
def test_balanced_losses_go_on_where_they_stood(
    make_recipe: MakeRecipe, tmp_path: Path, balance: dict[str, Any]
) -> None:
    """Stopped at update 6, taken up at 4: in the middle of a period whose mean then decides the weights."""
    if "gradients" in balance:
        pytest.importorskip("torchjd")
    recipe = make_recipe(method={"name": "joint", **balance})
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(recipe, whole)
    with pytest.raises(MienError, match="Stopped"):
        train(recipe, broken, StopsAt(6))
    train(recipe, broken)
    states = [load_file(folder / STATE_FILE) for folder in (whole, broken)]
    assert [name for name, tensor in states[0].items() if not torch.equal(tensor, states[1][name])] == []
    losses = [[e for e in read_log(f) if e["kind"] == "train"][-1]["loss"] for f in (whole, broken)]
    assert losses[0] == losses[1]
    weights = {name: value for name, value in read_log(whole)[-2].items() if name.startswith("weight_")}
    if "balance_losses" in balance:
        assert len(weights) == 3 and len(set(weights.values())) > 1
