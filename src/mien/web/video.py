"""A visitor's video: annotated with its own timing and sound, as time lines, tables and a report."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup
from matplotlib.figure import Figure

from mien.analysis.overview import overview
from mien.analysis.table import check_analysis, labels_in, people_in
from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.inference.annotate import Annotator
from mien.inference.job import Options, analyze
from mien.inference.results import Faces
from mien.inference.sources import Source
from mien.inference.video import Frame, video_info
from mien.report.analysis_page import write_analysis_page
from mien.report.drawing import to_svg
from mien.report.timeline import au_timeline, clock, expression_timeline, va_timeline
from mien.web.answer import TEMPLATES, Answer, refusal, write_all
from mien.web.limits import Limits

PEOPLE = 4  # whose time lines are shown: those seen longest; the report has more


class Stopped(MienError):
    """Nobody waits for the video any more."""


@dataclass
class _Progress:
    """Tells how far a video is, and ends it when it is too long or no longer wanted; a ``Watcher``."""

    name: str
    seconds: float
    limits: Limits
    tell: Callable[[float, str], None]
    wanted: Callable[[], bool]
    faces: int = field(default=0, init=False)

    def begin(self, source: Source) -> None:
        """A video begins."""

    def found(self, faces: Faces, frame: Frame | None) -> None:
        """Tell of a frame."""
        time_s = faces.index[1]
        self.limits.check_time(self.name, time_s)
        if not self.wanted():
            raise Stopped(f"{self.name}: stopped at {clock(time_s)}")
        self.faces += len(faces)
        share = min(time_s / self.seconds, 1.0) if self.seconds else 0.0
        self.tell(share, f"{clock(round(time_s))} of {clock(round(self.seconds))}, {self.faces} faces so far")

    def end(self, source: Source) -> None:
        """A video ends."""


def read_video_file(
    analyzer: Analyzer,
    video: Path,
    folder: Path,
    limits: Limits,
    options: Options,
    tell: Callable[[float, str], None] = lambda share, text: None,
    wanted: Callable[[], bool] = lambda: True,
) -> Answer:
    """Read a video; what is made of it is written to ``folder``. A bad file gives an answer that says so.

    Args:
        tell: called after every frame with the share that is done and a text.
        wanted: asked after every frame; False ends the work.
    """
    try:
        limits.check_video(video)
        progress = _Progress(video.name, video_info(video).duration_s, limits, tell, wanted)
        tables, broken = _analyzed(analyzer, video, folder, options, progress)
        tell(1.0, "drawing time lines")
        return _answer(tables, broken, video, folder)
    except MienError as error:
        return refusal(error, video)


def _analyzed(
    analyzer: Analyzer, video: Path, folder: Path, options: Options, progress: _Progress
) -> tuple[list[pa.Table], list[str]]:
    """The video's rows, and what is wrong with it; an annotated copy is written to ``folder / "annotated"``."""
    parts: list[pa.Table] = []

    def keep(sources: Sequence[str], tables: Iterable[pa.Table]) -> None:
        parts.extend(_named(table, video) for table in tables)

    source = Source("video", str(video))
    tally = analyze(analyzer, [source], keep, [Annotator(folder / "annotated", [source]), progress], options)
    broken = list(tally.failed.values())
    if not tally.pictures:
        raise MienError(broken[0])
    return parts, [why.replace(str(video), video.name) for why in broken]


def _answer(tables: list[pa.Table], broken: list[str], video: Path, folder: Path) -> Answer:
    rows = check_analysis(pa.concat_tables(tables), video.name)
    report = write_analysis_page(rows, folder / f"{video.stem}.html", video.name, video.parent).path
    html = TEMPLATES.get_template("video.html").render(
        name=video.name, counts=overview(rows), broken=broken, people=_people(rows)
    )
    annotated = next((folder / "annotated").glob("*.mp4"))
    return Answer(html, "", annotated, write_all(tables, folder / video.stem), report)


def _named(table: pa.Table, video: Path) -> pa.Table:
    """The rows under the visitor's name of the file, not under the place where it lies here."""
    names = pa.array([video.name] * len(table))
    reasons = pc.replace_substring(table["status"], str(video), video.name)
    for column, values in (("path", names), ("status", reasons)):
        place = table.column_names.index(column)
        table = table.set_column(place, table.schema.field(column), values)
    return table


class Shown(NamedTuple):
    """A person on the page: who, when, and the time lines."""

    title: str
    facts: str
    plots: list[Markup]


def _people(rows: pd.DataFrame) -> list[Shown]:
    seen_longest = islice(people_in(rows).items(), PEOPLE)
    return [
        Shown(
            f"Person {number}",
            f"track {person.track}: {len(seen):,} frames from {clock(seen['time_s'].min())} "
            f"to {clock(seen['time_s'].max())}",
            [to_svg(figure) for figure in _lines(seen)],
        )
        for number, (person, seen) in enumerate(seen_longest, start=1)
    ]


def _lines(rows: pd.DataFrame) -> Iterator[Figure]:
    labels = labels_in(rows)
    if "expression" in labels:
        yield expression_timeline(rows)
    if units := [task for task in ("au", "au_intensity") if task in labels]:
        yield au_timeline(rows, task=units[0])
    if "va" in labels:
        yield va_timeline(rows)
