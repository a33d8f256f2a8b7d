"""Pictures that are on two sides: exact and near copies between the splits of a table, or between two tables."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

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
THRESHOLD = 0.97  # on FER2013, every pair looked at above it was the same photo
BLOCK = 2048  # thumbnails per side of one matrix product: 16 MB of similarities at a time
LISTED = 100_000  # pairs kept, the most similar of those found first; the counts go on
READ_ROWS = 256


class Pair(NamedTuple):
    """Two rows with the same picture, or nearly so. ``exact``: every pixel is equal."""

    row_a: int
    row_b: int
    split_a: str
    split_b: str
    similarity: float
    exact: bool


@dataclass(frozen=True)
class Between:
    """Copies between two splits: pairs, and how many different rows of either side are in one."""

    split_a: str
    split_b: str
    exact: int
    near: int
    rows_a: int
    rows_b: int


@dataclass(frozen=True)
class Leaks:
    """Copies that were found.

    Attributes:
        threshold: pairs above this similarity count as near copies.
        between: counts for each two splits that were compared.
        pairs: the pairs, the most similar first, at most ``LISTED``.
        unreadable: rows left out because their picture cannot be read.
    """

    threshold: float
    between: tuple[Between, ...]
    pairs: tuple[Pair, ...]
    unreadable: tuple[int, ...] = field(default=())

    @property
    def exact(self) -> int:
        """Pairs of equal pictures."""
        return sum(count.exact for count in self.between)

    @property
    def near(self) -> int:
        """Pairs of nearly equal pictures."""
        return sum(count.near for count in self.between)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists, for JSON."""
        pairs = [pair._asdict() for pair in self.pairs]
        return {**asdict(self), "pairs": pairs, "exact": self.exact, "near": self.near}


def find_leaks(
    table_a: LabelTable,
    table_b: LabelTable | None = None,
    threshold: float = THRESHOLD,
    advance: Callable[[int], object] = lambda rows: None,
) -> Leaks:
    """Find pictures that two splits of a table share, or two tables.

    A picture is reduced to a grey thumbnail of 16x16 pixels by area; the similarity of two is the correlation of
    their thumbnails, 1 for equal ones whatever their brightness and contrast. Memory holds 1 KB per row and one block
    of similarities. A thumbnail of one grey is like no other, but an exact copy is found by the hash of its pixels.

    Args:
        table_a: its splits are compared with each other; rows without a split are one more group, ``none``.
        table_b: with it, every split of ``table_a`` is compared with every split of ``table_b`` instead.
        threshold: pairs above it are near copies; -1 to 1.
        advance: called with the number of rows after each batch of pictures read, for a progress bar.

    Raises:
        TableError: a table has no pictures, or one table has fewer than two splits.
    """
    prints_a = _read(table_a, advance)
    prints_b = prints_a if table_b is None else _read(table_b, advance)
    if table_b is None:
        if len(prints_a.groups) < 2:
            raise TableError(
                f"{table_a.name}: leaks are looked for between splits, found {' '.join(prints_a.groups) or 'no rows'}; "
                f"give the table splits with 'mien table split', or name a second table"
            )
        compared = list(combinations(prints_a.groups, 2))
    else:
        compared = list(product(prints_a.groups, prints_b.groups))
    found = [_compare(prints_a, a, prints_b, b, threshold) for a, b in compared]
    pairs = sorted((pair for f in found for pair in f.pairs), key=lambda pair: (not pair.exact, -pair.similarity))
    unreadable = (*prints_a.unreadable, *(prints_b.unreadable if table_b is not None else ()))
    return Leaks(threshold, tuple(f.counts() for f in found), tuple(pairs[:LISTED]), unreadable)


@dataclass
class _Prints:
    """Thumbnails (n, 256) of norm 1, hashes (n,) of the pixels, and the rows of each split."""

    thumbnails: FloatArray
    hashes: npt.NDArray[np.uint64]
    groups: dict[str, IntArray]
    unreadable: list[int]


