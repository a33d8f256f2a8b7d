"""``precision = "auto"`` takes bf16 only where the hardware has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from accelerate import DistributedType
from accelerate.state import AcceleratorState

from mien.config import Recipe, parse
from mien.errors import RecipeError
from mien.training import precision
from mien.training.loop import Silent
from mien.training.record import environment
from mien.training.stages import train
from training.tiny import tree, write_all


@pytest.fixture(autouse=True)
def reset() -> Iterator[None]:
    yield
    AcceleratorState._reset_state()


@pytest.mark.parametrize(("native", "expected"), [(True, "bf16"), (False, "no")])
def test_auto_follows_the_hardware(monkeypatch: pytest.MonkeyPatch, native: bool, expected: str) -> None:
    monkeypatch.setattr(precision, "native_bf16", lambda: native)
    assert precision.resolve("auto") == expected
    assert environment("auto")["precision"] == expected, "a run's record says which it was"
    assert precision.make_accelerator("auto").mixed_precision == expected
    for asked in ("no", "bf16", "fp16"):
        assert precision.resolve(asked) == asked, "what a recipe asks for is what it gets"


def test_what_accelerate_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise ValueError("fp16 mixed precision requires a GPU")

    monkeypatch.setattr(precision, "Accelerator", refuse)
    with pytest.raises(RecipeError, match=r"training\.precision = 'fp16' does not work .*requires a GPU.* use 'auto'"):
        precision.make_accelerator("fp16")


def test_processes_that_do_not_join_are_refused_and_none_trains_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Alone:
        num_processes, distributed_type = 1, DistributedType.NO

    asked: list[object] = []
    monkeypatch.setattr(precision, "Accelerator", lambda **how: asked.append(how["cpu"]) or Alone())
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setenv("WORLD_SIZE", "2")  # a cluster's, of a job that launched nothing here
    precision.make_accelerator("no")
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(RecipeError, match=r"^2 processes were launched, and accelerate makes 1 of the kind NO of them"):
        precision.make_accelerator("no")
    assert asked == [False, True]


@pytest.mark.parametrize(("native", "warned"), [(False, True), (True, False)])
def test_emulated_bf16_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: bool, warned: bool
) -> None:
    class Ear(Silent):
        heard = ""

        def say(self, text: str) -> None:
            self.heard += text

    write_all(tmp_path)
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("mien.training.run.native_bf16", lambda: native)
    settings = tree(tmp_path)
    settings["training"] |= {"precision": "bf16", "steps": 1}
    ear = Ear()
    train(parse(Recipe, settings, "tiny"), tmp_path / "run", ear)
    assert ("ten times slower" in ear.heard) is warned
