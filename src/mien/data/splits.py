"""Splits and folds in which no person is on two sides."""

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mien.data.table import LabelTable
from mien.errors import TableError

IntArray = npt.NDArray[np.int64]


def assign_splits(table: LabelTable, fractions: Mapping[str, float], seed: int, by: str = "subject") -> LabelTable:
    """The table with a new column ``split`` in which every subject is on one side only.

    Subjects are placed one by one, the large ones first, each where its rows fit and the share still to fill is
    largest; so the rows come near ``fractions``, and large and small subjects are spread alike. The order among
    subjects of like size comes from a hash of seed, database and name: the same everywhere.

    Args:
        table: its rows of all splits are placed anew.
        fractions: split -> share of the rows; the shares add up to 1.
        seed: another seed gives another split.
        by: column that says who or what must stay together, within a database. Rows without a value there stay
            together by ``clip``, and rows without a clip stand alone.

    Raises:
        TableError: the shares do not add up to 1, no column ``by``, or a split gets no rows.

    >>> faces = LabelTable(pa.table({"subject": ["a", "a", "b", "b", "c", "c"]}))
    >>> assign_splits(faces, {"train": 2 / 3, "test": 1 / 3}, seed=0).read(["split"])["split"].to_pylist()
    ['test', 'test', 'train', 'train', 'train', 'train']
    """
    _check_fractions(fractions)
    names, row_group = _groups(table, by)
    return _with_split(table, _place(names, np.bincount(row_group), fractions, seed), row_group, list(fractions))


def assign_folds(
    table: LabelTable, folds: int, fold: int, seed: int, val_fraction: float = 0.0, by: str = "subject"
) -> LabelTable:
    """The table with a new column ``split`` for one round of cross-validation: ``test`` is fold number ``fold``.

    The folds are the same for every ``fold``, so the test sets of all rounds are disjoint and make up the table.

    Args:
        table: its rows of all splits are placed anew.
        folds: how many folds, 2 or more.
        fold: which one is tested, 0 to ``folds`` - 1.
        seed: another seed gives other folds.
        val_fraction: share of the other folds' rows that becomes ``val``; the rest is ``train``.
        by: see ``assign_splits``.

    Raises:
        TableError: ``folds``, ``fold`` or ``val_fraction`` is out of range, or a split gets no rows.
    """
    if folds < 2 or not 0 <= fold < folds or not 0 <= val_fraction < 1:
        raise TableError(
            f"Cannot take fold {fold} of {folds} with a val fraction of {val_fraction:g}: expected at least 2 folds, "
            f"a fold from 0 to folds - 1, and a fraction from 0 to below 1"
        )
    names, row_group = _groups(table, by)
    rows = np.bincount(row_group, minlength=len(names))
    tested = _folds(names, rows, folds, seed) == fold
    split = np.where(tested, "test", "train").astype(object)
    others = np.flatnonzero(~tested)
    if val_fraction and len(others):
        shares = {"train": 1 - val_fraction, "val": val_fraction}
        # A hash of its own, so that what is val does not follow from the order that made the folds.
        split[others] = _place([f"val of {names[i]}" for i in others], rows[others], shares, seed)
    expected = ["train", "val", "test"] if val_fraction else ["train", "test"]
    return _with_split(table, split, row_group, expected)


def fold_numbers(table: LabelTable, folds: int, seed: int, by: str = "subject") -> IntArray:
    """Which fold tests each row (rows,): the same that ``assign_folds`` takes, for all rounds at once."""
    names, row_group = _groups(table, by)
    found: IntArray = _folds(names, np.bincount(row_group, minlength=len(names)), folds, seed)[row_group]
    return found


def _folds(names: list[str], rows: IntArray, folds: int, seed: int) -> IntArray:
    """The number of each group's fold."""
    return _place(names, rows, {str(number): 1 / folds for number in range(folds)}, seed).astype(np.int64)


def carve_validation(table: LabelTable, share: float, seed: int, into: str = "val", by: str = "subject") -> LabelTable:
    """The table with ``share`` of its rows of split ``train`` moved to the split ``into``, whole subjects at a time.

    For a database that comes with a training and a test split alone. Arguments and errors as in ``assign_splits``.

    >>> faces = LabelTable(pa.table({"subject": ["a", "b", "c"], "split": ["train", "train", "test"]}))
    >>> sorted(carve_validation(faces, 0.5, seed=0).read(["split"])["split"].to_pylist())
    ['test', 'train', 'val']
    """
    return _divided(table, "train", {"train": 1 - share, into: share}, seed, by)


