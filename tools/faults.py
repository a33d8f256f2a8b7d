"""What happens when something breaks: each fault many times, on a tiny run, with a count of what went wrong.

    python tools/faults.py --kills 50 --flips 200 --memory 50 --out benchmarks/results/faults.json

Every fault must end with a sentence or go on to the very bytes of a run that nothing broke; a count under "bad" that is
not 0 is a fault of mien's, and the exit code is then 1. It needs Linux.
"""

import argparse
import errno
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import pyarrow as pa
import torch
from memory_limits import OUTCOMES, most_taken, outcome
from safetensors.torch import load_file

from mien.config import read_recipe
from mien.data.synthetic import stills
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.inference.journal import Journal
from mien.models.checkpoint import load
from mien.training.log import read_log
from mien.training.resume import STATE_FILE, load_state
from mien.training.stages import train

PATIENCE_S = 900.0
WEIGHTS = "weights.safetensors"
VIDEO = Path(__file__).parents[1] / "src/mien/web/examples/two-people.mp4"
Found = dict[str, int]
RECIPE = """
name = "tiny"
data = [{{ name = "A", path = "{folder}/A.parquet" }}, {{ name = "B", path = "{folder}/B.parquet" }}]
preprocessing = {{ size = 16 }}
network = {{ backbone = "plain_small", dropout = 0.3 }}
method = {{ name = "sjmt" }}

[training]
steps = {steps}
batch_size = 6
lr = 0.02
warmup = 2
ema = 0.9
accumulate = 2
evaluate_every = 7
checkpoint_every = 4
log_every = 1
threads = 1
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument("--memory", type=int, default=50)
    parser.add_argument("--others", type=int, default=10)
    parser.add_argument("--only", nargs="+", metavar="FAULT", help="not the others; names as they are printed")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        faults = Faults(Path(name))
        results: dict[str, Found] = {}
        for fault, count in (
            (faults.kill, arguments.kills),
            (faults.interrupt, arguments.others),
            (faults.two_runs, arguments.others),
            (faults.full_disk, arguments.others),
            (faults.read_only, 1),
            (faults.flipped_state, arguments.flips),
            (faults.flipped_weights, arguments.flips),
            (faults.flipped_part, arguments.flips),
            (faults.cut_store, 3),
            (faults.jumping_clock, 3),
            (faults.little_memory_training, arguments.memory),
            (faults.little_memory_analysis, arguments.memory),
        ):
            if arguments.only and fault.__name__ not in arguments.only:
                continue
            results[fault.__name__] = fault(count)
            print(
                f"{fault.__name__:22}",
                *(f"{count} {what}" for what, count in results[fault.__name__].items()),
                sep="  ",
                flush=True,
            )
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=1))
    sys.exit(any(found["bad"] for found in results.values()))


class Faults:
    """A tiny run, what it comes to when nothing breaks, and ways to break it.

    Args:
        folder: to work in.
        seed: of the moments and places.
        steps: of the run.
    """

    def __init__(self, folder: Path, seed: int = 0, steps: int = 30) -> None:
        self.folder, self.random = folder, random.Random(seed)
        os.environ["MIEN_CACHE"] = str(folder / "cache")
        torch.set_num_threads(1)
        self.recipe_file = tiny_recipe(folder, steps)
        self.recipe = read_recipe(self.recipe_file)
        self.count = 0
        self.unbroken = self.fresh()
        start = time.monotonic()
        if self.wait(self.start(self.unbroken)):
            raise MienError("The run that nothing breaks did not end well")
        self.seconds = time.monotonic() - start

    def fresh(self) -> Path:
        """The folder of a new run."""
        self.count += 1
        return self.folder / f"run{self.count}"

    def start(self, folder: Path) -> int:
        """Train in a process of its own, and give its number; it ends with 0, or with 3 and a sentence in a file."""
        if child := os.fork():
            return child
        code = 1
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where this script runs in the background
        try:
            train(self.recipe, folder)
            code = 0
        except MienError as error:
            folder.with_suffix(".txt").write_text(str(error))
            code = 3
        finally:
            os._exit(code)

    @staticmethod
    def wait(child: int) -> int:
        """How a process ended: its exit code, or minus the signal."""
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def same(self, folder: Path) -> bool:
        """Whether a run came to the bytes of the one that nothing broke, and left no half-written file."""
        ours, theirs = load_file(folder / STATE_FILE), load_file(self.unbroken / STATE_FILE)
        tensors = ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in theirs)
        weights = (folder / WEIGHTS).read_bytes() == (self.unbroken / WEIGHTS).read_bytes()
        logs = losses(folder) == losses(self.unbroken)
        names = {path.name for path in folder.iterdir()} == {path.name for path in self.unbroken.iterdir()}
        return tensors and weights and logs and names

    def kill(self, trials: int) -> Found:
        """kill -9 some time after a random update; the run is started again until it ends, and may be killed again."""
        found = {"kills": 0, "runs": 0, "started anew": 0, "bad": 0}
        while found["kills"] < trials:
            folder = self.fresh()
            for _ in range(self.random.randint(1, 3)):
                last = self.recipe.training.steps - 1
                step = self.random.randint(min(last_step(folder), last), last)
                child = self.start(folder)
                reach(step, folder)
                time.sleep(self.random.uniform(0, 2 * self.seconds / self.recipe.training.steps))
                os.kill(child, signal.SIGKILL)
                found["kills"] += self.wait(child) == -signal.SIGKILL
                found["started anew"] += not (folder / STATE_FILE).exists()
            found["runs"] += 1
            found["bad"] += self.wait(self.start(folder)) != 0 or not self.same(folder)
            shutil.rmtree(folder)
        return found

    def interrupt(self, trials: int) -> Found:
        """Ctrl+C at a random step: the run ends with how to go on, has saved that very step, and goes on."""
        found = {"trials": trials, "bad": 0}
        for _ in range(trials):
            folder, step = self.fresh(), self.random.randint(1, self.recipe.training.steps - 3)
            child = self.start(folder)
            reach(step, folder)
            os.kill(child, signal.SIGINT)
            good = self.wait(child) == 3 and "the same command goes on" in folder.with_suffix(".txt").read_text()
            good = good and f"Stopped after step {last_step(folder)} of" in folder.with_suffix(".txt").read_text()
            found["bad"] += not (good and self.wait(self.start(folder)) == 0 and self.same(folder))
        return found

    def two_runs(self, trials: int) -> Found:
        """A second run in the folder of one that is going on: refused, and the first one does not notice."""
        found = {"trials": trials, "bad": 0}
        for _ in range(trials):
            folder = self.fresh()
            first = self.start(folder)
            reach(1, folder)
            os.kill(first, signal.SIGSTOP)
            refused = self.wait(self.start(folder)) == 3
            refused = refused and "in use by another run" in folder.with_suffix(".txt").read_text()
            os.kill(first, signal.SIGCONT)
            found["bad"] += not (refused and self.wait(first) == 0 and self.same(folder))
        return found

    def full_disk(self, trials: int) -> Found:
        """The disk is full at the n-th file: a sentence, and with room the run goes on to the same bytes."""
        found = {"trials": 0, "bad": 0}
        for number in range(1, trials + 1):
            folder, calls = self.fresh(), []

            def fsync(file: int, calls: list[int] = calls, number: int = number) -> None:
                calls.append(file)
                if len(calls) == number:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            with patch("mien.files.os.fsync", fsync):
                code = self.wait(self.start(folder))
            if code == 0:
                break  # it writes fewer files than that
            sentence = folder.with_suffix(".txt").read_text() if code == 3 else ""
            found["trials"] += 1
            good = "No space left on device" in sentence and "disk not full" in sentence
            found["bad"] += not (good and self.wait(self.start(folder)) == 0 and self.same(folder))
        return found

    def read_only(self, trials: int) -> Found:
        """A folder that cannot be written."""
        return {
            "trials": trials,
            "bad": sum(
                not ends(lambda: train(self.recipe, "/proc/mien"), "Cannot write /proc/mien") for _ in range(trials)
            ),
        }

    def flipped_state(self, trials: int) -> Found:
        """A flipped byte in the file to go on from."""
        folder = self.fresh()
        shutil.copytree(self.unbroken, folder)
        read = partial(load_state, folder, {}, SimpleNamespace(load_state_dict=lambda state: None))
        return self.flipped(folder / STATE_FILE, trials, read, "cannot go on from it")

    def flipped_weights(self, trials: int) -> Found:
        """A flipped byte in a network's weights."""
        folder = self.fresh()
        shutil.copytree(self.unbroken, folder)
        return self.flipped(folder / WEIGHTS, trials, lambda: load(folder), "is not the file that model.json")

    def flipped_part(self, trials: int) -> Found:
        """A flipped byte in a part of an analysis."""
        rows = pa.table({"path": [f"p{i}.jpg" for i in range(500)], "AU12": np.random.default_rng(0).random(500)})
        journal = Journal(self.fresh() / "t.csv", {}, rows.schema)
        journal.keep(["p"], [rows])
        (part,) = journal.folder.glob("0*.parquet")
        return self.flipped(part, trials, lambda: list(journal.rows()), "its sources are analysed again")

    def flipped(self, path: Path, trials: int, read: Callable[[], object], sentence: str) -> Found:
        """``read`` with a random bit of ``path`` flipped, each time another."""
        whole, bad = path.read_bytes(), 0
        for _ in range(trials):
            content = bytearray(whole)
            content[self.random.randrange(len(content))] ^= 1 << self.random.randrange(8)
            path.write_bytes(content)
            bad += not ends(read, sentence)
        path.write_bytes(whole)
        return {"trials": trials, "bad": bad + ends(read, sentence)}

    def cut_store(self, trials: int) -> Found:
        """Prepared faces that were cut short are not trained on."""
        bad = 0
        for _ in range(trials):
            path = self.random.choice(sorted((self.folder / "cache").glob("*/images.npy")))
            whole = path.read_bytes()
            path.write_bytes(whole[: self.random.randrange(len(whole))])
            bad += not ends(lambda: train(self.recipe, self.fresh()), "delete that folder, and they are made again")
            path.write_bytes(whole)
        return {"trials": trials, "bad": bad}

    def jumping_clock(self, trials: int) -> Found:
        """A clock that jumps back and forth by up to a year changes nothing."""
        bad, true = 0, time.time
        for _ in range(trials):
            folder = self.fresh()
            with patch("time.time", lambda: true() + self.random.uniform(-3e7, 3e7)):
                bad += self.wait(self.start(folder)) != 0 or not self.same(folder)
        return {"trials": trials, "bad": bad}

    def little_memory_training(self, trials: int) -> Found:
        """``mien train`` with another limit of memory each time."""
        return self.little_memory(
            trials, lambda folder: ["train", str(self.recipe_file), "--out", str(folder)], self.same
        )

    def little_memory_analysis(self, trials: int) -> Found:
        """``mien analyze`` of photos and a video, with another limit of memory each time."""
        sources, whole = some_pictures(self.folder / "sources"), self.folder / "whole.csv"
        options = ["--threads", "1", "--every", "4"]

        def command(folder: Path) -> list[str]:
            return ["analyze", str(sources), "-o", str(folder / whole.name), *options]

        if outcome(command(self.folder), self.folder / "whole.txt") != "finished":
            raise MienError(f"The analysis that nothing breaks did not end well: see {self.folder / 'whole.txt'}")

        def same(folder: Path) -> bool:
            return [path.name for path in folder.iterdir()] == [whole.name] and table(folder) == whole.read_bytes()

        def table(folder: Path) -> bytes:
            return (folder / whole.name).read_bytes()

        return self.little_memory(trials, command, same)

    def little_memory(self, trials: int, command: Callable[[Path], list[str]], same: Callable[[Path], bool]) -> Found:
        """A limit between nothing and enough: it ends by itself, and with memory the same command comes to the same.

        Args:
            trials: how many limits.
            command: of ``mien``, for a folder to write into.
            same: whether what is in a folder is what it has to be.
        """
        first = self.fresh()
        with patch.dict(os.environ, MIEN_CACHE=f"{first}.cache"):
            enough = most_taken(command(first), first.with_suffix(".txt"))
        found = {"trials": trials, **dict.fromkeys(OUTCOMES, 0), "bad": 0}
        for _ in range(trials):
            folder = self.fresh()
            with patch.dict(os.environ, MIEN_CACHE=f"{folder}.cache"):  # faces are cut anew, with as little memory
                how = outcome(command(folder), folder.with_suffix(".txt"), self.random.randrange(enough))
                found[how] += 1
                again = how == "finished" or outcome(command(folder), folder.with_suffix(".again.txt")) == "finished"
            found["bad"] += not (how != "hung" and again and same(folder))
        return found


