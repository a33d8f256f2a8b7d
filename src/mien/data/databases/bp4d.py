"""BP4D: 41 people in eight tasks, action units by FACS coders: presence, and the intensity of five.

``AUCoding/F001_T1.csv`` (in later releases ``AUCoding/AU_OCC``) has a header with the numbers of the units and a line
per frame: its number, then 0, 1, or 9 for "not coded". ``AU_INT/AU06/F001_T1_AU06.csv`` (or ``AU-Intensity-Codes3.0``)
has lines ``frame,intensity`` without a header, 0-5, or 9. A frame is ``<folder>/F001/T1/<frame>.jpg``, with any number
of leading zeros.

*Source*: Zhang et al. 2014, "BP4D-Spontaneous: a high-resolution spontaneous 3D dynamic facial expression database";
files as public code of later papers reads them. Not verified: the folder of the pictures (any above F001/T1 will do)
and the columns above 64, which are not read.
"""

import re
from pathlib import Path

from mien.data.columns import intensity
from mien.data.databases.layout import Layout, Pictures, find_folder, folders_below, subfolders
from mien.data.databases.reading import Place, Reading, au_name
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS, INTENSITY_RANGE

PRESENCE, STRENGTH = ("AU_OCC", "AUCoding"), ("AU_INT", "AU-Intensity-Codes3.0")
NOT_CODED = 9
CODES = {0: 0, 1: 1, NOT_CODED: None}
SUBJECT, TASK = r"[FM]\d{3}", r"T\d+"
FRAMES = (0, 1e6)

LAYOUT = Layout(
    database="bp4d",
    expects="a folder with AUCoding/F001_T1.csv (or AUCoding/AU_OCC), and frames as <folder>/F001/T1/<frame>.jpg",
    request="http://www.cs.binghamton.edu/~lijun/Research/3DFE/3DFE_Analysis.html",
)
NOTES = {"clip": "subject and task, T1-T8", "frame": "as in the codes and the pictures' names"}

Strengths = dict[int, dict[str, float | None]]  # frame -> column -> intensity


def read(root: Path) -> LabelTable:
    """The coded frames as a label table: presence of all units, intensity where it was coded."""
    units = (*ACTION_UNITS, *map(intensity, ACTION_UNITS))
    reading = Reading(LAYOUT, root, ("subject", "clip", "frame", "path", *units))
    below = (reading.root, *folders_below(reading.root))
    places = [folder for name in PRESENCE for folder in below if folder.resolve().name.lower() == name.lower()]
    files = next((found for folder in places if (found := sorted(folder.glob("*.csv")))), [])
    if not files:
        raise LAYOUT.wrong(reading.root, "no AUCoding/F001_T1.csv here")
    strength = find_folder(reading.root, *STRENGTH)
    folders = {
        (folder.parent.name, folder.name): folder
        for folder in below
        if re.fullmatch(TASK, folder.name) and re.fullmatch(SUBJECT, folder.parent.name)
    }
    for file in files:
        subject, _, task = file.stem.partition("_")
        if not (re.fullmatch(SUBJECT, subject) and re.fullmatch(TASK, task)):
            reading.fault("unknown file", Place(file), "not named after a subject and a task, as F001_T1")
            continue
        pictures = Pictures(folders.get((subject, task), reading.root / subject / task))
        _read_task(reading, file, pictures, _strengths(reading, strength, file.stem))
    return reading.table(notes=NOTES)


def _read_task(reading: Reading, file: Path, pictures: Pictures, strengths: Strengths) -> None:
    lines = list(reading.lines(file))
    header = [cell.strip() for cell in lines[0][1].split(",")] if lines else []
    units = {i: name for i, cell in enumerate(header) if i and (name := au_name(cell))}
    if not units:
        reading.fault("unknown header", Place(file, 1), ",".join(header)[:80], rows=max(len(lines) - 1, 0))
        return
    if not len(pictures):
        reading.fault("missing folder", Place(file), f"no pictures of {file.stem}", rows=len(lines) - 1)
        return
    coded: set[int] = set()
    for place, text in lines[1:]:
        cells = reading.cells(text, ",", len(header), place)
        frame = reading.number(cells[0], FRAMES, (), place, "frame") if cells else None
        if cells is None or frame is None:
            continue
        coded.add(int(frame))
        if path := reading.picture(pictures.numbers.get(int(frame)), place, f"of {file.stem}, frame {frame:g}"):
            labels = {name: reading.code(cells[i], CODES, place, name) for i, name in units.items()}
            where = {"subject": file.stem.split("_")[0], "clip": file.stem, "frame": int(frame), "path": path}
            reading.add(place, **where, **labels, **strengths.get(int(frame), {}))
    if stray := strengths.keys() - coded:
        reading.fault(
            "too few lines", Place(file), f"{len(stray)} frames have an intensity and no presence", len(stray)
        )


def _strengths(reading: Reading, folder: Path | None, task: str) -> Strengths:
    """The intensities of one task, from one file per unit."""
    found: Strengths = {}
    for unit in subfolders(folder) if folder else []:
        name = au_name(unit.name[2:])
        file = unit / f"{task}_{unit.name}.csv"
        if name is None or not file.is_file():
            reading.fault("missing file", Place(file), f"no intensities of {unit.name} for {task}")
            continue
        for place, text in reading.lines(file):
            if cells := reading.cells(text, ",", 2, place, rows=0):
                frame = reading.number(cells[0], FRAMES, (), place, "frame")
                strength = reading.number(cells[1], INTENSITY_RANGE, (NOT_CODED,), place, intensity(name))
                if frame is not None:
                    found.setdefault(int(frame), {})[intensity(name)] = strength
    return found
