"""Ctrl+C as the way to end a camera session: at once while it waits for a frame, else when the work in hand is done."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


class Stop:
    """What Ctrl+C came to.

    Attributes:
        asked: whether it was pressed.
    """

    def __init__(self) -> None:
        self.asked = self._may_raise = False

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Here Ctrl+C raises ``KeyboardInterrupt``, as always."""
        self._may_raise = True
        try:
            yield
        finally:
            self._may_raise = False

    def press(self, number: int, frame: FrameType | None) -> None:
        """Python calls this at Ctrl+C."""
        self.asked = True
        if self._may_raise:
            raise KeyboardInterrupt


@contextmanager
def held_back() -> Iterator[Stop]:
    """Within this block Ctrl+C breaks off only what stands under ``Stop.at_once``; the rest must look at ``asked``.

    Python gives Ctrl+C to the main thread alone; in another one, and where it is ignored, nothing changes.
    """
    stop = Stop()
    before = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or before in (signal.SIG_IGN, None):
        yield stop
        return
    signal.signal(signal.SIGINT, stop.press)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
