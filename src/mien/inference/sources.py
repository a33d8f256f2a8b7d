"""What a user points at: photos, folders, patterns, videos, tables, object stores, a camera."""

import glob
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from mien.errors import MienError
from mien.inference import table_rows
from mien.inference.stores import find_remote, is_remote
from mien.inference.video import VIDEO_SUFFIXES

PHOTO_SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".jfif"])
TABLE_SUFFIX = ".parquet"
WEBCAM = "webcam"


class Source(NamedTuple):
    """One photo, one video, some rows of a table, or one camera.

    Attributes:
        kind: which of these.
        name: its path or address, or ``webcam`` and a number.
        start, stop: of the rows.
    """

    kind: Literal["photo", "video", "rows", "webcam"]
    name: str
    start: int = 0
    stop: int = 0

    @property
    def key(self) -> str:
        """What tells it from all others: its name, with its rows."""
        return f"{self.name}[{self.start}:{self.stop}]" if self.kind == "rows" else self.name

    @property
    def camera(self) -> int:
        """The number of the camera."""
        return int(self.name.removeprefix(WEBCAM).removeprefix(":") or 0)


def find_sources(names: Iterable[str]) -> list[Source]:
    """The photos and videos behind names, each once, in the order given; what is in a folder comes sorted by name.

    Args:
        names: files, folders (searched to any depth, for photos and videos alone), patterns such as ``study/*.mp4``,
            ``webcam`` or ``webcam:1``; files, folders and patterns in object stores, such as ``s3://bucket/study``;
            label tables (``.parquet``) that hold pictures or their paths. A file that is named itself is taken
            whatever its ending; a table only where it is named.

    Raises:
        MienError: a name leads to nothing.
    """
    found: dict[Source, None] = {}
    for name in names:
        sources = _behind(name)
        if not sources:
            raise MienError(f"{name}: no photo or video there; expected a file, a folder, a pattern or 'webcam'")
        found |= dict.fromkeys(sources)
    return list(found)


def _behind(name: str) -> list[Source]:
    number = name.removeprefix(WEBCAM).removeprefix(":")
    if name.startswith(WEBCAM) and (number.isdigit() or name == WEBCAM):
        return [Source("webcam", name)]
    if is_remote(name):
        files = find_remote(name)
        return [source for one in files if one == name or _is_media(one) for source in _file(one)]
    path = Path(name)
    if path.is_file():
        return _file(name)
    inside = path.rglob("*") if path.is_dir() else map(Path, glob.glob(name, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
    there = (one for one in sorted(inside) if _is_media(str(one)) and (one.is_file() or _leads_nowhere(one)))
    return [source for one in there for source in _file(str(one))]


def _leads_nowhere(path: Path) -> bool:
    """A link whose file is gone: a row will say so."""
    return path.is_symlink() and not path.exists()


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _is_media(name: str) -> bool:
    return _suffix(name) in PHOTO_SUFFIXES | VIDEO_SUFFIXES


def _file(name: str) -> list[Source]:
    if _suffix(name) == TABLE_SUFFIX:
        return [Source("rows", name, start, stop) for start, stop in table_rows.spans(name)]
    return [Source("video" if _suffix(name) in VIDEO_SUFFIXES else "photo", name)]
