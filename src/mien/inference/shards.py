"""A large analysis in pieces that anybody can do: some photos, some rows of a table, or one video.

A video is one shard, however long: its people are followed from frame to frame. A corpus has many videos.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import groupby

import pyarrow as pa

from mien.inference.analyzer import Analyzer
from mien.inference.flow import in_batches
from mien.inference.job import PHOTOS_AT_ONCE, Options, Tally, analyze
from mien.inference.journal import Journal
from mien.inference.sources import Source


@dataclass(frozen=True)
class Setup:
    """What a worker needs to make the analyzer: the arguments of ``Analyzer`` and ``Options``."""

    model: str | None = None
    device: str | None = None
    threads: int | None = None
    detector: str = "mtcnn"
    min_face: int = 40
    all_units: bool = False
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Shard:
    """Sources that are analysed together.

    Attributes:
        number: the place of the first among all sources of the analysis.
        sources: of one kind.
    """

    number: int
    sources: tuple[Source, ...]

    def __str__(self) -> str:
        more = f" and {len(self.sources) - 1} more" if len(self.sources) > 1 else ""
        return self.sources[0].key + more


@dataclass(frozen=True)
class Done:
    """A shard's rows, and what they came to."""

    shard: Shard
    rows: pa.Table
    tally: Tally


Work = Callable[[Shard], Done]
Engine = Callable[[Work, Iterable[Shard]], Iterator[Done]]
"""Does the work for every shard, in any order, in processes of its own, with few shards in hand at a time."""


def plan(sources: Sequence[Source], done: Set[str] = frozenset()) -> Iterator[Shard]:
    """The shards of all sources whose keys are not in ``done``, as they are asked for."""
    left = ((number, source) for number, source in enumerate(sources) if source.key not in done)
    for kind, group in groupby(left, lambda pair: pair[1].kind):
        for part in in_batches(group, PHOTOS_AT_ONCE if kind == "photo" else 1):
            yield Shard(part[0][0], tuple(source for _, source in part))


def do_shard(make: Callable[[], Analyzer], options: Options, shard: Shard) -> Done:
    """Analyse the sources of one shard."""
    tables: list[pa.Table] = []
    tally = analyze(make(), shard.sources, lambda _, rows: tables.extend(rows), options=options)
    return Done(shard, pa.concat_tables(tables), tally)


def work_of(setup: Setup) -> Work:
    """The work on a shard; every process makes its analyzer once."""
    return partial(do_shard, partial(_analyzer, setup), setup.options)


@cache
def _analyzer(setup: Setup) -> Analyzer:
    return Analyzer(
        setup.model,
        setup.device,
        setup.threads,
        detector=setup.detector,
        min_face=setup.min_face,
        all_units=setup.all_units,
    )


def analyze_shards(
    work: Work,
    sources: Sequence[Source],
    journal: Journal,
    engine: Engine,
    told: Callable[[Done], None] = lambda _: None,
) -> Tally:
    """Have an engine do all shards that the journal does not have, and keep each as it comes.

    This process alone writes: a shard is done when its part has its name, and whatever dies before that is done again.
    """
    total = Tally()
    for done in engine(work, plan(sources, journal.done)):
        journal.keep([source.key for source in done.shard.sources], [done.rows], done.shard.number)
        total.include(done.tally)
        told(done)
    return total
