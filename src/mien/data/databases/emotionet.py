"""EmotioNet: web photos with up to sixty action units, by FACS coders for some thousands and by a program for the rest.

A table has a row per photo: its address, the address where it was found first, then one column for each of AU1 to
AU60 with 1, 0, or 999 (in some copies -1) for "not annotated". It is a CSV file whose header has ``URL``, ``URL orig``
and ``'AU 1'`` ... (as ``EmotioNet_FACS_aws_2020_24600``, which is given out as a spreadsheet: save it as CSV), or a
text file with tabs and without a header. Photos are fetched by the user: they are looked for under the last part of
their address in ``images``, ``imgs``, ``img``, a folder named after the table, or beside the table.

*Source*: Benitez-Quiroz, Srinivasan & Martinez 2016, "EmotioNet: an accurate, real-time algorithm for the automatic
annotation of a million facial expressions in the wild"; files as public loaders read them. Not verified: -1, and the
separate table of 2,000 photos with expressions, which is not read.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from mien.data.databases.layout import Layout, Pictures, subfolders
from mien.data.databases.reading import Reading, au_name, split_csv
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS

CODES = {0: 0, 1: 1, 999: None, -1: None}
BEFORE = 2  # columns with addresses, before those of the units
LAST = 60
FOLDERS = ("images", "imgs", "img", "image")

LAYOUT = Layout(
    database="emotionet",
    expects="a folder with EmotioNet_FACS...csv or dataFile_...txt (addresses, AU1 to AU60), and the photos in images",
    request="http://cbcsl.ece.ohio-state.edu/EmotionNetChallenge/",
)
NOTES = {"list": "the table that the photo stands in; nobody is named"}


def read(root: Path) -> LabelTable:
    """The photos as a label table, with the action units that were annotated."""
    reading = Reading(LAYOUT, root, ("path", *ACTION_UNITS), {"list": pa.string()})
    files = [file for folder in (reading.root, *subfolders(reading.root)) for file in _lists(folder)]
    if not files:
        sheets = [*reading.root.rglob("*.xlsx")]
        hint = f"{sheets[0].name} has to be saved as CSV" if sheets else "no table with AU1 to AU60 here"
        raise LAYOUT.wrong(reading.root, hint)
    for file in files:
        _read_list(reading, file)
    return reading.table(notes=NOTES)


def _lists(folder: Path) -> list[Path]:
    """The tables in a folder: CSV and text files whose first line has addresses and sixty units."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".csv", ".txt"))
    return [file for file in files if _is_list(file)]


def _is_list(file: Path) -> bool:
    with file.open(encoding="utf-8-sig", errors="replace") as opened:
        return len(_cells(opened.readline())) >= BEFORE + LAST


def _cells(line: str) -> list[str]:
    """The cells of a line, without the quotes of either kind."""
    cells = line.split("\t") if "\t" in line else split_csv(line)
    return [cell.strip().strip("'\"").strip() for cell in cells]


def _read_list(reading: Reading, file: Path) -> None:
    beside = {folder.name: folder for parent in (file.parent, reading.root) for folder in subfolders(parent)}
    named = [beside[name] for name in (file.stem, *FOLDERS) if name in beside]
    photos = [Pictures(folder) for folder in (*named, file.parent)]
    units: dict[int, str] = {}
    width = 0
    for place, text in reading.lines(file):
        cells = _cells(text)
        if not units:
            units, width = _units(cells), len(cells)
            if cells[0].upper().startswith("URL"):
                continue
        if len(cells) != width:
            reading.fault("broken line", place, f"{len(cells)} cells, expected {width}: {text[:80]}", rows=1)
            continue
        name = cells[0].rpartition("/")[2]
        photo = next((found for folder in photos if (found := folder.named(name))), None)
        if path := reading.picture(photo, place, name):
            labels = {unit: reading.code(cells[i], CODES, place, unit) for i, unit in units.items()}
            reading.add(place, path=path, list=file.stem, **labels)


def _units(cells: Sequence[str]) -> dict[int, str]:
    """Which cell is which unit: as the header says, or AU1 to AU60 in order where there is none."""
    numbers = {i: re.fullmatch(r"(?i)AU\s*(\d+)", cell) for i, cell in enumerate(cells)}
    named = {i: match[1] for i, match in numbers.items() if match}
    by_place = {BEFORE + number - 1: str(number) for number in range(1, LAST + 1)}
    return {i: name for i, number in (named or by_place).items() if (name := au_name(number))}
