"""Stages that work at the same time: each runs ahead of the next by a bounded number of items."""

from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")
_POLL_S = 0.1  # how soon a stage notices that nobody wants its items any more, or that nobody makes any


class _End:
    """The last item of a queue: the stage is done, or failed with ``error``."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(items: Iterable[T], depth: int) -> Iterator[T]:
    """The same items in the same order, made in a thread of its own that is at most ``depth`` items ahead.

    An exception of ``items`` is raised here, after the items before it. When the consumer stops, so does the thread.
    """
    queue: Queue[Any] = Queue(depth)
    unwanted = Event()

    def put(item: Any) -> bool:
        while not unwanted.is_set():
            try:
                queue.put(item, timeout=_POLL_S)
            except Full:
                continue
            return True
        return False

    def work() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                if not put(item):
                    break
            else:
                put(_End())
        except BaseException as error:  # whatever it is, it belongs to the consumer
            put(_End(error))
        finally:
            if hasattr(iterator, "close"):
                iterator.close()  # files are closed by the thread that opened them

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while not isinstance(item := _next(queue, thread), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        unwanted.set()
        thread.join()


def _next(queue: Queue[Any], thread: Thread) -> Any:
    """The next item. A thread for which there is no memory may die without a word.

    Raises:
        MemoryError: so it was.
    """
    while True:
        alive = thread.is_alive()  # asked before the queue: what it left there counts
        try:
            return queue.get(timeout=_POLL_S)
        except Empty:
            if not alive:
                raise MemoryError("a thread died of it") from None


def in_batches(
    items: Iterable[T], most: int, budget: float = float("inf"), cost: Callable[[T], float] = lambda item: 0.0
) -> Iterator[list[T]]:
    """Lists of at most ``most`` items whose ``cost`` adds up to at most ``budget``; a dearer item stands alone.

    An exception of ``items`` is raised here, after the items before it.

    >>> list(in_batches([1, 1, 5, 1], most=3, budget=5, cost=float))
    [[1, 1], [5], [1]]
    """
    batch: list[T] = []
    spent = 0.0
    source = iter(items)
    broken: Exception | None = None
    while True:
        try:
            item = next(source)
        except StopIteration:
            break
        except Exception as error:  # the items before it are good: they come first
            broken = error
            break
        price = cost(item)
        if batch and (len(batch) == most or spent + price > budget):
            yield batch
            batch, spent = [], 0.0
        batch.append(item)
        spent += price
    if batch:
        yield batch
    if broken is not None:
        raise broken
