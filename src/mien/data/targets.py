"""Labels of table rows as numbers: a target and a mask per task."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mien.choose import nearest
from mien.data.columns import CLASS_COLUMNS, VALUE_COLUMNS, vote
from mien.errors import TableError
from mien.labels import INTENSITY_RANGE, KNOWN_NAMES, VA_RANGE, LabelSet

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

RANGES = {"au": (0.0, 1.0), "au_intensity": INTENSITY_RANGE, "va": VA_RANGE}


class Labels(NamedTuple):
    """Targets and masks of n rows.

    Attributes:
        target: per task (n, labels) float32. Class tasks hold a distribution over the classes, whether it comes from a
            name, from votes or from soft labels; ``au`` 0/1, ``au_intensity`` 0-5, ``va`` -1..1.
        mask: per task (n, labels) bool; True where an annotator gave the label. A class that the annotators could not
            choose is False in every row of their database. Targets under False are 0 and mean nothing.
    """

    target: dict[str, FloatArray]
    mask: dict[str, BoolArray]

    def take(self, index: npt.NDArray[Any]) -> "Labels":
        """The labels of some rows."""
        return Labels({t: a[index] for t, a in self.target.items()}, {t: a[index] for t, a in self.mask.items()})


def labels_of(batch: pa.RecordBatch, wanted: LabelSet, given: LabelSet, where: str, rows: IntArray) -> Labels:
    """The labels of a batch of table rows.

    Args:
        batch: rows with the columns of ``task_columns`` that the table has.
        wanted: the network's labels: order and width of the result.
        given: the labels that this database's annotators gave.
        where, rows: name of the table and number of each row (n,), for messages.

    Raises:
        TableError: an unknown class name, or a value outside its range.
    """
    target, mask = {}, {}
    for task, names in wanted.items():
        known = np.array([name in given.get(task, ()) for name in names])
        if task in CLASS_COLUMNS:
            values, labelled = _distribution(batch, task, names, where, rows)
            labelled = labelled[:, None]
        else:
            values, labelled = _values(batch, task, names, where, rows)
        mask[task] = labelled & known
        target[task] = np.where(mask[task], values, np.float32(0))
    return Labels(target, mask)


def class_index(batch: pa.RecordBatch, task: str, names: Sequence[str]) -> IntArray:
    """The one class of each row, -1 where there is none: the name where the table has one, else the largest vote.

    >>> class_index(pa.record_batch({"expression": ["fear", None]}), "expression", ["anger", "fear"])
    array([ 1, -1])
    """
    values, labelled = _distribution(batch, task, tuple(names), "table", np.arange(batch.num_rows))
    largest = np.where(labelled, values.argmax(axis=1), -1)
    if CLASS_COLUMNS[task] in batch.schema.names:
        named = _named(batch, task, tuple(names), "table", np.arange(batch.num_rows))
        return np.where(named >= 0, named, largest)
    return largest


def _distribution(
    batch: pa.RecordBatch, task: str, names: tuple[str, ...], where: str, rows: IntArray
) -> tuple[FloatArray, BoolArray]:
    """Shares of the classes (n, C), and which rows have any (n,). Votes win over a name: they say more."""
    shares = np.zeros((batch.num_rows, len(names)), np.float32)
    columns = batch.schema.names
    if CLASS_COLUMNS[task] in columns:
        named = _named(batch, task, names, where, rows)
        have = np.flatnonzero(named >= 0)
        shares[have, named[have]] = 1.0
    if task == "expression" and any(vote(name) in columns for name in names):
        votes = np.stack([_numbers(batch, vote(name)) for name in names], axis=1)
        votes = np.nan_to_num(votes, nan=0.0)
        _refuse(votes < 0, votes, [vote(name) for name in names], "at least 0", where, rows)
        total = votes.sum(axis=1, keepdims=True)
        shares = np.where(total > 0, votes / np.maximum(total, 1e-9), shares).astype(np.float32)
    return shares, shares.sum(axis=1) > 0


def _named(batch: pa.RecordBatch, task: str, names: tuple[str, ...], where: str, rows: IntArray) -> IntArray:
    """Index of each row's named class, -1 for none or for a known class that is not wanted."""
    column = CLASS_COLUMNS[task]
    encoded = batch.column(column).dictionary_encode()
    words = encoded.dictionary.to_pylist()
    for code, word in enumerate(words):
        if word not in KNOWN_NAMES[task]:
            row = rows[np.flatnonzero(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False) == code)[0]]
            raise TableError(
                f"{where}: row {row}, column {column!r}: unknown {task} {word!r}; {nearest(word, KNOWN_NAMES[task])} "
                f"('mien table check' lists every fault at once)"
            )
    lookup = np.array([names.index(word) if word in names else -1 for word in words] + [-1], np.int64)
    codes = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    found: IntArray = lookup[codes.astype(np.int64)]
    return found


def _values(
    batch: pa.RecordBatch, task: str, names: tuple[str, ...], where: str, rows: IntArray
) -> tuple[FloatArray, BoolArray]:
    columns = [VALUE_COLUMNS[task][name] for name in names]
    values = np.stack([_numbers(batch, column) for column in columns], axis=1)
    mask = ~np.isnan(values)
    low, high = RANGES[task]
    bad = mask & ((values < low) | (values > high) | ((task == "au") & (values != 0) & (values != 1)))
    _refuse(bad, values, columns, "0 or 1" if task == "au" else f"{low:g} to {high:g}", where, rows)
    return np.where(mask, values, 0).astype(np.float32), mask


def _numbers(batch: pa.RecordBatch, column: str) -> FloatArray:
    """A column as float32, NaN where null or absent."""
    if column not in batch.schema.names:
        return np.full(batch.num_rows, np.nan, np.float32)
    return np.asarray(batch.column(column).cast(pa.float32()).to_numpy(zero_copy_only=False), dtype=np.float32)


def _refuse(
    bad: BoolArray, values: FloatArray, columns: Sequence[str], expected: str, where: str, rows: IntArray
) -> None:
    if bad.any():
        row, column = (int(index[0]) for index in np.nonzero(bad))
        raise TableError(
            f"{where}: row {rows[row]}, column {columns[column]!r}: got {values[row, column]:g}, expected "
            f"{expected}, or null for a missing label ('mien table check' lists every fault at once)"
        )
