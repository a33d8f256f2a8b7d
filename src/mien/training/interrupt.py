"""Ctrl+C, or a cluster's SIGTERM, as a wish: training finishes the update in hand, saves, and says how to go on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether somebody asked training to end.

    Attributes:
        asked: so it is.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def install(self) -> None:
        """Listen, but not to what is ignored; a second signal does at once what it did before."""
        heard = [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
        self._before = {number: signal.signal(number, self._press) for number in heard}

    def remove(self) -> None:
        """Signals do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _press(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        self.remove()


@contextmanager
def asked_to_stop() -> Iterator[Stop]:
    """Within this block the first signal only marks ``Stop.asked``.

    Python gives signals to the main thread alone; in another one nothing changes.
    """
    stop = Stop()
    if current_thread() is main_thread():
        stop.install()
    try:
        yield stop
    finally:
        stop.remove()