def ends(call: Callable[[], object], sentence: str) -> bool:
    """Whether a call raises an error of mien's that says so."""
    try:
        call()
    except MienError as error:
        return sentence in str(error)
    return False


def last_step(folder: Path) -> int:
    """The last update in a run's log."""
    return max((event["step"] for event in read_log(folder)), default=0) if (folder / "log.jsonl").exists() else 0


def reach(step: int, folder: Path) -> None:
    """Wait until a run has logged an update."""
    deadline = time.monotonic() + PATIENCE_S
    while last_step(folder) < step:
        if time.monotonic() > deadline:
            raise MienError(f"The run in {folder} does not come to update {step}")
        time.sleep(0.001)


def losses(folder: Path) -> list[dict[str, Any]]:
    """A run's log without the speed."""
    return [{name: value for name, value in event.items() if name != "images_per_s"} for event in read_log(folder)]


def some_pictures(folder: Path) -> Path:
    """A new folder with twelve drawn faces and a video."""
    folder.mkdir()
    for number, picture in enumerate(next(iter(stills(range(12), 1, 160, seed=0)))["image"].to_pylist()):
        (folder / f"{number}.png").write_bytes(picture)
    shutil.copy(VIDEO, folder)
    return folder


def tiny_recipe(folder: Path, steps: int) -> Path:
    """Expressions and action units of 32-pixel noise; dropout, averaged weights and accumulation are on."""
    rng = np.random.default_rng(0)
    for name, labels in (("A", {"expression": ["neutral", "fear"] * 24}), ("B", {"AU01": [0, 1] * 24})):
        pictures = [cv2.imencode(".png", rng.integers(0, 256, (32, 32), np.uint8))[1].tobytes() for _ in range(48)]
        split = ["train"] * 36 + ["val"] * 12
        people = [f"{name}{i}" for i in range(48)]
        table = pa.table({"image": pictures, "split": split, "subject": people} | labels)
        classes = {"expression": ("neutral", "fear")} if name == "A" else None
        LabelTable(table, classes=classes).write(folder / f"{name}.parquet")
    path = folder / "tiny.toml"
    path.write_text(RECIPE.format(folder=folder, steps=steps))
    return path


if __name__ == "__main__":
    main()
