"""The pictures of a table's rows, as far as they can be read."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from mien.data.table import LabelTable
from mien.errors import ImageError
from mien.images import read_image
from mien.preprocessing import Image


def readable(batch: pa.RecordBatch, table: LabelTable) -> Iterator[tuple[int, Image]]:
    """(place in the batch, picture) of every row whose ``image`` or ``path`` gives one; the others are left out.

    Args:
        batch: rows of ``table`` with the columns ``image``, ``path`` or both.
        table: says where relative paths start, and its name stands in messages.
    """
    nothing = [None] * batch.num_rows
    images, paths = (
        batch.column(name).to_pylist() if name in batch.schema.names else nothing for name in ("image", "path")
    )
    for row, (image, path) in enumerate(zip(images, paths, strict=True)):
        source = image if image is not None else path and full_path(table, path)
        if source is None:
            continue
        try:
            yield row, read_image(source, f"{table.name}, row {row}" if isinstance(source, bytes) else "")
        except ImageError:
            continue


def full_path(table: LabelTable, path: str) -> Path:
    """A row's path, from the table's folder if it is relative."""
    return Path(path) if table.root is None else table.root / path
