"""Analyse many files into one table: goes on after a break, and no bad file ends it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol, TypeVar

import pyarrow as pa

from mien.errors import VideoError
from mien.images import Encoded
from mien.inference.analyzer import Analyzer
from mien.inference.flow import in_batches
from mien.inference.interrupt import Stop, held_back
from mien.inference.results import UNTIMED, Faces
from mien.inference.sources import Source
from mien.inference.stores import brought, is_remote, read_remote
from mien.inference.table import to_arrow
from mien.inference.table_rows import pictures
from mien.inference.video import Frame

T = TypeVar("T")
PHOTOS_AT_ONCE = 200  # what a break may cost
ROWS_AT_ONCE = 1000
TOLD = "path", "frame", "face", "status"  # the columns that say what a row is


class Watcher(Protocol):
    """Who is told how an analysis goes: a progress bar, somebody who draws."""

    def begin(self, source: Source) -> None:
        """A video or camera is next."""

    def found(self, faces: Faces, frame: Frame | None) -> None:
        """One photo (without a frame) or one frame is done."""

    def end(self, source: Source) -> None:
        """The video or camera is done, or broke off."""


Keep = Callable[[Sequence[str], Iterable[pa.Table]], None]
"""Takes the names of whole sources and all their rows."""


@dataclass
class Tally:
    """What an analysis came to.

    Attributes:
        pictures, faces: photos and frames looked at, faces in them.
        failed: path -> why it gave nothing, or not all.
    """

    pictures: int = 0
    faces: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, faces: Faces) -> None:
        """Count one picture."""
        if faces.status.startswith("error"):
            self.failed[faces.path] = faces.status.removeprefix("error: ")
        else:
            self.pictures += 1
            self.faces += len(faces)

    def include(self, other: "Tally") -> None:
        """Count what another analysis came to."""
        self.pictures += other.pictures
        self.faces += other.faces
        self.failed |= other.failed

    @classmethod
    def of(cls, tables: Iterable[pa.Table]) -> "Tally":
        """What rows came to that an earlier run kept; the faces of a picture follow each other."""
        tally, last = cls(), None
        for table in tables:
            for path, frame, face, status in zip(*(table[name].to_pylist() for name in TOLD), strict=True):
                if status.startswith("error"):
                    tally.failed[path] = status.removeprefix("error: ")
                    continue
                tally.pictures += (path, frame) != last
                tally.faces += face is not None
                last = path, frame
        return tally


@dataclass(frozen=True)
class Options:
    """How videos are read; see ``Analyzer.video``."""

    every: int = 1
    smooth_s: float | None = None


def analyze(
    analyzer: Analyzer,
    sources: Sequence[Source],
    keep: Keep,
    watchers: Sequence[Watcher] = (),
    options: Options = Options(),
) -> Tally:
    """Give the rows of every source to ``keep``, photos many at a time, videos one by one.

    A file that cannot be read gives a row whose status says why; so does a video that breaks off, after its frames.
    Ctrl+C raises, but at a camera it ends the session: its rows are kept first, and what comes after it goes on.
    """
    work = _Work(analyzer, watchers, options)
    for kind, group in groupby(sources, lambda source: source.kind):
        if kind == "photo":
            for part in in_batches(group, PHOTOS_AT_ONCE):
                keep([source.key for source in part], _rows(work.photos(_picture(source.name) for source in part)))
            continue
        for source in group:
            if kind == "rows":
                keep([source.key], _rows(work.photos(pictures(source.name, source.start, source.stop))))
                continue
            with held_back() if kind == "webcam" else nullcontext() as stop:
                keep([source.key], _rows(work.video(source, stop)))
    return work.tally


def _picture(name: str) -> str | Encoded:
    """A photo as the analyzer takes it."""
    return Encoded(name, read_remote(name)) if is_remote(name) else name


class _Work:
    """Runs the analyzer, and tells everybody."""

    def __init__(self, analyzer: Analyzer, watchers: Sequence[Watcher], options: Options) -> None:
        self.analyzer, self.watchers, self.options, self.tally = analyzer, watchers, options, Tally()

    def photos(self, pictures: Iterable[str | Encoded]) -> Iterator[Faces]:
        for faces in self.analyzer.images(pictures):
            yield self._told(faces, None)

    def video(self, source: Source, stop: Stop | None) -> Iterator[Faces]:
        for watcher in self.watchers:
            watcher.begin(source)
        try:
            with brought(source.name) as here:
                yield from self._frames(source, here, stop)
        finally:
            for watcher in self.watchers:
                watcher.end(source)

    def _frames(self, source: Source, here: str, stop: Stop | None) -> Iterator[Faces]:
        index = UNTIMED
        place = here if stop is None else source.camera
        frames = self.analyzer.frames(place, every=self.options.every, smooth_s=self.options.smooth_s)
        try:
            for frame, faces in frames if stop is None else _until(stop, frames):
                index = faces.index
                yield self._told(replace(faces, path=source.name) if here != source.name else faces, frame)
        except VideoError as error:
            reason = str(error).replace(here, source.name)
            broken = self.analyzer.nobody(path=source.name, status=f"error: {reason}", index=index)
            self.tally.add(broken)
            yield broken

    def _told(self, faces: Faces, frame: Frame | None) -> Faces:
        self.tally.add(faces)
        for watcher in self.watchers:
            watcher.found(faces, frame)
        return faces


def _until(stop: Stop, frames: Iterator[T]) -> Iterator[T]:
    """The frames of a camera until Ctrl+C."""
    try:
        while not stop.asked:
            with stop.at_once():
                frame = next(frames, None)
            if frame is None:
                return
            yield frame
    except KeyboardInterrupt:
        return


def _rows(stream: Iterable[Faces]) -> Iterator[pa.Table]:
    """Rows in pieces of a size that Arrow likes."""
    for group in in_batches(stream, ROWS_AT_ONCE, ROWS_AT_ONCE, lambda faces: max(1, len(faces))):
        yield to_arrow(*group)
