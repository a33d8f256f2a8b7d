"""Work in processes of this machine, any of which may die: its item is done again by another."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from typing import Any, TypeVar

from mien.errors import MienError

T = TypeVar("T")
R = TypeVar("R")
ATTEMPTS = 3


@dataclass
class _Task:
    """An item and how often it was begun."""

    item: Any
    tries: int = 0


class _Worker:
    """A process and the task that it has in hand."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = get_context("spawn")  # networks do not survive a fork
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        self.process.start()
        theirs.close()
        self.task: _Task | None = None

    def give(self, task: _Task) -> None:
        task.tries += 1
        self.task = task
        with suppress(OSError):  # it is dead: reading its answer will say so
            self.pipe.send(task.item)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def in_processes(work: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """What ``work`` makes of every item, in the order in which it gets done; as many are in hand as there are workers.

    A worker that dies is replaced, and its item is begun again, three times in all; so is one whose work raises.

    Args:
        work: a function of a module, or a ``partial`` of one.
        items: taken as workers get free.
        workers: how many processes.

    Raises:
        MienError: items that could not be done, after all others.
    """
    fresh, again, lost = (_Task(item) for item in items), deque[_Task](), dict[str, str]()
    crew = [_Worker(work) for _ in range(workers)]
    try:
        while True:
            for worker in crew:
                if worker.task is None and (task := again.popleft() if again else next(fresh, None)):
                    worker.give(task)
            busy = {worker.pipe: worker for worker in crew if worker.task is not None}
            if not busy:
                break
            for pipe in connection.wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                good, answer = _answer(worker)
                task, worker.task = worker.task, None
                if not worker.process.is_alive():
                    worker.end()
                    crew[crew.index(worker)] = _Worker(work)
                if good:
                    yield answer
                elif task is not None and task.tries < ATTEMPTS:
                    again.append(task)
                elif task is not None:
                    lost[str(task.item)] = answer
    finally:
        for worker in crew:
            worker.end()
    check_all_done(lost)


def check_all_done(lost: dict[str, str]) -> None:
    """Raise when items were given up: item -> why."""
    if lost:
        item, reason = next(iter(lost.items()))
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise MienError(
            f"Given up after {ATTEMPTS} tries: {item} ({reason}){more}; all others are kept, and the same command "
            f"tries these again"
        )


def _answer(worker: _Worker) -> tuple[bool, Any]:
    """(whether it is done, the result or why there is none)."""
    try:
        good, answer = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return False, f"the process died with {worker.process.exitcode}"
    return bool(good), answer


def _serve(pipe: Any, work: Callable[[Any], Any]) -> None:
    """A worker's life: until its owner closes the pipe, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the owner's to handle
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = True, work(item)
        except Exception as error:  # whatever it is, it belongs to the owner
            answer = False, f"{type(error).__name__}: {error}"
        try:
            pipe.send(answer)
        except OSError:
            return
