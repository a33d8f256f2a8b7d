"""``mien`` in a process of its own that may take only so much memory; for ``tools/faults.py``. It needs Linux.

    python tools/memory_limits.py BYTES analyze photo.jpg

BYTES are beyond what the process has when it begins; without a limit ('') it says at the end how many it took.
"""

import resource
import subprocess
import sys
from pathlib import Path

from mien.cli import main
from mien.errors import MienError

HUNG_S = 300.0
OUTCOMES = ("finished", "sentence", "traceback", "died", "hung")
TOOK = "bytes taken: "


def outcome(command: list[str], said: Path, more: int | None = None) -> str:
    """How ``mien command`` ends, one of ``OUTCOMES``: well, with a sentence on memory, with a traceback, by a library's
    abort, or not within ``HUNG_S``.

    Args:
        command: arguments of the command line.
        said: gets what it prints.
        more: bytes that it may take beyond what it has at its start; None for no limit.
    """
    limit = "" if more is None else str(more)
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen([sys.executable, __file__, limit, *command], stdout=out, stderr=subprocess.STDOUT)
        try:
            code = process.wait(HUNG_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "hung"
    if code == 0:
        return "finished"
    if code < 0:
        return "died"
    text = said.read_text(encoding="utf-8")
    return "sentence" if "error: " in text and "memory" in text.lower() else "traceback"


def most_taken(command: list[str], said: Path) -> int:
    """Bytes that ``mien command`` takes at its peak beyond what it has at its start.

    Raises:
        MienError: it does not end well.
    """
    how = outcome(command, said)
    text = said.read_text(encoding="utf-8")
    if how != "finished":
        raise MienError(f"mien {' '.join(command)}, which nothing breaks, did not end well: {text}")
    return int(text.rpartition(TOOK)[2])


def _limited(limit: str, command: list[str]) -> None:
    """Be ``mien command`` with so much memory."""
    if command[0] == "train":
        import torch  # noqa: F401  # counts as what it has: an import that fails tells nothing of training
    before = _address_space("VmSize")
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (before + int(limit),) * 2)
    sys.argv = ["mien", *command]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    if not limit:
        print(f"{TOOK}{_address_space('VmPeak') - before}")


def _address_space(kind: str) -> int:
    """Bytes of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


if __name__ == "__main__":
    _limited(sys.argv[1], sys.argv[2:])