def keep_part(
    table: LabelTable, number: int, of: int, train: str = "train", seed: int = 0, by: str = "subject"
) -> LabelTable:
    """The table with one of ``of`` equal parts of the rows of split ``train``; the others are in ``left_out``.

    No subject is in two parts: what one database has, two can pretend to have. Other splits stay as they are.

    Args:
        number: which part, 1 to ``of``.
        seed: another seed makes other parts; the same for every ``number``.

    Raises:
        TableError: no such part, or too few subjects.

    >>> faces = LabelTable(pa.table({"subject": ["a", "b", "c"], "split": ["train", "train", "test"]}))
    >>> [keep_part(faces, k, 2).read(["split"])["split"].to_pylist() for k in (1, 2)]
    [['left_out', 'train', 'test'], ['train', 'left_out', 'test']]
    """
    if not 1 <= number <= of:
        raise TableError(f"{table.name}: part {number} of {of}; expected a part from 1 to {of}")
    shares = {train if part == number else f"left_out {part}": 1 / of for part in range(1, of + 1)}
    divided = _divided(table, train, shares, seed, by)
    split = divided.read(["split"]).column("split")
    others = pc.starts_with(split, "left_out ")
    return divided.replace("split", pc.if_else(others, "left_out", split).combine_chunks())


def _divided(table: LabelTable, of: str, shares: Mapping[str, float], seed: int, by: str) -> LabelTable:
    """The table with the rows of split ``of`` dealt to new splits, whole groups at a time."""
    table.require(["split"])
    names, row_group = _groups(table, by)
    split = table.read(["split"]).column("split").to_numpy(zero_copy_only=False).copy()
    mine = split == of
    rows = np.bincount(row_group[mine], minlength=len(names))
    here = np.flatnonzero(rows)
    side = np.full(len(names), of, dtype=object)
    side[here] = _place([names[i] for i in here], rows[here], shares, seed)
    split[mine] = side[row_group[mine]]
    return _with_split(table, split, np.arange(len(table)), list(shares))


def subject_key(table: LabelTable, by: str = "subject") -> pa.Array:
    """(rows,) text that is equal for rows that belong together: database and subject, else clip; null for neither."""
    present = [name for name in (by, "clip") if name in table.columns]
    has_database = "database" in table.columns
    if not present:
        return pa.nulls(len(table), pa.string())
    columns = table.read([*present, *(["database"] if has_database else [])])
    text = [columns.column(name).cast(pa.string()) for name in present]
    tagged = [pc.binary_join_element_wise(name, value, "\x1f") for name, value in zip(present, text, strict=True)]
    database = pc.fill_null(columns.column("database"), "") if has_database else ""
    return pc.binary_join_element_wise(database, pc.coalesce(*tagged), "\x1f").combine_chunks()


def _groups(table: LabelTable, by: str) -> tuple[list[str], IntArray]:
    """Names of the groups that stay together, and the group of each row."""
    if not len(table):
        raise TableError(f"{table.name}: the table has no rows, so there is nothing to split")
    if by != "subject":
        table.require([by])
    keys = subject_key(table, by)
    alone = pc.binary_join_element_wise("row", pa.array(np.arange(len(table))).cast(pa.string()), "\x1f")
    encoded = pc.coalesce(keys, alone).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _place(names: list[str], rows: IntArray, fractions: Mapping[str, float], seed: int) -> npt.NDArray[np.object_]:
    """The split of each group, (groups,)."""
    order = sorted(range(len(names)), key=lambda i: (-int(rows[i]).bit_length(), _digest(seed, names[i])))
    targets = {split: share * float(rows.sum()) for split, share in fractions.items() if share > 0}
    missing = dict(targets)
    placed = np.empty(len(names), dtype=object)
    for i in order:
        size = int(rows[i])
        fitting = [split for split, left in missing.items() if size <= left + 1e-6]
        if fitting:
            split = max(fitting, key=lambda name: missing[name] / targets[name])
        else:
            split = max(missing, key=lambda name: missing[name])
        placed[i] = split
        missing[split] -= size
    return placed


def _digest(seed: int, name: str) -> bytes:
    return blake2b(f"{seed}\x1f{name}".encode(), digest_size=8).digest()


def _check_fractions(fractions: Mapping[str, float]) -> None:
    given = ", ".join(f"{name} {share:g}" for name, share in fractions.items())
    if not fractions or min(fractions.values()) < 0 or abs(sum(fractions.values()) - 1) > 1e-6:
        raise TableError(f"The shares of the splits must be 0 or more and add up to 1, got {given or 'none'}")


def _with_split(
    table: LabelTable, split: npt.NDArray[np.object_], row_group: IntArray, expected: list[str]
) -> LabelTable:
    values = split[row_group]
    counts = {name: int((values == name).sum()) for name in expected}
    if 0 in counts.values():
        found = ", ".join(f"{name} {count} rows" for name, count in counts.items())
        raise TableError(
            f"{table.name}: {len(np.unique(row_group))} subjects do not fill these splits ({found}): "
            f"ask for fewer splits or folds, or for larger shares"
        )
    return table.replace("split", pa.array(values, pa.string()))
