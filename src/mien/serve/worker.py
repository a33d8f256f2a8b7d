"""One request at a time through the networks, which use several cores themselves, and few that wait."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from mien.serve.limits import Refused

T = TypeVar("T")
RETRY_AFTER_S = 1


class Worker:
    """A thread for the networks, and a number of places in front of it.

    Args:
        places: requests in the house at one time, from the first byte of their bodies to their answers.
    """

    def __init__(self, places: int) -> None:
        self.places = self.free = places
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mien")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place; to be used in the event loop's own thread.

        Raises:
            Refused: 503, all are taken.
        """
        if not self.free:
            message = f"{self.places} requests are in work or wait already; try again in {RETRY_AFTER_S} s"
            raise Refused(503, message, {"Retry-After": str(RETRY_AFTER_S)})
        self.free -= 1
        try:
            yield
        finally:
            self.free += 1

    async def run(self, work: Callable[[], T]) -> T:
        """The result of ``work``, done in the thread after what came before it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Let the thread go, after what it is doing."""
        self._thread.shutdown(cancel_futures=True)
