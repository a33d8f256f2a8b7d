"""How an analysis looks in a terminal: a bar while it runs, and what it found when nothing is written."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from rich.progress import TaskID, TextColumn

from mien.cli.bars import QUIET_EVERY_S, bars, console
from mien.cli.tables import print_grid

if TYPE_CHECKING:
    import pyarrow as pa

    from mien.inference.results import Faces
    from mien.inference.sources import Source
    from mien.inference.video import Frame

ROWS_SHOWN = 20
COLUMNS = ("picture", "time", "face", "expression", "action units", "valence", "arousal", "status")


class AnalysisBar:
    """A bar over all photos and one per video, with faces per second; a ``mien.inference.job.Watcher``.

    Where stderr is no terminal it prints a line every half minute instead.
    """

    def __init__(self, sources: "Sequence[Source]") -> None:
        self._bars = bars(TextColumn("{task.fields[rate]:.0f} faces/s"))
        self._photos = sum(1 if s.kind == "photo" else s.stop - s.start for s in sources)
        self._photos_done = 0
        self._task: TaskID | None = None
        self._begun = time.monotonic()
        self._next_line = self._begun + QUIET_EVERY_S
        self._faces = self._pictures = 0

    def begin(self, source: "Source") -> None:
        """A bar for a video; how long it is stands in its header, and may be wrong."""
        from mien.errors import VideoError
        from mien.inference.video import video_info

        self._stop()
        total: int | None = None
        if source.kind == "video":
            try:
                total = video_info(source.name).frames or None
            except VideoError:
                return  # reading it will say why
        self._start(source.name, total)

    def found(self, faces: "Faces", frame: "Frame | None") -> None:
        """Move the bar."""
        if self._task is None:
            self._start("photos", self._photos)
        self._photos_done += frame is None
        self._pictures, self._faces = self._pictures + 1, self._faces + len(faces)
        now = time.monotonic()
        rate = self._faces / max(now - self._begun, 1e-9)
        if self._task is not None:
            done = frame.index + 1 if frame is not None else self._photos_done
            self._bars.update(self._task, completed=done, rate=rate)
        if not console.is_terminal and now >= self._next_line:
            self._next_line = now + QUIET_EVERY_S
            console.print(f"{self._pictures} pictures, {self._faces} faces, {rate:.0f} faces/s", soft_wrap=True)

    def end(self, source: "Source") -> None:
        """Take the video's bar away."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Take the last bar away, so that the terminal is as it was."""
        self._stop()

    def _start(self, what: str, total: int | None) -> None:
        self._task = self._bars.add_task(what, total=total, rate=0.0)
        self._bars.start()

    def _stop(self) -> None:
        if self._task is not None:
            self._bars.stop()
            self._bars.remove_task(self._task)
            self._task = None


class Shown:
    """Keeps the first rows of an analysis to print them; ``thresholds`` are the model's own, per action unit."""

    def __init__(self, thresholds: Mapping[str, float]) -> None:
        self._thresholds = thresholds
        self._rows: list[dict[str, object]] = []
        self._more = 0

    def keep(self, sources: Sequence[str], tables: "Iterable[pa.Table]") -> None:
        """As a journal does."""
        for table in tables:
            room = ROWS_SHOWN - len(self._rows)
            self._rows += table.slice(0, room).to_pylist()
            self._more += max(0, table.num_rows - room)

    def show(self) -> None:
        """The rows as a table: who, where, what."""
        print_grid("Faces", [COLUMNS, *(_summary(row, self._thresholds) for row in self._rows)])
        if self._more:
            console.print(f"{self._more} more rows; -o table.csv keeps them all", markup=False)


def _summary(row: "dict[str, object]", thresholds: Mapping[str, float]) -> list[object]:
    from mien.inference.results import PRESENT_FROM
    from mien.labels import ACTION_UNITS

    expression = row.get("expression")
    limits = {name: thresholds.get(name, PRESENT_FROM) for name in ACTION_UNITS}
    units = [name for name, limit in limits.items() if isinstance(p := row.get(name), float) and p >= limit]
    sure = f"{expression} {row[str(expression)]:.0%}" if expression else None
    where = [row["path"], row["time_s"], row["face"]]
    return [*where, sure, " ".join(units) or None, row.get("valence"), row.get("arousal"), row["status"]]
