"""A database in the folders and files that its authors give out, and how its reader finds its way in them."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mien.data.databases.folders import PICTURES
from mien.errors import TableError

DEPTH = 3  # how far below ROOT a folder is looked for: archives unpack into one or two folders of their own


@dataclass(frozen=True)
class Layout:
    """A database as it is given out.

    Attributes:
        database: its name in the table.
        expects: what ROOT is.
        request: where to request the database.
    """

    database: str
    expects: str
    request: str

    def wrong(self, root: Path, why: str) -> TableError:
        """The error for a ROOT that is not this database."""
        return TableError(f"{root}: {why}; expected {self.expects}. Request the database at {self.request}")

    def folder(self, root: Path) -> Path:
        """ROOT as a folder: of a file, the folder that it is in."""
        if not root.exists():
            raise self.wrong(root, "no such folder")
        return root if root.is_dir() else root.parent


def is_picture(name: str) -> bool:
    """Whether a file is named as a picture; files that systems leave behind, as ``._1.jpg``, are not."""
    return name[name.rfind(".") :].lower() in PICTURES and not name.startswith(".")


def folders_below(root: Path, depth: int = DEPTH) -> Iterator[Path]:
    """The folders below ``root``, nearest first, then by name; hidden ones are passed over."""
    level = [root]
    for _ in range(depth):
        level = [child for folder in level for child in subfolders(folder)]
        yield from level


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def subfolders(folder: Path) -> list[Path]:
    """The folders directly in ``folder``, by name."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "__"))]
    return [folder / name for name in sorted(names)]


def find_folder(root: Path, *names: str) -> Path | None:
    """The nearest folder at or below ``root`` that goes by one of ``names``, whatever its case."""
    wanted = {name.lower() for name in names}
    if root.resolve().name.lower() in wanted:
        return root
    return next((folder for folder in folders_below(root) if folder.name.lower() in wanted), None)


def find_file(root: Path, *names: str) -> Path | None:
    """The nearest file below ``root`` with one of ``names``; of several in one folder the first of ``names``."""
    for folder in (root, *folders_below(root)):
        for name in names:
            if (folder / name).is_file():
                return folder / name
    return None


@dataclass
class Pictures:
    """The pictures directly in a folder, which is listed once.

    Attributes:
        folder: may be missing; it has no pictures then.
    """

    folder: Path
    _names: frozenset[str] = field(init=False)
    _by_stem: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        names = [name for name in _names(self.folder) if is_picture(name)] if self.folder.is_dir() else []
        self._names = frozenset(names)
        self._by_stem = {name.rpartition(".")[0]: name for name in names}

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Path]:
        return (self.folder / name for name in sorted(self._names))

    def named(self, name: str) -> Path | None:
        """The picture of this name; where there is none, one that differs in nothing but the ending."""
        if name not in self._names:
            name = self._by_stem.get(name.rpartition(".")[0] if is_picture(name) else name, "")
        return self.folder / name if name else None

    @cached_property
    def numbers(self) -> dict[int, Path]:
        """Pictures by the last number in their name: ``00012.jpg`` and ``frame_12.png`` are both 12."""
        found = {stem: re.findall(r"\d+", stem) for stem in self._by_stem}
        return {int(digits[-1]): self.folder / self._by_stem[stem] for stem, digits in found.items() if digits}

    def frame(self, number: int) -> Path | None:
        """The picture of frame ``number``, counted from 1. Pictures that are numbered from 0 are told by their 0."""
        return self.numbers.get(number - 1 if 0 in self.numbers else number)

    def beyond(self, number: int) -> list[Path]:
        """The pictures of frames after frame ``number``."""
        last = number - 1 if 0 in self.numbers else number
        return [picture for found, picture in self.numbers.items() if found > last]
