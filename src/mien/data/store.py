"""A table's faces, decoded and cut once, in memory-mapped arrays: what training reads.

Decoding and cutting at every epoch would cost more than the augmentation and the batch together. The arrays lie in a
cache on disk and are mapped, not loaded: memory does not grow with the table, and several runs share one copy.
"""

import csv
import json
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from mien.data.targets import Labels
from mien.errors import TableError
from mien.files import cannot_write, half_written
from mien.labels import LabelSet
from mien.preprocessing import Image


class Skipped(NamedTuple):
    """A row whose picture could not be read."""

    row: int
    reason: str


@dataclass(frozen=True)
class Store:
    """Faces and labels of the rows of one split of one database.

    Attributes:
        name: the database.
        images: (n, S, S, 1 or 3) uint8, S = size + 2 pad.
        labels: targets and masks, per task (n, labels).
        rows: (n,) row numbers in the table.
        skipped: rows left out because their picture is broken.
    """

    name: str
    images: npt.NDArray[np.uint8]
    labels: Labels
    rows: npt.NDArray[np.int64]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return len(self.rows)


def cache_folder() -> Path:
    """Where prepared faces are kept: ``$MIEN_CACHE``, else the user's cache folder. It may be deleted at any time."""
    chosen = os.environ.get("MIEN_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(chosen) if chosen else home / "mien"


def is_complete(folder: Path) -> bool:
    """Whether ``folder`` holds a store."""
    return (folder / "info.json").exists()


def open_store(folder: Path, name: str, tasks: Sequence[str]) -> Store:
    """Map a store's arrays; nothing is read yet.

    Raises:
        TableError: a file of it is missing or was cut short.
    """
    try:
        return _mapped(folder, name, tasks)
    except (OSError, ValueError, KeyError) as error:
        raise TableError(
            f"{name}: the prepared faces in {folder} are broken ({error}); delete that folder, and they are made again"
        ) from None


def _mapped(folder: Path, name: str, tasks: Sequence[str]) -> Store:
    rows = json.loads((folder / "info.json").read_text())["rows"]

    def array(part: str) -> npt.NDArray[Any]:
        mapped = np.load(folder / f"{part}.npy", mmap_mode="r", allow_pickle=False)
        if hasattr(mmap, "MADV_RANDOM"):
            mapped._mmap.madvise(mmap.MADV_RANDOM)  # rows are drawn at random: reading ahead would read for nothing
        return np.asarray(mapped[:rows])

    labels = Labels({t: array(f"target_{t}") for t in tasks}, {t: array(f"mask_{t}") for t in tasks})
    with (folder / "skipped.csv").open(newline="") as file:
        skipped = tuple(Skipped(int(row), reason) for row, reason in csv.reader(file))
    return Store(name, array("images"), labels, array("rows"), skipped)


@contextmanager
def new_store(folder: Path) -> Iterator[Path]:
    """A folder to build a store in, renamed to ``folder`` when the block ends well: all or nothing.

    Raises:
        MienError: the cache cannot be written or the disk is full.
    """
    try:
        with half_written(folder) as partial:
            yield partial
            try:
                partial.rename(folder)
            except OSError:
                if not is_complete(folder):  # else another process was faster, with the same content
                    raise
    except OSError as error:
        raise cannot_write(folder, error) from error


class StoreWriter:
    """Fills the arrays of a store, batch after batch.

    Args:
        folder: an empty folder.
        rows: how many rows there can be at most.
        labels: the label set of the targets.
        face: (S, S, channels) of one face.
    """

    def __init__(self, folder: Path, rows: int, labels: LabelSet, face: tuple[int, int, int]) -> None:
        shapes: dict[str, tuple[tuple[int, ...], Any]] = {
            "images": ((rows, *face), np.uint8),
            "rows": ((rows,), np.int64),
            **{f"target_{task}": ((rows, len(names)), np.float32) for task, names in labels.items()},
            **{f"mask_{task}": ((rows, len(names)), np.bool_) for task, names in labels.items()},
        }
        self._folder = folder
        self._arrays = {
            part: open_memmap(folder / f"{part}.npy", mode="w+", dtype=dtype, shape=shape)
            for part, (shape, dtype) in shapes.items()
        }
        for part in shapes:
            _reserve(folder / f"{part}.npy")
        self._skipped: list[Skipped] = []
        self._next = 0

    def add(self, rows: npt.NDArray[np.int64], faces: Sequence[Image | Skipped], found: Labels) -> None:
        """Append the faces that could be read, and note the others."""
        good = [i for i, face in enumerate(faces) if not isinstance(face, Skipped)]
        self._skipped += [face for face in faces if isinstance(face, Skipped)]
        if not good:
            return
        here = slice(self._next, self._next + len(good))
        self._arrays["images"][here] = np.stack([np.asarray(faces[i]) for i in good])
        self._arrays["rows"][here] = rows[good]
        for kind, arrays in (("target", found.target), ("mask", found.mask)):
            for task, values in arrays.items():
                self._arrays[f"{kind}_{task}"][here] = values[good]
        self._next = here.stop

    def finish(self) -> None:
        """Write what is still in memory; the store is complete after this."""
        for array in self._arrays.values():
            array.flush()
        with (self._folder / "skipped.csv").open("w", newline="") as file:
            csv.writer(file).writerows(self._skipped)
        (self._folder / "info.json").write_text(json.dumps({"rows": self._next}))


def _reserve(path: Path) -> None:
    """Take a file's room on the disk now: writing through a map to a full disk would end the process without a word."""
    if hasattr(os, "posix_fallocate") and (size := path.stat().st_size):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)
