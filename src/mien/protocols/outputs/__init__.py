"""Read what tools wrote about faces. ``FORMATS`` names them; one file per tool.

Columns are known by their names. A file belongs to the tool whose own columns it has; where none or several fit, the
format has to be said.
"""

from pathlib import Path

import pyarrow.parquet as pq

from mien.analysis.table import NEEDED
from mien.choose import choose
from mien.errors import TableError
from mien.protocols.outputs import abaw, evaluation, fex, libreface, mien_table, openface
from mien.protocols.outputs.base import Format, Outputs, header, joined

__all__ = ["FORMATS", "Outputs", "read_outputs"]

FORMATS: dict[str, Format] = {
    "mien": mien_table.FORMAT,
    "evaluation": evaluation.FORMAT,
    "openface": openface.FORMAT,
    "fex": fex.FORMAT,
    "libreface": libreface.FORMAT,
    "abaw": abaw.FORMAT,
}


def read_outputs(path: str | Path, kind: str | None = None) -> Outputs:
    """The answers in a file, or in all files of a folder.

    Args:
        path: the file or folder.
        kind: one of ``FORMATS``; without it, the one whose columns the (first) file has.

    Raises:
        TableError: there is no such file, it is of no known format, or a column that the format needs is missing.
    """
    path = Path(path)
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    known = {ending for one in FORMATS.values() for ending in one.endings}
    files = [file for file in files if not path.is_dir() or file.suffix.lower() in known]
    if not path.exists() or not files:
        what = "no such file" if not path.exists() else f"no file that ends with {', '.join(sorted(known))}"
        raise TableError(f"{path}: {what}; give the file or folder that a tool wrote")
    reader = choose(FORMATS, kind or _kind_of(files[0]), "format", TableError)
    parts = [reader.read(file) for file in files]
    return joined(parts, str(path)) if path.is_dir() else parts[0]


def _kind_of(path: Path) -> str:
    names = _names_in(path)
    fitting = [kind for kind, one in FORMATS.items() if path.suffix.lower() in one.endings and one.fits(names)]
    if len(fitting) == 1:
        return fitting[0]
    several = f"the columns of {' and of '.join(fitting)}" if fitting else "the columns of no format that we know"
    raise TableError(
        f"{path} has {several} ({', '.join(names[:8])} ...); say which with --format: {', '.join(FORMATS)}"
    )


def _names_in(path: Path) -> list[str]:
    """The names of a file's columns; none of JSON lines, which only mien writes."""
    if path.suffix.lower() == ".jsonl":
        return list(NEEDED)
    if path.suffix.lower() == ".parquet":
        try:
            return list(pq.read_schema(path).names)
        except (OSError, ValueError) as error:
            raise TableError(f"{path}: not a Parquet file ({error})") from None
    return header(path)
