"""The pictures of a label table: its rows in spans, each read alone, whatever the table's length."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.errors import MienError
from mien.images import Encoded
from mien.inference.stores import is_remote, opened, read_remote

ROWS_AT_ONCE = 512
READ_AT_ONCE = 32  # pictures in memory


def spans(name: str) -> list[tuple[int, int]]:
    """(start, stop) of the pieces of a table, in order; none crosses a row group, so that none reads two.

    Raises:
        MienError: it is no Parquet table, or has no pictures.
    """
    with opened(name) as file:
        try:
            meta = pq.read_metadata(file)
        except (pa.ArrowInvalid, OSError) as error:
            raise MienError(f"{name}: not a Parquet table ({error}); copy it again") from None
    if not {"image", "path"} & set(meta.schema.names):
        raise MienError(f"{name}: no column 'image' or 'path', so there are no pictures in it")
    found, first = [], 0
    for group in range(meta.num_row_groups):
        end = first + meta.row_group(group).num_rows
        found += [(start, min(start + ROWS_AT_ONCE, end)) for start in range(first, end, ROWS_AT_ONCE)]
        first = end
    return found


def pictures(name: str, start: int, stop: int) -> Iterator[Encoded]:
    """The pictures of some rows, a row a picture, called ``faces.parquet#17``; without a picture they are empty.

    Raises:
        MienError: the table is broken, or a file in a store cannot be read.
    """
    with opened(name) as file:
        try:
            with pq.ParquetFile(file, page_checksum_verification=True) as table:
                yield from _pictures(table, name, start, stop)
        except (pa.ArrowInvalid, OSError) as error:
            raise MienError(f"{name}: broken in rows {start} to {stop} ({error}); copy it again") from None


def _pictures(table: pq.ParquetFile, name: str, start: int, stop: int) -> Iterator[Encoded]:
    wanted = [column for column in ("image", "path") if column in table.schema_arrow.names]
    row = group = 0
    while row + table.metadata.row_group(group).num_rows <= start:
        row += table.metadata.row_group(group).num_rows
        group += 1
    for batch in table.iter_batches(READ_AT_ONCE, row_groups=[group], columns=wanted):
        mine = range(max(start, row), min(stop, row + len(batch)))
        for number in mine:
            yield Encoded(f"{name}#{number}", _content(name, batch.slice(number - row, 1).to_pylist()[0]))
        row += len(batch)
        if row >= stop:
            return


def _content(table: str, values: dict[str, bytes | str | None]) -> bytes:
    image, path = values.get("image"), values.get("path")
    if isinstance(image, bytes):
        return image
    if not isinstance(path, str):
        return b""
    if is_remote(path) or is_remote(table):
        return read_remote(path if is_remote(path) else f"{table.rsplit('/', 1)[0]}/{path}")
    file = Path(table).parent / path
    return file.read_bytes() if file.is_file() else b""
