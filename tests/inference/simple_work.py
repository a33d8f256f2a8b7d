"""Work without any import, for processes that start quickly."""

import os
import signal
from pathlib import Path


def double(item: int) -> int:
    return 2 * item


def fails_on_three(marks: Path, item: int) -> int:
    """Raises on 3 always and on 1 at the first try; dies on 5 at the first try."""
    mark = marks / str(item)
    first = not mark.exists()
    mark.touch()
    if item == 3 or (item == 1 and first):
        raise ValueError("no such number")
    if item == 5 and first:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * item
