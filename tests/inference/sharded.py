"""What the workers of the tests of shards do: in a module of its own, so that a process can import it."""

import os
import random
import signal
from functools import partial
from pathlib import Path

from inference.made import RedDetector, Reddish
from mien.inference import shards
from mien.inference.analyzer import Analyzer
from mien.inference.job import Options
from mien.inference.journal import Journal
from mien.inference.pool import in_processes
from mien.inference.shards import Done, Shard, analyze_shards, do_shard
from mien.inference.sources import find_sources
from mien.inference.table import schema

AT_ONCE = 3


def make() -> Analyzer:
    return Analyzer(Reddish().predictor(), detector=RedDetector())


def work(shard: Shard) -> Done:
    return do_shard(make, Options(), shard)


def dies_at_times(marks: Path, share: float, shard: Shard) -> Done:
    """The first try at a random part of the shards ends without a word, with the work done and nothing told."""
    mark = marks / str(shard.number)
    first = not mark.exists()
    mark.touch()
    done = work(shard)
    if first and random.Random(shard.number).random() < share:
        os.kill(os.getpid(), signal.SIGKILL)
    return done


def drive(out: str, marks: str, *names: str) -> None:
    """A whole analysis, to be killed from outside."""
    shards.PHOTOS_AT_ONCE = AT_ONCE
    journal = Journal(Path(out), {}, schema(make().labels))
    analyze_shards(
        partial(dies_at_times, Path(marks), 0.0), find_sources(names), journal, partial(in_processes, workers=1)
    )
