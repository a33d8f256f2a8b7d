"""Pictures that are on two sides: exact, near and mirrored copies, between the splits of a table or two tables."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import combinations, product
from typing import Any, Literal, NamedTuple

import numpy as np

from mien.data.prints import FloatArray, IntArray, Prints, mirrored, read_prints
from mien.data.table import LabelTable
from mien.errors import TableError

Kind = Literal["exact", "near", "mirrored"]
KINDS: tuple[Kind, ...] = ("exact", "near", "mirrored")
THRESHOLD = 0.97  # on FER2013, every pair looked at above it was the same photo
BLOCK = 2048  # thumbnails per side of one matrix product: 16 MB of similarities at a time
LISTED = 100_000  # pairs kept, the most similar of those found first; the counts go on


class Pair(NamedTuple):
    """Two rows with the same picture: every pixel ``exact``, ``near``ly so, or nearly so when one is ``mirrored``."""

    row_a: int
    row_b: int
    split_a: str
    split_b: str
    similarity: float
    kind: Kind


@dataclass(frozen=True)
class Between:
    """Copies between two splits: pairs of each kind, and how many different rows of either side are in one."""

    split_a: str
    split_b: str
    exact: int
    near: int
    mirrored: int
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

    @property
    def mirrored(self) -> int:
        """Pairs of pictures of which one is the mirror image of the other."""
        return sum(count.mirrored for count in self.between)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists, for JSON."""
        pairs = [pair._asdict() for pair in self.pairs]
        return {**asdict(self), "pairs": pairs, "exact": self.exact, "near": self.near, "mirrored": self.mirrored}


def find_leaks(
    table_a: LabelTable,
    table_b: LabelTable | None = None,
    threshold: float = THRESHOLD,
    advance: Callable[[int], object] = lambda rows: None,
    by: str = "split",
    within: bool = False,
) -> Leaks:
    """Find pictures that two splits of a table share, or two tables.

    A picture is reduced to a grey thumbnail of 16x16 pixels by area; the similarity of two is the correlation of
    their thumbnails, 1 for equal ones whatever their brightness and contrast. A mirrored copy is alike only when one
    of the two is turned: networks that train on flipped faces have seen it. Memory holds 1 KB per row and one block
    of similarities. A thumbnail of one grey is like no other, but an exact copy is found by the hash of its pixels.

    Args:
        table_a: its splits are compared with each other; rows without a split are one more group, ``none``.
        table_b: with it, every split of ``table_a`` is compared with every split of ``table_b`` instead.
        threshold: pairs above it are near or mirrored copies; -1 to 1.
        advance: called with the number of rows after each batch of pictures read, for a progress bar.
        by: the column whose values are the sides to compare.
        within: look inside each split, too: copies there weigh a face twice, or give it two labels.

    Raises:
        TableError: a table has no pictures, or one table has fewer than two splits.
    """
    prints_a = read_prints(table_a, by, advance)
    prints_b = prints_a if table_b is None else read_prints(table_b, by, advance)
    inside = [(name, name) for name in prints_a.groups] if within and table_b is None else []
    if table_b is None:
        if len(prints_a.groups) < 2 and not inside:
            raise TableError(
                f"{table_a.name}: leaks are looked for between splits, found {' '.join(prints_a.groups) or 'no rows'}; "
                f"give the table splits with 'mien table split', or name a second table"
            )
        compared = [*combinations(prints_a.groups, 2), *inside]
    else:
        compared = list(product(prints_a.groups, prints_b.groups))
    found = [_compare(prints_a, a, prints_b, b, threshold, once=(a, b) in inside) for a, b in compared]
    order = {kind: place for place, kind in enumerate(KINDS)}
    pairs = sorted((pair for f in found for pair in f.pairs), key=lambda pair: (order[pair.kind], -pair.similarity))
    unreadable = (*prints_a.unreadable, *(prints_b.unreadable if table_b is not None else ()))
    return Leaks(threshold, tuple(f.counts() for f in found), tuple(pairs[:LISTED]), unreadable)


@dataclass
class _Found:
    """The pairs of two splits; ``once``: of a split with itself, where each two rows meet once."""

    split_a: str
    split_b: str
    once: bool
    pairs_of: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    rows_a: set[int] = field(default_factory=set)
    rows_b: set[int] = field(default_factory=set)
    pairs: list[Pair] = field(default_factory=list)

    def add(self, rows_a: IntArray, rows_b: IntArray, similarity: FloatArray, kind: Kind) -> None:
        if self.once:
            kept = rows_a < rows_b
            rows_a, rows_b, similarity = rows_a[kept], rows_b[kept], similarity[kept]
        self.pairs_of[kind] += len(rows_a)
        self.rows_a.update(rows_a.tolist())
        self.rows_b.update(rows_b.tolist())
        room = LISTED - len(self.pairs)
        listed = zip(rows_a[:room].tolist(), rows_b[:room].tolist(), similarity[:room].tolist(), strict=True)
        self.pairs += [Pair(a, b, self.split_a, self.split_b, value, kind) for a, b, value in listed]

    def counts(self) -> Between:
        return Between(self.split_a, self.split_b, **self.pairs_of, rows_a=len(self.rows_a), rows_b=len(self.rows_b))


def _compare(prints_a: Prints, a: str, prints_b: Prints, b: str, threshold: float, once: bool) -> _Found:
    """All pairs of split ``a`` and split ``b``."""
    rows_a, rows_b = prints_a.groups[a], prints_b.groups[b]
    found = _Found(a, b, once)
    for left, right in _equal(prints_a, rows_a, prints_b, rows_b):
        found.add(left, right, np.ones(len(left), np.float32), "exact")
    for left, right, similarity, kind in _alike(prints_a, rows_a, prints_b, rows_b, threshold):
        unequal = prints_a.hashes[left] != prints_b.hashes[right]
        found.add(left[unequal], right[unequal], similarity[unequal], kind)
    return found


def _alike(
    a: Prints, rows_a: IntArray, b: Prints, rows_b: IntArray, threshold: float
) -> Iterator[tuple[IntArray, IntArray, FloatArray, Kind]]:
    """Pairs above ``threshold``, block by block: rows of a, rows of b, similarities, and how they are alike."""
    for start_a in range(0, len(rows_a), BLOCK):
        block_a = rows_a[start_a : start_a + BLOCK]
        left = a.thumbnails[block_a]
        turned = mirrored(left)
        for start_b in range(0, len(rows_b), BLOCK):
            block_b = rows_b[start_b : start_b + BLOCK]
            right = b.thumbnails[block_b].T
            near, mirror = left @ right, turned @ right
            i, j = np.nonzero(near > threshold)
            yield block_a[i], block_b[j], near[i, j], "near"
            i, j = np.nonzero((mirror > threshold) & (near <= threshold))  # a face that is its own mirror image is near
            yield block_a[i], block_b[j], mirror[i, j], "mirrored"


def _equal(a: Prints, rows_a: IntArray, b: Prints, rows_b: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs with equal pixels, one group of equal pictures at a time."""
    by_hash: dict[int, list[int]] = defaultdict(list)
    for row in rows_b[np.isin(b.hashes[rows_b], a.hashes[rows_a])].tolist():
        by_hash[int(b.hashes[row])].append(row)
    for row in rows_a[np.isin(a.hashes[rows_a], b.hashes[rows_b])].tolist():
        same = np.array(by_hash[int(a.hashes[row])])
        yield np.full(len(same), row), same
