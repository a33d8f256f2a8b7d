"""DISFA: 27 people watching a film, intensity 0-5 of twelve action units in every frame.

``ActionUnit_Labels/SN001/SN001_au1.txt`` has a line ``frame,intensity`` per frame, from 1. The release has videos, not
pictures: take the frames out first, as ``<folder>/SN001/<frame>.png`` (any folder whose name ends in the subject will
do, ``LeftVideoSN001`` too; where there is a left and a right camera, the left is read). Pictures that are numbered from
0 are told by their 0.

DISFA gives intensities. Presence is the rule of the papers that report on it: present from intensity 2 on.

*Source*: Mavadati et al. 2013, "DISFA: a spontaneous facial action intensity database"; files and the rule of presence
as public code of later papers has them. Not verified: that pictures numbered from 0 begin with the first labelled
frame.
"""

import re
from pathlib import Path

from mien.data.columns import intensity
from mien.data.databases.layout import Layout, Pictures, find_folder, folders_below, subfolders
from mien.data.databases.reading import Place, Reading, au_name
from mien.data.table import LabelTable
from mien.labels import INTENSITY_RANGE

LABELS = "ActionUnit_Labels"
PRESENT_FROM = 2
UNITS = tuple(f"AU{n:02d}" for n in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26))
COLUMNS = ("subject", "clip", "frame", "path", *UNITS, *map(intensity, UNITS))
PRESENCE_NOTE = f"present from intensity {PRESENT_FROM} on: a rule of the papers, DISFA gives intensities"

LAYOUT = Layout(
    database="disfa",
    expects=f"a folder with {LABELS}/SN001/SN001_au1.txt, and frames as <folder>/SN001/<frame>.png",
    request="http://mohammadmahoor.com/disfa/",
)
NOTES = {**dict.fromkeys(UNITS, PRESENCE_NOTE), "frame": "from 1, as in the labels"}

Strengths = dict[int, float | None]  # frame -> intensity


def read(root: Path) -> LabelTable:
    """The frames of all subjects as a label table: intensities, and presence by rule."""
    reading = Reading(LAYOUT, root, COLUMNS)
    labels = find_folder(reading.root, LABELS)
    if labels is None:
        raise LAYOUT.wrong(reading.root, f"no folder {LABELS} here")
    folders = [folder for folder in folders_below(reading.root) if labels not in (folder, *folder.parents)]
    for subject in subfolders(labels):
        units = {}
        for file in sorted(subject.glob("*_au*.txt")):
            unit = au_name(file.stem.rpartition("_au")[2])
            if unit not in UNITS:
                reading.fault("unknown code", Place(file), f"{file.name} is of no unit that DISFA codes")
                continue
            units[unit] = _strengths(reading, file)
        frames = sorted({frame for strengths in units.values() for frame in strengths})
        _note_short(reading, subject, units, len(frames))
        pictures = _pictures(subject.name, folders)
        if not len(pictures) and frames:
            found = f"no frames of {subject.name}; take them out of the video"
            reading.fault("missing folder", Place(subject), found, rows=len(frames))
            continue
        _add_frames(reading, subject, frames, units, pictures)
    return reading.table(notes=NOTES)


def au_columns(strengths: dict[str, float | None]) -> dict[str, float | None]:
    """Intensity of each unit, and its presence by the rule."""
    present = {unit: None if s is None else int(s >= PRESENT_FROM) for unit, s in strengths.items()}
    return {**present, **{intensity(unit): strength for unit, strength in strengths.items()}}


def _strengths(reading: Reading, file: Path) -> Strengths:
    """Intensity by frame; a frame with two different ones has none."""
    found: Strengths = {}
    for place, text in reading.lines(file):
        if cells := reading.cells(text, ",", 2, place, rows=0):
            frame = reading.number(cells[0], (0, 1e9), (), place, "frame")
            strength = reading.number(cells[1], INTENSITY_RANGE, (), place, "intensity")
            if frame is None:
                continue
            if found.get(int(frame), strength) != strength:
                reading.fault("two labels", place, f"frame {frame:g} has {found[int(frame)]} and {strength}")
                strength = None
            found[int(frame)] = strength
    return found


def _note_short(reading: Reading, subject: Path, units: dict[str, Strengths], frames: int) -> None:
    """Files that have fewer frames than the others, and units without a file: their labels are missing."""
    for unit in UNITS:
        file = subject / f"{subject.name}_au{int(unit[2:])}.txt"
        if unit not in units:
            reading.fault("missing file", Place(file), f"no labels of {unit} for {subject.name}")
        elif len(units[unit]) < frames:
            reading.fault("too few lines", Place(file), f"{len(units[unit])} frames, other units have {frames}")


def _pictures(subject: str, folders: list[Path]) -> Pictures:
    named = [f for f in folders if re.search(rf"{subject}(?!\d)", f.name, re.IGNORECASE)]
    named.sort(key=lambda folder: "right" in folder.as_posix().lower())
    return next((found for folder in named if len(found := Pictures(folder))), Pictures(Path(subject)))


def _add_frames(
    reading: Reading, subject: Path, frames: list[int], units: dict[str, Strengths], pictures: Pictures
) -> None:
    name = subject.name
    for line, frame in enumerate(frames, start=1):
        place = Place(subject / f"{name}_au{int(next(iter(units))[2:])}.txt", line)
        if path := reading.picture(pictures.frame(frame), place, f"of {name}, frame {frame}"):
            labels = au_columns({unit: strengths.get(frame) for unit, strengths in units.items()})
            reading.add(place, subject=name, clip=name, frame=frame, path=path, **labels)
    if frames and (beyond := len(pictures.beyond(frames[-1]))):
        reading.fault("too few lines", Place(subject), f"{beyond} pictures after frame {frames[-1]}", rows=beyond)
