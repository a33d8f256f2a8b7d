"""EmotioNet: web photos with up to sixty action units, by FACS coders for some thousands and by a program for the rest.

A table has a row per photo: its address, the address where it was found first, then one column for each of AU1 to
AU60 with 1, 0, or 999 (in some copies -1) for "not annotated". It is a CSV file whose header has ``URL``, ``URL orig``
and ``'AU 1'`` ... (as ``EmotioNet_FACS_aws_2020_24600``, which is given out as a spreadsheet: save it as CSV), or a
text file with tabs and without a header. Photos are fetched by the user: they are looked for under the last part of
their address in ``images``, ``imgs``, ``img``, a folder named after the table, or beside the table.

Some 2,000 photos have one of sixteen expressions, six basic and ten compound, in a spreadsheet of their own,
``URLsWithEmotionCat`` (save it as CSV, too): the two addresses, then a column per expression with 1 in one of them.
It is another reader, since its photos are not those with action units.

*Source*: Benitez-Quiroz, Srinivasan & Martinez 2016, "EmotioNet: an accurate, real-time algorithm for the automatic
annotation of a million facial expressions in the wild"; files as public loaders read them, five for the expressions.
Not verified: -1 in either table; one loader takes it for "not this expression", the others look for 1 alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from mien.data.databases.layout import Layout, Pictures, subfolders
from mien.data.databases.reading import Place, Reading, au_name, split_csv
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS, EXPRESSIONS

CODES = {0: 0, 1: 1, 999: None, -1: None}
CHOSEN = {0: False, 1: True, -1: False}
BEFORE = 2  # columns with addresses, before those of the labels
LAST = 60
FOLDERS = ("images", "imgs", "img", "image")
BASIC = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
}
COMPOUND = (
    *("angrily_disgusted", "angrily_surprised", "appalled", "awed", "fearfully_angry", "fearfully_surprised"),
    *("happily_disgusted", "happily_surprised", "sadly_angry", "sadly_disgusted"),
)

LAYOUT = Layout(
    database="emotionet",
    expects="a folder with EmotioNet_FACS...csv or dataFile_...txt (addresses, AU1 to AU60), and the photos in images",
    request="http://cbcsl.ece.ohio-state.edu/EmotionNetChallenge/",
)
LAYOUT_COMPOUND = Layout(
    database="emotionet",
    expects="a folder with URLsWithEmotionCat...csv (addresses, sixteen expressions), and the photos in images",
    request=LAYOUT.request,
)
NOTES = {"list": "the table that the photo stands in; nobody is named"}
CLASSES = {"expression": [name for name in EXPRESSIONS if name in BASIC.values()], "compound": list(COMPOUND)}

Columns = dict[int, str]  # which cell of a line is which label


def read(root: Path) -> LabelTable:
    """The photos as a label table, with the action units that were annotated."""
    reading = Reading(LAYOUT, root, ("path", *ACTION_UNITS), {"list": pa.string()})
    for file in _lists(reading, _units, "no table with AU1 to AU60 here"):
        for place, path, cells in _photos(reading, file, _units):
            labels = {unit: reading.code(cell, CODES, place, unit) for unit, cell in cells.items()}
            reading.add(place, path=path, list=file.stem, **labels)
    return reading.table(notes=NOTES)


def read_compound(root: Path) -> LabelTable:
    """The photos with a basic or a compound expression as a label table."""
    reading = Reading(LAYOUT_COMPOUND, root, ("path", "expression", "compound"), {"list": pa.string()})
    for file in _lists(reading, _expressions, "no table with a column for each of sixteen expressions here"):
        for place, path, cells in _photos(reading, file, _expressions):
            codes = {name: reading.code(cell, CHOSEN, place, name) for name, cell in cells.items()}
            chosen = [name for name, code in codes.items() if code]
            if len(chosen) > 1:
                reading.fault("two labels", place, f"{path}: {', '.join(chosen)}", rows=1)
                continue
            name = chosen[0] if chosen else None
            reading.add(
                place,
                path=path,
                list=file.stem,
                expression=BASIC.get(name or ""),
                compound=name if name in COMPOUND else None,
            )
    return reading.table(classes=CLASSES, notes=NOTES)


def _lists(reading: Reading, columns: Callable[[Sequence[str]], Columns], why: str) -> list[Path]:
    """The tables at ROOT and in its folders: CSV and text files whose first line has addresses and these labels."""
    folders = (reading.root, *subfolders(reading.root))
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.suffix.lower() in (".csv", ".txt")]
    found = [file for file in files if columns(_first(file))]
    if not found:
        sheets = [*reading.root.rglob("*.xlsx")]
        raise reading.layout.wrong(reading.root, f"{sheets[0].name} has to be saved as CSV" if sheets else why)
    return found


def _first(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", errors="replace") as opened:
        return _cells(opened.readline())


def _cells(line: str) -> list[str]:
    """The cells of a line, without the quotes of either kind."""
    cells = line.split("\t") if "\t" in line else split_csv(line)
    return [cell.strip().strip("'\"").strip() for cell in cells]


def _photos(
    reading: Reading, file: Path, columns: Callable[[Sequence[str]], Columns]
) -> Iterator[tuple[Place, str, dict[str, str]]]:
    """Where each photo of a table stands, its path, and the cells of its labels by name."""
    beside = {folder.name: folder for parent in (file.parent, reading.root) for folder in subfolders(parent)}
    named = [beside[name] for name in (file.stem, *FOLDERS) if name in beside]
    photos = [Pictures(folder) for folder in (*named, file.parent)]
    labels: Columns = {}
    width = 0
    for place, text in reading.lines(file):
        cells = _cells(text)
        if not labels:
            labels, width = columns(cells), len(cells)
            if cells[0].upper().startswith("URL"):
                continue
        if len(cells) != width:
            reading.fault("broken line", place, f"{len(cells)} cells, expected {width}: {text[:80]}", rows=1)
            continue
        name = cells[0].rpartition("/")[2]
        photo = next((found for folder in photos if (found := folder.named(name))), None)
        if path := reading.picture(photo, place, name):
            yield place, path, {label: cells[i] for i, label in labels.items()}


def _units(cells: Sequence[str]) -> Columns:
    """Which cell is which unit: as the header says, or AU1 to AU60 in order where there is none."""
    if len(cells) < BEFORE + LAST:
        return {}
    numbers = {i: re.fullmatch(r"(?i)AU\s*(\d+)", cell) for i, cell in enumerate(cells)}
    named = {i: match[1] for i, match in numbers.items() if match}
    by_place = {BEFORE + number - 1: str(number) for number in range(1, LAST + 1)}
    return {i: name for i, number in (named or by_place).items() if (name := au_name(number))}


def _expressions(cells: Sequence[str]) -> Columns:
    """Which cell is which of the sixteen expressions, by the header; none where it does not have them all."""
    known = (*BASIC, *COMPOUND)
    found = {i: name for i, cell in enumerate(cells) if (name := cell.lower().replace(" ", "_")) in known}
    return found if len(found) == len(known) else {}
