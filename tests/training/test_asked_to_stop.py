"""A signal is a wish that training hears at the end of its update; a second one is an order."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import MakeRecipe

from mien.errors import MienError
from mien.training.interrupt import SIGNALS, asked_to_stop
from mien.training.log import Log, read_log
from mien.training.stages import train


def pressed_at(step: int, number: int) -> object:
    class Presser:
        def say(self, text: str) -> None: ...

        def step(self, done: int, *_: object) -> None:
            if done == step:
                signal.raise_signal(number)

    return Presser()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_update_in_hand_is_saved_and_the_run_goes_on_after_it(
    make_recipe: MakeRecipe, tmp_path: Path, number: int
) -> None:
    recipe = make_recipe("A", training={"checkpoint_every": 100, "evaluate_every": 100})
    before = signal.getsignal(number)
    with pytest.raises(MienError, match=r"Stopped after step 3 of 8, which is saved; the same command goes on from"):
        train(recipe, tmp_path / "run", pressed_at(3, number))  # type: ignore[arg-type]
    assert signal.getsignal(number) is before
    assert [event["step"] for event in read_log(tmp_path / "run")] == [1, 2, 3]
    train(recipe, tmp_path / "run")
    train(recipe, tmp_path / "unbroken")
    both = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("run", "unbroken")]
    assert both[0] == both[1]


def test_the_last_update_ends_the_run_as_always(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    train(make_recipe("A"), tmp_path, pressed_at(8, signal.SIGINT))  # type: ignore[arg-type]
    assert (tmp_path / "done").exists()


def test_a_second_signal_acts_at_once() -> None:
    with asked_to_stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_is_ignored_stays_ignored() -> None:
    """As in a shell's background jobs, which Ctrl+C is not meant for."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with asked_to_stop() as stop:
            signal.raise_signal(signal.SIGINT)
        assert not stop.asked and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_full_disk_under_the_log_is_a_sentence(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    log = Log(tmp_path)
    log._file.close()
    log._file = Path("/dev/full").open("a")  # noqa: SIM115  a file on a disk without room
    wrong: list[Callable[[], None]] = [lambda: log.write("train", 1, {"loss": 1.0}), log.close]
    for call in wrong:
        with pytest.raises(MienError, match=r"log\.jsonl: No space left on device; check that .* the disk not full"):
            call()
