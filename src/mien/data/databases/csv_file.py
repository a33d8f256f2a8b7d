"""A CSV or TSV file whose columns are named like those of a label table; picture paths are relative to the file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from mien.data.columns import TYPES
from mien.data.table import LabelTable
from mien.errors import TableError

EXPECTS = "a CSV or TSV file with a column 'path' (pictures, relative to the file) and label columns such as expression"
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "none")
SEPARATORS = (",", "\t", ";")


def read(root: Path) -> LabelTable:
    """The file as a label table. Cells that are empty or say NA, NaN, null or None are missing.

    Values that parse are kept as they are, wrong ones too; ``check`` finds those. A column ``image`` is taken for
    paths where there is no ``path``. Columns that no label table knows are kept as attributes.

    Raises:
        TableError: no such file, no CSV, no column with paths, or a number that does not parse.
    """
    names, separator = _header(root)
    if "path" not in names and "image" not in names:
        found = ", ".join(names)
        raise TableError(f"{root}: no column 'path' with the pictures' paths; found {found}. Expected {EXPECTS}")
    if "path" not in names:
        names = ["path" if name == "image" else name for name in names]
    text = _read_text(root, names, separator)
    columns = {
        name: _parse(text.column(name), TYPES[name], f"{root}, column {name!r}") if name in TYPES else text.column(name)
        for name in names
    }
    if "database" not in columns:
        columns = {"database": pa.repeat(root.stem, text.num_rows), **columns}
    return LabelTable(pa.table(columns), root=root.parent)


def _header(path: Path) -> tuple[list[str], str]:
    """Column names, without the blanks around them that some tools write, and the separator."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            line = file.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise TableError(f"{path}: not text in UTF-8; save the file as CSV in UTF-8") from None
    except OSError as error:
        raise TableError(f"{path}: cannot read ({error.strerror}); expected {EXPECTS}") from None
    separator = max(SEPARATORS, key=line.count)
    names = [name.strip().strip('"') for name in line.split(separator)]
    for name in names:
        if names.count(name) > 1:
            raise TableError(f"{path}: column {name!r} occurs {names.count(name)} times; rename or remove all but one")
    return names, separator


def _read_text(path: Path, names: list[str], separator: str) -> pa.Table:
    """Known columns as text, so that a cell that does not parse can be named; others in the type they look like."""
    known = {name: pa.string() for name in names if name in TYPES}
    try:
        return csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=names, skip_rows=1),
            parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=csv.ConvertOptions(column_types=known, null_values=MISSING, strings_can_be_null=True),
        )
    except pa.ArrowInvalid as error:
        raise TableError(f"{path}: not a CSV file ({error}); every row needs {len(names)} cells in UTF-8") from None


def _parse(text: pa.ChunkedArray, wanted: pa.DataType, where: str) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(text)
    cells = pc.if_else(pc.is_in(trimmed, pa.array(MISSING)), None, trimmed)
    if wanted in (pa.string(), pa.binary()):
        return cells
    try:
        # Through float64, since tools write counts as "3.0" where a column has gaps.
        return cells.cast(pa.float64()).cast(wanted)
    except pa.ArrowInvalid:
        row, value = _first_bad(cells, wanted)
        kind = "a whole number" if pa.types.is_integer(wanted) else "a number"
        message = f"{where}, row {row}: {value!r} is not {kind}; correct the cell, or leave it empty if nobody knows"
        raise TableError(message) from None


def _first_bad(cells: pa.ChunkedArray, wanted: pa.DataType) -> tuple[int, str]:
    """Row (the first below the header is 0) and text of the first cell that does not parse."""
    return next((row, cell) for row, cell in enumerate(cells.to_pylist()) if not _parses(cell, wanted))


def _parses(cell: str | None, wanted: pa.DataType) -> bool:
    try:
        pa.scalar(cell, pa.string()).cast(pa.float64()).cast(wanted)
    except pa.ArrowInvalid:
        return False
    return True
