"""Few pictures a class to learn from, drawn at random: what small databases are like."""

import numpy as np
import pyarrow as pa

from mien.data.table import LabelTable
from mien.errors import TableError


def draw_few(
    table: LabelTable, column: str, train: int, val: int, seed: int, of: str = "train", into: str = "val"
) -> LabelTable:
    """The table with ``train`` rows of every class in split ``of``, and ``val`` others in the split ``into``.

    The other rows of ``of``, and those without a class, are in the split ``left_out``; other splits stay as they are.

    Args:
        table: with splits.
        column: ``expression`` or ``compound``.
        train, val: rows of each class.
        seed: another seed draws other rows.

    Raises:
        TableError: no such column, no split ``of``, or a class with too few rows there.

    >>> faces = LabelTable(pa.table({"compound": ["awed"] * 4 + ["hatred"] * 4, "split": ["train"] * 7 + ["test"]}))
    >>> drawn = draw_few(faces, "compound", train=2, val=1, seed=0).read(["split"])["split"].to_pylist()
    >>> sorted(drawn[:4]), sorted(drawn[4:])
    (['left_out', 'train', 'train', 'val'], ['test', 'train', 'train', 'val'])
    """
    table.require(["split", column])
    columns = table.read(["split", column])
    names = columns.column(column).to_numpy(zero_copy_only=False)
    split = columns.column("split").to_numpy(zero_copy_only=False).copy()
    mine = split == of
    split[mine] = "left_out"
    rng = np.random.default_rng(seed)
    for name in sorted({name for name in names[mine] if name is not None}):
        rows = rng.permutation(np.flatnonzero(mine & (names == name)))
        if len(rows) < train + val:
            raise TableError(
                f"{table.name}: {len(rows)} rows of split {of!r} are {name}, expected {train} to train and {val} to "
                f"validate; ask for fewer rows of each class"
            )
        split[rows[:train]] = of
        split[rows[train : train + val]] = into
    return table.replace("split", pa.array(split, pa.string()))
