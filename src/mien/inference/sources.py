"""What a user points at: photos, folders, patterns, videos, a camera."""

import glob
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from mien.errors import MienError
from mien.inference.video import VIDEO_SUFFIXES

PHOTO_SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".jfif"])
WEBCAM = "webcam"


class Source(NamedTuple):
    """One photo, one video or one camera; ``name`` is its path, or ``webcam`` and a number."""

    kind: Literal["photo", "video", "webcam"]
    name: str

    @property
    def camera(self) -> int:
        """The number of the camera."""
        return int(self.name.removeprefix(WEBCAM).removeprefix(":") or 0)


def find_sources(names: Iterable[str]) -> list[Source]:
    """The photos and videos behind names, each once, in the order given; what is in a folder comes sorted by name.

    Args:
        names: files, folders (searched to any depth, for photos and videos alone), patterns such as ``study/*.mp4``,
            ``webcam`` or ``webcam:1``. A file that is named itself is taken whatever its ending.

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
    path = Path(name)
    if path.is_dir():
        return [_file(one) for one in sorted(path.rglob("*")) if _is_media(one)]
    if path.exists():
        return [_file(path)]
    matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
    return [_file(Path(one)) for one in matches if _is_media(Path(one))]


def _is_media(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES | VIDEO_SUFFIXES and path.is_file()


def _file(path: Path) -> Source:
    return Source("video" if path.suffix.lower() in VIDEO_SUFFIXES else "photo", str(path))
