"""The faces that an export is calibrated on and compared on."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from mien.data.columns import BOX
from mien.data.prepare import Faces, padding, prepare
from mien.data.synthetic import stills
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.faces.locate import finder
from mien.models.spec import ModelSpec
from mien.preprocessing import Image

COUNT = 512
DRAWN = "drawn faces (mien synth)"


class Crops(NamedTuple):
    """Faces cut for a network.

    Attributes:
        images: (n, S, S, 1 or 3) uint8.
        source: where they come from, in words.
    """

    images: Image
    source: str


def crops_for(spec: ModelSpec, table: LabelTable | None, count: int = COUNT) -> Crops:
    """About ``count`` faces of ``table``, spread evenly over its rows; without a table, drawn faces.

    Raises:
        MienError: the table has no picture that can be read.
    """
    thin = _drawn(spec, count) if table is None else _spread(table, count)
    source = DRAWN if table is None else table.name
    cut = spec.preprocessing
    store = prepare(Faces(thin, source, spec.labels, cut, unlabelled=True, find=finder(cut)))
    pad, side = padding(cut), cut.size
    return Crops(np.ascontiguousarray(store.images[:, pad : pad + side, pad : pad + side]), source)


def _drawn(spec: ModelSpec, count: int) -> LabelTable:
    """Eight pictures of each of some people."""
    side = max(32, min(spec.preprocessing.size, 256))
    return LabelTable(pa.Table.from_batches(stills(range(-(-count // 8)), 8, side, seed=0)).select(["image"]))


def _spread(table: LabelTable, count: int) -> LabelTable:
    """Every k-th row, its picture and box alone: a table is often sorted by split or person."""
    columns = [name for name in ("image", "path", *BOX) if name in table.columns]
    if not {"image", "path"} & set(columns):
        raise MienError(f"{table.name} has neither a column 'image' nor 'path'; give a table with pictures")
    step, start, parts = max(1, len(table) // count), 0, []
    for batch in table.stream(columns, rows=1024):
        chosen = np.arange(-start % step, batch.num_rows, step)
        parts.append(batch.take(pa.array(chosen)))
        start += batch.num_rows
    return LabelTable(pa.Table.from_batches(parts), root=table.root)
