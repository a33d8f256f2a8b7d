"""What the readers of databases in one Parquet file share: find the file, check its columns, arrange them anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.choose import nearest
from mien.data.columns import TYPES, intensity
from mien.errors import TableError
from mien.labels import ACTION_UNITS


@dataclass(frozen=True)
class Source:
    """A database in one Parquet file.

    Attributes:
        file: usual name of the file.
        request: where to request or download the database.
        needs: columns that the reader cannot do without.
    """

    file: str
    request: str
    needs: tuple[str, ...]

    @property
    def expects(self) -> str:
        """What ROOT is, for help texts and messages."""
        return f"{self.file}, or the folder that has it"

    def open(self, root: Path) -> pa.Table:
        """The source table, pictures as they are encoded.

        Raises:
            TableError: ``root`` is neither the file nor a folder with it, or the file lacks a column.
        """
        path = root / self.file if root.is_dir() else root
        if not path.is_file():
            raise TableError(f"{path}: no such file; expected {self.expects}. Request the database at {self.request}")
        try:
            names = pq.read_schema(path).names
            self._check(path, names)
            return pq.read_table(path)
        except (pa.ArrowInvalid, OSError) as error:
            reason = str(error).splitlines()[0]
            raise TableError(f"{path}: not a Parquet file ({reason}); expected {self.expects}") from None

    def _check(self, path: Path, names: list[str]) -> None:
        for column in self.needs:
            if column not in names:
                raise TableError(
                    f"{path}: no column {column!r} ({nearest(column, names)}); expected the columns of {self.file}: "
                    f"choose the reader that fits the file, or get the file again from {self.request}"
                )


def arrange(
    source: pa.Table, database: str, columns: Mapping[str, pa.Array | pa.ChunkedArray], drop: Iterable[str] = ()
) -> pa.Table:
    """A table with ``columns`` first, cast to the types of a label table, then the other columns of ``source``.

    Args:
        source: table as read; its columns that are in neither ``columns`` nor ``drop`` are kept as attributes.
        database: name for every row.
        columns: name in the label table -> values.
        drop: columns of ``source`` that now go by another name.
    """
    gone = {*columns, *drop, "database"}
    kept = {name: source.column(name) for name in source.column_names if name not in gone}
    mapped = {"database": pa.repeat(database, source.num_rows), **columns, **kept}
    return pa.table({name: values.cast(TYPES.get(name, values.type)) for name, values in mapped.items()})


def au_columns(source: pa.Table) -> dict[str, str]:
    """The action unit columns of ``source`` that hold a value: name in the label table -> name in the source.

    ``au_01`` is the presence of AU01 and ``au_01_intensity`` its intensity.
    """
    found = {}
    for au in ACTION_UNITS:
        column = f"au_{au[2:]}"
        for name, theirs in ((au, column), (intensity(au), f"{column}_intensity")):
            if theirs in source.column_names and source.column(theirs).null_count < source.num_rows:
                found[name] = theirs
    return found
