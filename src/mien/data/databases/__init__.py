"""Readers: from a database on disk to a label table. ``READERS`` names them all; one file per database."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mien.choose import choose
from mien.data.databases import (
    avatar_clips,
    avatars,
    ck48,
    csv_file,
    expw,
    fer2013,
    fer2013plus,
    folders,
    london,
    muxspace,
)
from mien.data.databases.source import Source
from mien.data.table import LabelTable
from mien.errors import TableError


class Reader(NamedTuple):
    """How to read one database.

    Attributes:
        read: from ROOT to the label table.
        description: what the database holds, in one line.
        expects: what ROOT is.
        request: where to request or download the database.
    """

    read: Callable[[Path], LabelTable]
    description: str
    expects: str
    request: str


def _parquet(read: Callable[[Path], LabelTable], source: Source, description: str) -> Reader:
    return Reader(read, description, source.expects, source.request)


READERS = {
    "fer2013plus": _parquet(
        fer2013plus.read, fer2013plus.SOURCE, "faces from web searches, ten crowd votes each, eight expressions"
    ),
    "fer2013": _parquet(fer2013.read, fer2013.SOURCE, "the same faces with FER2013's one label, seven expressions"),
    "ck48": _parquet(ck48.read, ck48.SOURCE, "CK+: posed faces, action units by FACS coders, seven expressions"),
    "muxspace": _parquet(muxspace.read, muxspace.SOURCE, "news photos and film stills, one label, eight expressions"),
    "expw": _parquet(expw.read, expw.SOURCE, "faces in web photos, colour, noisy labels, seven expressions"),
    "london": _parquet(london.read, london.SOURCE, "studio photos of 40 adults, neutral and smiling, landmarks"),
    "avatars": _parquet(
        avatars.read, avatars.SOURCE, "rendered faces: exact action units, expressions, compounds, modelled VA"
    ),
    "avatar_clips": _parquet(
        avatar_clips.read, avatar_clips.SOURCE, "rendered clips: the same labels for each of 32 frames"
    ),
    "folders": Reader(
        folders.read, "your own pictures, one folder per expression", folders.EXPECTS, "your own pictures and labels"
    ),
    "csv": Reader(
        csv_file.read, "your own CSV or TSV file, one row per picture", csv_file.EXPECTS, "your own pictures and labels"
    ),
}


def read_database(name: str, root: str | Path) -> LabelTable:
    """The database at ``root`` as a label table.

    Args:
        name: one of ``READERS``.
        root: what that reader ``expects``.

    Raises:
        TableError: the name is unknown, or ``root`` is not what the reader expects.
    """
    table = choose(READERS, name, "database", TableError).read(Path(root))
    table.name = f"{name} in {root}"
    return table