@dataclass
class _Found:
    """The pairs of two splits."""

    split_a: str
    split_b: str
    exact: int = 0
    near: int = 0
    rows_a: set[int] = field(default_factory=set)
    rows_b: set[int] = field(default_factory=set)
    pairs: list[Pair] = field(default_factory=list)

    def add(self, rows_a: IntArray, rows_b: IntArray, similarity: FloatArray, exact: bool) -> None:
        if exact:
            self.exact += len(rows_a)
        else:
            self.near += len(rows_a)
        self.rows_a.update(rows_a.tolist())
        self.rows_b.update(rows_b.tolist())
        room = LISTED - len(self.pairs)
        listed = zip(rows_a[:room].tolist(), rows_b[:room].tolist(), similarity[:room].tolist(), strict=True)
        self.pairs += [Pair(a, b, self.split_a, self.split_b, value, exact) for a, b, value in listed]

    def counts(self) -> Between:
        return Between(self.split_a, self.split_b, self.exact, self.near, len(self.rows_a), len(self.rows_b))


def _read(table: LabelTable, advance: Callable[[int], object]) -> _Prints:
    columns = [name for name in ("image", "path", "split") if name in table.columns]
    if "image" not in columns and "path" not in columns:
        raise TableError(f"{table.name}: no column 'image' or 'path', so there are no pictures to compare")
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
                groups[given.get("split") or "none"].append(row)
            except ImageError:
                unreadable.append(row)
            row += 1
        advance(batch.num_rows)
    return _Prints(thumbnails, hashes, {name: np.array(rows) for name, rows in groups.items()}, unreadable)


def _open(given: dict[str, Any], root: Path | None) -> Image:
    if given.get("image"):
        return read_image(given["image"])
    if given.get("path"):
        return read_image((root or Path()) / given["path"])
    raise ImageError("the row has neither image nor path")


def thumbnail(image: Image) -> FloatArray:
    """(256,) values of mean 0 and norm 1, so that the dot product of two is their correlation; 0 for one grey."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel()
    small -= small.mean()
    norm = float(np.linalg.norm(small))
    return np.asarray(small / norm if norm > 1e-3 else np.zeros_like(small), dtype=np.float32)


def _hash(image: Image) -> int:
    digest = blake2b(repr(image.shape).encode(), digest_size=8)
    digest.update(image.tobytes())
    return int.from_bytes(digest.digest())


def _compare(prints_a: _Prints, a: str, prints_b: _Prints, b: str, threshold: float) -> _Found:
    """All pairs of split ``a`` and split ``b``."""
    rows_a, rows_b = prints_a.groups[a], prints_b.groups[b]
    found = _Found(a, b)
    for left, right in _equal(prints_a, rows_a, prints_b, rows_b):
        found.add(left, right, np.ones(len(left), np.float32), exact=True)
    for left, right, similarity in _near(prints_a, rows_a, prints_b, rows_b, threshold):
        near = prints_a.hashes[left] != prints_b.hashes[right]
        found.add(left[near], right[near], similarity[near], exact=False)
    return found


def _near(
    a: _Prints, rows_a: IntArray, b: _Prints, rows_b: IntArray, threshold: float
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Pairs above ``threshold``, block by block: rows of a, rows of b, and similarities."""
    for start_a in range(0, len(rows_a), BLOCK):
        block_a = rows_a[start_a : start_a + BLOCK]
        left = a.thumbnails[block_a]
        for start_b in range(0, len(rows_b), BLOCK):
            block_b = rows_b[start_b : start_b + BLOCK]
            similarity = left @ b.thumbnails[block_b].T
            if similarity.max() > threshold:
                i, j = np.nonzero(similarity > threshold)
                yield block_a[i], block_b[j], similarity[i, j]


def _equal(a: _Prints, rows_a: IntArray, b: _Prints, rows_b: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs with equal pixels, one group of equal pictures at a time."""
    by_hash: dict[int, list[int]] = defaultdict(list)
    for row in rows_b[np.isin(b.hashes[rows_b], a.hashes[rows_a])].tolist():
        by_hash[int(b.hashes[row])].append(row)
    for row in rows_a[np.isin(a.hashes[rows_a], b.hashes[rows_b])].tolist():
        same = np.array(by_hash[int(a.hashes[row])])
        yield np.full(len(same), row), same
