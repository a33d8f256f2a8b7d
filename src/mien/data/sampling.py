"""Which rows stand in which batch: a formula of the step number, without state and without memory.

Each database is an endless stream that visits all of its rows once per epoch in an order of its own. A batch takes the
next rows of one stream (databases in turn) or of all of them (mixed). Since batch t is a formula of (seed, t), a run
that was cut off goes on exactly where it stood, and a database of any length needs no list of indices.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from mien.errors import MienError

IntArray = npt.NDArray[np.int64]
BLOCK = 4096  # elements of a stream that are computed together


class Draw(NamedTuple):
    """Rows of a batch: ``database[i]`` and the row within it, both (B,)."""

    database: IntArray
    row: IntArray


class Sampler(Protocol):
    """Batch t as a formula of t."""

    def draw(self, step: int) -> Draw:
        """The rows of batch ``step``."""
        ...


class Mixed:
    """Every batch holds rows of all databases, in fixed numbers by weight, each database at least once.

    Args:
        sizes: rows of each database.
        weights: relative shares of a batch.
        batch_size: rows of a batch, at least one per database.
        seed: of the orders.
    """

    def __init__(self, sizes: Sequence[int], weights: Sequence[float], batch_size: int, seed: int) -> None:
        if batch_size < len(sizes):
            raise MienError(f"A batch of {batch_size} cannot hold {len(sizes)} databases; raise training.batch_size")
        self._sizes, self._seed = sizes, seed
        self._counts = apportion(weights, batch_size)

    def draw(self, step: int) -> Draw:
        parts = [
            Draw(np.full(count, d), stream(size, self._seed + d, step * count, count))
            for d, (size, count) in enumerate(zip(self._sizes, self._counts, strict=True))
        ]
        return Draw(np.concatenate([p.database for p in parts]), np.concatenate([p.row for p in parts]))


class InTurn:
    """Every batch holds rows of one database; databases take turns, as often as their weights say."""

    def __init__(self, sizes: Sequence[int], weights: Sequence[float], batch_size: int, seed: int) -> None:
        self._sizes, self._seed, self._batch_size = sizes, seed, batch_size
        self._round = _fair_round(weights)
        self._turns = np.bincount(self._round, minlength=len(sizes))  # of each database in one round

    def draw(self, step: int) -> Draw:
        rounds, place = divmod(step, len(self._round))
        d = int(self._round[place])
        before = rounds * int(self._turns[d]) + int((self._round[:place] == d).sum())
        rows = stream(self._sizes[d], self._seed + d, before * self._batch_size, self._batch_size)
        return Draw(np.full(self._batch_size, d), rows)


def stream(size: int, seed: int, start: int, count: int) -> IntArray:
    """Elements ``start`` to ``start + count`` of the endless shuffled stream over ``range(size)``.

    >>> sorted(stream(5, seed=0, start=5, count=5).tolist())
    [0, 1, 2, 3, 4]
    """
    first, after = start // BLOCK, (start + count) // BLOCK + 1
    blocks = np.concatenate([_block(size, seed, number) for number in range(first, after)])
    return blocks[start - first * BLOCK :][:count]


@lru_cache(maxsize=64)
def _block(size: int, seed: int, number: int) -> IntArray:
    """Elements of a stream, many at once: the formula's cost is in its calls, not in its numbers."""
    epoch, place = np.divmod(np.arange(number * BLOCK, (number + 1) * BLOCK, dtype=np.int64), size)
    return _permute(place, size, epoch, seed)


def _permute(place: IntArray, size: int, epoch: IntArray, seed: int) -> IntArray:
    """A random-looking permutation of ``range(size)`` per epoch, evaluated at ``place``.

    A six-round Feistel network permutes the next even power of two; values outside the range walk on along their
    cycle until they are inside (Black & Rogaway 2002, "Ciphers with arbitrary finite domains").
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    low = np.uint64((1 << half) - 1)
    key = _mix(epoch.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64))
    value = place.astype(np.uint64)
    walking = np.ones(len(value), bool)
    while walking.any():
        left, right = value[walking] >> np.uint64(half), value[walking] & low
        for turn in range(6):
            own = np.uint64(turn << 40)  # far above ``right``: neighbouring turns would share most of their functions
            left, right = right, left ^ (_mix(right + key[walking] + own) & low)
        value[walking] = (left << np.uint64(half)) | right
        walking &= value >= np.uint64(size)
    return value.astype(np.int64)


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014), modulo 2**64: every input bit moves every output bit."""
    x = x * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def apportion(weights: Sequence[float], total: int) -> IntArray:
    """Whole numbers that add up to ``total``, each at least 1, as near to the weights' proportions as can be.

    >>> apportion([9, 1], 10).tolist(), apportion([999, 1], 10).tolist()
    ([9, 1], [9, 1])
    """
    exact = np.asarray(weights, float) / np.sum(weights) * total
    counts = np.ones(len(weights), np.int64)
    for _ in range(total - len(weights)):
        counts[np.argmax(exact - counts)] += 1  # one more for whoever lacks most
    return counts


def _fair_round(weights: Sequence[float], longest: int = 1000) -> IntArray:
    """One round of turns in which each database comes as often as its weight says, spread evenly.

    Equal weights give 0, 1, 2, ...; otherwise the shortest round within 1 % of the weights, at most ``longest`` turns.
    """
    share = np.asarray(weights, float) / np.sum(weights)
    for length in range(len(share), longest + 1):
        counts = np.maximum(1, np.round(share * length))
        if np.abs(counts / counts.sum() - share).max() < 0.01:
            break
    turns = [((np.arange(count) + 0.5) / count, np.full(int(count), d, np.int64)) for d, count in enumerate(counts)]
    when = np.concatenate([t for t, _ in turns])
    order = np.argsort(when, kind="stable")
    databases = np.concatenate([d for _, d in turns])
    return databases[order]
