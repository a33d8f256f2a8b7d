"""What is compared of a picture to find its copies: a small grey thumbnail, and a hash of its pixels."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mien.data.table import LabelTable
from mien.errors import ImageError, TableError
from mien.images import read_image
from mien.preprocessing import Image

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

SIDE = 16  # side of the thumbnails in pixels
READ_ROWS = 256


@dataclass(frozen=True)
class Prints:
    """Thumbnails (n, 256) of norm 1 and hashes (n,) of the pixels; the rows of each group, and those not readable."""

    thumbnails: FloatArray
    hashes: npt.NDArray[np.uint64]
    groups: dict[str, IntArray]
    unreadable: tuple[int, ...]


def read_prints(table: LabelTable, by: str, advance: Callable[[int], object]) -> Prints:
    """The prints of every picture of a table, grouped by a column; rows without a value there are ``none``.

    Raises:
        TableError: the table has no pictures, or no column ``by``.
    """
    if "image" not in table.columns and "path" not in table.columns:
        raise TableError(f"{table.name}: no column 'image' or 'path', so there are no pictures to compare")
    if by != "split":
        table.require([by])
    columns = [name for name in ("image", "path", by) if name in table.columns]
    thumbnails = np.zeros((len(table), SIDE * SIDE), np.float32)
    hashes = np.zeros(len(table), np.uint64)
    groups: dict[str, list[int]] = defaultdict(list)
    unreadable = []
    row = 0
    for batch in table.stream(columns, rows=READ_ROWS):
        for given in batch.to_pylist():
            try:
                image = _open(given, table.root)
                thumbnails[row], hashes[row] = thumbnail(image), _hash(image)
                groups["none" if given.get(by) is None else str(given[by])].append(row)
            except ImageError:
                unreadable.append(row)
            row += 1
        advance(batch.num_rows)
    return Prints(thumbnails, hashes, {name: np.array(rows) for name, rows in groups.items()}, tuple(unreadable))


def thumbnail(image: Image) -> FloatArray:
    """(256,) values of mean 0 and norm 1, so that the dot product of two is their correlation; 0 for one grey."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel()
    small -= small.mean()
    norm = float(np.linalg.norm(small))
    return np.asarray(small / norm if norm > 1e-3 else np.zeros_like(small), dtype=np.float32)


def mirrored(thumbnails: FloatArray) -> FloatArray:
    """Thumbnails (n, 256) with left and right exchanged."""
    return thumbnails.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(-1, SIDE * SIDE)


def _open(given: dict[str, Any], root: Path | None) -> Image:
    if given.get("image"):
        return read_image(given["image"])
    if given.get("path"):
        return read_image((root or Path()) / given["path"])
    raise ImageError("the row has neither image nor path")


def _hash(image: Image) -> int:
    digest = blake2b(repr(image.shape).encode(), digest_size=8)
    digest.update(image.tobytes())
    return int.from_bytes(digest.digest())
