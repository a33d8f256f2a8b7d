"""Write files so that a reader never meets half of one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from mien.errors import MienError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes the place of ``path`` when the block ends well.

    A block that fails leaves what stood at ``path`` as it was. Missing parent folders are made.

    Raises:
        MienError: the folder cannot be written or the disk is full.
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise MienError(
            f"Cannot write {path}: {error.strerror or error}; check that the folder is writable and the disk not full"
        ) from error


def atomic_write(path: Path, content: bytes | str) -> None:
    """Write ``content`` to ``path``, wholly or not at all; raises as ``replacing``."""
    with replacing(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
