"""``mien`` in a process of its own that may take only so much memory; for ``tools/faults.py``. It needs Linux."""

import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

from mien.cli import main
from mien.errors import MienError

HUNG_S = 300.0
OUTCOMES = ("finished", "sentence", "traceback", "died", "hung")


def outcome(command: list[str], said: Path, more: int | None = None) -> str:
    """How ``mien command`` ends, one of ``OUTCOMES``: well, with a sentence on memory, with a traceback, by a library's
    abort, or not within ``HUNG_S``.

    Args:
        command: arguments of the command line.
        said: gets what it prints.
        more: bytes that it may take beyond what this process has; None for no limit.
    """
    child = _begin(command, said, more)
    status, _ = _wait(child)
    if status is None:
        return "hung"
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return "finished"
    if code < 0:
        return "died"
    return "sentence" if "error: " in said.read_text() and "memory" in said.read_text().lower() else "traceback"


def most_taken(command: list[str], said: Path) -> int:
    """Bytes that ``mien command`` takes at its peak beyond what this process has.

    Raises:
        MienError: it does not end well.
    """
    before = _address_space("self", "VmSize")
    status, peak = _wait(_begin(command, said, None))
    if status != 0:
        raise MienError(f"mien {' '.join(command)}, which nothing breaks, did not end well: {said.read_text()}")
    return peak - before


def _begin(command: list[str], said: Path, more: int | None) -> int:
    """Start it in a fork, and give its number."""
    if child := os.fork():
        return child
    code = 1
    try:
        sys.stdout = sys.stderr = said.open("w", encoding="utf-8", buffering=1)
        for number in (1, 2):
            os.dup2(sys.stderr.fileno(), number)  # libraries write there by themselves
        if more is not None:
            limit = _address_space("self", "VmSize") + more
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        sys.argv = ["mien", *command]
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _wait(child: int) -> tuple[int | None, int]:
    """A process's status, None where it hung and was killed, and the most address space that it was seen to have."""
    deadline, peak = time.monotonic() + HUNG_S, 0
    while time.monotonic() < deadline:
        peak = max(peak, _address_space(str(child), "VmPeak"))
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status, peak
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None, peak


def _address_space(process: str, kind: str) -> int:
    """Bytes; 0 of a process that has ended."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return 1024 * int(line.split()[1])
    return 0
