"""Fair-Consistent-Affect-Analysis: six databases divided anew, with the sex, age and race of their faces.

AffectNet, DISFA, EmotioNet, GFT, RAF-AU and RAF-DB each have a folder with ``images`` and ``annotations``, and in the
latter (AffectNet: in ``annotations/EXPR``, perhaps below it in ``expr7`` and ``expr8``, and ``annotations/VA``)
``train.csv``, ``valid.csv`` and ``test.csv``. A header names the columns: ``name`` of the picture in ``images``;
``expression`` as a word, ``valence`` and ``arousal``, or ``AU1`` ... with 1, 0 or -1 for "unknown"; ``gender``,
``age``, ``race``. Names of RAF-AU lack the ``_aligned`` of its pictures. ROOT is the folder of one database.

*Source*: Hu et al. 2024, "Bridging the gap: protocol towards fair and consistent affect analysis", arXiv 2405.06841;
files by the authors' repository, and code of later work that reads them. Not verified: that folders of DISFA and GFT
name a person and a frame, as in the databases themselves, and the marks for an unknown person.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from mien.data.databases.layout import Layout, Pictures, find_folder, folders_below
from mien.data.databases.reading import Place, Reading, au_name, split_csv
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS, EXPRESSIONS, VA_RANGE, VALENCE_AROUSAL

FILES = {"train": "train.csv", "val": "valid.csv", "test": "test.csv"}
NAME = "name"
CODES = {0: 0, 1: 1, -1: None}
PEOPLE = {"gender": "sex", "age": "age", "race": "race"}  # their column -> ours
SUBJECT = re.compile(r"(?:Left|Right)Video(SN\d{3})|(\d{3}[A-Z])")
COLUMNS = ("split", "subject", "clip", "frame", "path", "expression", *VALENCE_AROUSAL, *ACTION_UNITS)
LAYOUT = Layout(
    database="fair_affect",
    expects="the folder of one of its databases, with images and annotations/train.csv, valid.csv, test.csv",
    request="https://github.com/dkollias/Fair-Consistent-Affect-Analysis",
)
NOTES = {
    "split": "the authors' new division",
    "sex": "as annotators saw it",
    "race": "as annotators saw it",
    "subject": "as DISFA and GFT name their folders; the others name nobody",
}

Columns = dict[str, int]  # a column's name -> which cell it is


def read_expression(root: Path) -> LabelTable:
    """The pictures as a label table: seven or eight expressions, and who is on them."""
    return _read(root, lambda columns: "expression" in columns, "an expression")


def read_va(root: Path) -> LabelTable:
    """The pictures as a label table: valence and arousal, and who is on them."""
    return _read(root, lambda columns: set(VALENCE_AROUSAL) <= columns.keys(), "valence and arousal")


def read_au(root: Path) -> LabelTable:
    """The pictures as a label table: action units, and who is on them."""
    return _read(root, lambda columns: any(map(_unit, columns)), "action units")


def _read(root: Path, wanted: Callable[[Columns], bool], what: str) -> LabelTable:
    reading = Reading(LAYOUT, root, COLUMNS, dict.fromkeys(PEOPLE.values(), pa.string()))
    folder = _folder(reading, wanted, what)
    images = find_folder(reading.root, "images")
    if images is None:
        raise LAYOUT.wrong(reading.root, "no folder images here")
    folders: dict[Path, Pictures] = {}
    for split, name in FILES.items():
        if not (folder / name).is_file():
            reading.fault("missing file", Place(folder / name), "not there")
            continue
        columns: Columns = {}
        for place, text in reading.lines(folder / name):
            if not columns:
                columns = _columns(text)
            elif cells := reading.csv_cells(text, len(columns), place):
                _add(reading, place, {column: cells[i] for column, i in columns.items()}, images, folders, split)
    return reading.table({"expression": EXPRESSIONS}, NOTES)


def _folder(reading: Reading, wanted: Callable[[Columns], bool], what: str) -> Path:
    """The folder with the lists; of several the last by name, since ``expr8`` has all that ``expr7`` has."""
    found = [folder for folder in (reading.root, *folders_below(reading.root)) if wanted(_header(folder))]
    if not found:
        raise LAYOUT.wrong(reading.root, f"no {' or '.join(FILES.values())} here with names of pictures and {what}")
    *others, chosen = sorted(found)
    for other in others:
        reading.fault("not read", Place(other), f"{chosen.name} was read instead")
    return chosen


def _header(folder: Path) -> Columns:
    """The columns of a folder's lists; none where the lists are not of this kind."""
    for name in FILES.values():
        if (folder / name).is_file():
            with (folder / name).open(encoding="utf-8-sig", errors="replace") as opened:
                columns = _columns(opened.readline())
            return columns if NAME in columns and columns.keys() & PEOPLE.keys() else {}
    return {}


def _columns(line: str) -> Columns:
    return {name: i for i, name in enumerate(split_csv(line))}


def _unit(column: str) -> str | None:
    return au_name(column[2:]) if column.startswith("AU") else None


def _add(
    reading: Reading,
    place: Place,
    cells: Mapping[str, str],
    images: Path,
    folders: dict[Path, Pictures],
    split: str,
) -> None:
    folder, _, name = cells[NAME].rpartition("/")
    pictures = folders.setdefault(images / folder, Pictures(images / folder))
    stem, _, ending = name.rpartition(".")
    found = pictures.named(name) or pictures.named(f"{stem}_aligned.{ending}")
    if path := reading.picture(found, place, cells[NAME]):
        who = {ours: cells.get(theirs, "").lower() or None for theirs, ours in PEOPLE.items()}
        where = {**_where(folder, name), "split": split, "path": path}
        reading.add(place, **where, **_labels(reading, cells, place), **who)


def _where(folder: str, name: str) -> dict[str, str | int]:
    """Who it is, clip and frame, where the folder is one person's."""
    number = re.findall(r"\d+", name)
    match = SUBJECT.fullmatch(folder.rpartition("/")[2])
    return {"subject": match[1] or match[2], "clip": match[0], "frame": int(number[-1])} if match and number else {}


def _labels(reading: Reading, cells: Mapping[str, str], place: Place) -> dict[str, float | str | None]:
    labels: dict[str, float | str | None] = {}
    for column, cell in cells.items():
        if unit := _unit(column):
            labels[unit] = reading.code(cell, CODES, place, unit)
        elif column in VALENCE_AROUSAL:
            labels[column] = reading.number(cell, VA_RANGE, (), place, column)
        elif column == "expression":
            labels[column] = cell.lower() if cell.lower() in EXPRESSIONS else None
            if labels[column] is None:
                reading.fault(
                    "unknown code", place, f"expression is {cell!r}, expected one of {', '.join(EXPRESSIONS)}"
                )
    return labels
