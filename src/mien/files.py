"""Write files so that a reader never meets half of one, and two writers never share a folder."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from uuid import uuid4

from mien.errors import MienError

LOCK_FILE = ".lock"
PARTIAL = ".partial"


@contextmanager
def half_written(path: Path) -> Iterator[Path]:
    """A new folder beside ``path`` for what is to take its place; what is still in it goes when the block ends.

    Missing parent folders are made. After a kill ``locked`` finds it by its name.
    """
    folder = path.with_name(f".{path.name}.{uuid4().hex[:8]}{PARTIAL}")
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, in a folder of its own beside ``path``, whose place it takes when the block ends well.

    A block that fails leaves what stood at ``path`` as it was. A library that puts a temporary file of its own beside
    what it writes, as safetensors does, puts it into that folder, too.

    Raises:
        MienError: the folder cannot be written or the disk is full.
    """
    try:
        with half_written(path) as folder:
            partial = folder / path.name
            yield partial
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> MienError:
    """What to raise when ``path`` cannot be written."""
    reason = error.strerror or error
    return MienError(f"Cannot write {path}: {reason}; check that the folder is writable and the disk not full")


def atomic_write(path: Path, content: bytes | str) -> None:
    """Write ``content`` to ``path``, wholly or not at all; raises as ``replacing``."""
    with replacing(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def locked(folder: Path, advice: str) -> Iterator[None]:
    """``folder``, made when it is not there, for this process alone while the block runs.

    What a killed owner had not written to the end is removed. The lock is the system's own: it ends with the process,
    however that ends. Where a file system or Windows has no such locks, nobody is kept out.

    Args:
        folder: what is locked.
        advice: what somebody should do who finds it in use.

    Raises:
        MienError: another process has it, or the folder cannot be written.
    """
    path = folder / LOCK_FILE
    file = _taken(path, advice)
    try:
        for left in folder.glob(f".*{PARTIAL}"):
            shutil.rmtree(left)
        yield
    finally:
        path.unlink(missing_ok=True)  # before the lock goes: afterwards it may be another's
        file.close()


def _taken(path: Path, advice: str) -> TextIO:
    """The open and locked file at ``path``."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise cannot_write(path, error) from error
        if not _lock(file):
            file.seek(0)
            owner = file.read() or "unknown"
            file.close()
            raise MienError(f"{path.parent} is in use by another run (process {owner}); {advice}")
        if path.exists() and os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            file.truncate(0)
            file.write(f"{os.getpid()} on {platform.node()}")
            file.flush()
            return file
        file.close()  # its owner removed the file between our opening and locking it


def _lock(file: TextIO) -> bool:
    """Whether the file is now ours."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
