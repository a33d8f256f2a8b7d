"""Pictures in folders named after expressions: ROOT/<expression>/..., or ROOT/<split>/<expression>/..."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa

from mien.choose import nearest
from mien.data.table import LabelTable
from mien.errors import TableError
from mien.labels import EXPRESSIONS

EXPECTS = (
    "a folder with one folder per expression (ROOT/happiness/...), or those inside ROOT/train, ROOT/val, ROOT/test"
)
PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".pgm", ".ppm"))
SYNONYMS = {
    **{name: name for name in EXPRESSIONS},
    **dict.fromkeys(("happy", "joy"), "happiness"),
    **dict.fromkeys(("sad",), "sadness"),
    **dict.fromkeys(("surprised",), "surprise"),
    **dict.fromkeys(("fearful", "afraid"), "fear"),
    **dict.fromkeys(("disgusted",), "disgust"),
    **dict.fromkeys(("angry",), "anger"),
    **dict.fromkeys(("contemptuous",), "contempt"),
}
SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


class _Picture(NamedTuple):
    split: str | None
    expression: str
    path: Path


def read(root: Path) -> LabelTable:
    """The pictures below ``root`` as a label table with paths; ``notes["path"]`` counts files that are no pictures.

    The classes are those that have a folder. The table's database is the name of ``root``.

    Raises:
        TableError: ``root`` is no folder, has no pictures, or a folder is named after no expression.
    """
    if not root.is_dir():
        raise TableError(f"{root}: no such folder; expected {EXPECTS}")
    classes: set[str] = set()
    files = list(_walk(root, None, classes))
    pictures = [file for file in files if file.path.suffix.lower() in PICTURES]
    if not pictures:
        raise TableError(f"{root}: no pictures ({len(files)} other files); expected {EXPECTS}")
    columns = {
        "database": pa.repeat(root.resolve().name, len(pictures)),
        "split": pa.array([picture.split for picture in pictures], pa.string()),
        "path": pa.array([picture.path.relative_to(root).as_posix() for picture in pictures]),
        "expression": pa.array([picture.expression for picture in pictures]),
    }
    skipped = len(files) - len(pictures)
    notes = {"path": f"{skipped} files that are no pictures were skipped"} if skipped else {}
    return LabelTable(pa.table(columns), classes={"expression": _ordered(classes)}, notes=notes, root=root)


def meant(name: str, also: Mapping[str, str] = MappingProxyType({})) -> str:
    """A clause that says which expression a word may stand for; ``also`` are further words that are allowed.

    >>> meant("Hapy")
    "did you mean 'happiness'?"
    """
    words = {**SYNONYMS, **also}
    close = get_close_matches(name.lower(), words, n=1)
    return f"did you mean {words[close[0]]!r}?" if close else nearest(name, (*EXPRESSIONS, *also))


def _walk(folder: Path, split: str | None, classes: set[str]) -> Iterator[_Picture]:
    """Every file in the class folders of ``folder``, in order of name; ``classes`` collects their expressions."""
    for child in sorted(folder.iterdir()):
        name = child.name.lower()
        if not child.is_dir() or name.startswith((".", "__")):
            continue
        if split is None and name in SPLITS:
            yield from _walk(child, SPLITS[name], classes)
            continue
        if name not in SYNONYMS:
            hint = meant(name, SPLITS if split is None else {})
            raise TableError(f"{child}: no expression is called {child.name!r}, {hint}; rename or move the folder")
        classes.add(SYNONYMS[name])
        files = sorted(file for file in child.rglob("*") if file.is_file())
        yield from (_Picture(split, SYNONYMS[name], file) for file in files)


def _ordered(classes: set[str]) -> list[str]:
    return [name for name in EXPRESSIONS if name in classes]
