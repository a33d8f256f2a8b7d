"""Progress bars and printed lines, shared by the verbs."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

console = Console(stderr=True, highlight=False)
QUIET_EVERY_S = 30.0  # between two lines where stderr is no terminal (a log file, CI) and a bar would be noise


def bars(*more: TextColumn) -> Progress:
    """Progress bars on stderr that go away when they are done; nothing where it is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *more, TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def bar(items: Iterable[Any], what: str, total: int) -> Iterator[Any]:
    """Iterate with a progress bar on stderr; it goes away when it is done."""
    with bars() as shown:
        yield from shown.track(items, total=total, description=what)


@contextmanager
def counting(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar that is moved by calling what it gives; without a total it only shows that work goes on."""
    with bars() as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.advance(task, done)


class TrainingBar:
    """Tells on stderr how training goes; a ``mien.training.loop.Watcher``."""

    def __init__(self) -> None:
        self._bars = bars(TextColumn("{task.fields[rate]:.0f} faces/s, loss {task.fields[loss]:.3f}"))
        self._task: TaskID | None = None
        self._loss = float("nan")
        self._next_line = 0.0

    def say(self, text: str) -> None:
        """Print a line."""
        self._close()
        console.print(text, markup=False, soft_wrap=True)

    def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
        """Move the bar."""
        self._loss = terms.get("loss", self._loss)
        if not console.is_terminal:
            self._line(step, steps, images_per_s)
            return
        if self._task is None:
            self._task = self._bars.add_task("training", total=steps, rate=images_per_s, loss=self._loss)
            self._bars.start()
        self._bars.update(self._task, completed=step, rate=images_per_s, loss=self._loss)
        if step == steps:
            self._close()

    def _line(self, step: int, steps: int, images_per_s: float) -> None:
        now = time.monotonic()
        if (now >= self._next_line and self._loss == self._loss) or step == steps:  # not before a loss is known
            self._next_line = now + QUIET_EVERY_S
            console.print(f"step {step} of {steps}: {images_per_s:.0f} faces/s, loss {self._loss:.3f}", soft_wrap=True)

    def _close(self) -> None:
        if self._task is not None:
            self._bars.stop()
            self._bars.remove_task(self._task)
            self._task = None
