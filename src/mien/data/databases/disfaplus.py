"""DISFA+: nine people posing action units and expressions, intensity 0-5 of twelve units in every frame.

``Labels/SN001/A1_AU1_TrailNo_1/AU1.txt`` (so spelled) has two lines of header, then a line ``000.jpg 0`` per frame;
the frame is ``Images/SN001/A1_AU1_TrailNo_1/000.jpg``. Presence follows DISFA's rule: from intensity 2 on.

*Source*: Mavadati, Sanger & Mahoor 2016, "Extended DISFA dataset: investigating posed and spontaneous facial
expressions"; files as public loaders read them. Not verified: the names of the two top folders (any will do), and what
the two lines of header say.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from mien.data.databases.disfa import COLUMNS, PRESENCE_NOTE, UNITS, au_columns
from mien.data.databases.layout import Layout, Pictures, folders_below, is_picture
from mien.data.databases.reading import Place, Reading, au_name
from mien.data.table import LabelTable
from mien.labels import INTENSITY_RANGE

HEADER = 2
LAYOUT = Layout(
    database="disfaplus",
    expects="a folder with Labels/SN001/<trial>/AU1.txt and Images/SN001/<trial>/000.jpg",
    request="http://mohammadmahoor.com/disfa/",
)
NOTES = {
    **dict.fromkeys(UNITS, PRESENCE_NOTE.replace("DISFA", "DISFA+")),
    "clip": "the trial: what the person was asked to show",
    "frame": "from 0, as the pictures are named",
}


def read(root: Path) -> LabelTable:
    """The frames of all trials as a label table: intensities, and presence by rule."""
    reading = Reading(LAYOUT, root, COLUMNS)
    trials = [folder for folder in folders_below(reading.root) if re.fullmatch(r"SN\d+", folder.parent.name)]
    labelled = [trial for trial in trials if any(_unit(file) for file in trial.glob("AU*.txt"))]
    if not labelled:
        raise LAYOUT.wrong(reading.root, "no trial with AU1.txt, as Labels/SN001/A1_AU1_TrailNo_1, here")
    pictures = {(t.parent.name, t.name): t for t in trials if t not in labelled or len(Pictures(t))}
    for trial in labelled:
        key = trial.parent.name, trial.name
        _read_trial(reading, trial, Pictures(pictures.get(key, trial)))
    return reading.table(notes=NOTES)


def _unit(file: Path) -> str | None:
    """The unit that a file is named after."""
    unit = au_name(file.stem[2:])
    return unit if unit in UNITS else None


def _read_trial(reading: Reading, trial: Path, pictures: Pictures) -> None:
    strengths: dict[str, dict[str, float | None]] = {}  # picture -> unit -> intensity
    places: dict[str, Place] = {}
    files = {unit: file for file in sorted(trial.glob("AU*.txt")) if (unit := _unit(file))}
    for unit in UNITS:
        if unit not in files:
            reading.fault("missing file", Place(trial), f"no labels of {unit}")
            continue
        for place, name, strength in _lines(reading, files[unit]):
            places.setdefault(name, place)
            given = strengths.setdefault(name, {})
            if given.get(unit, strength) != strength:
                reading.fault("two labels", place, f"{name} has {given[unit]} and {strength}")
                strength = None
            given[unit] = strength
    for unit, file in files.items():
        if short := sum(unit not in given for given in strengths.values()):
            reading.fault("too few lines", Place(file), f"{short} frames less than other units")
    for name, given in strengths.items():
        stem = Path(name).stem
        if path := reading.picture(pictures.named(name), places[name], f"{trial.parent.name}/{trial.name}/{name}"):
            subject = trial.parent.name
            clip, frame = f"{subject}/{trial.name}", int(stem) if stem.isdigit() else None
            reading.add(places[name], subject=subject, clip=clip, frame=frame, path=path, **au_columns(given))
    if beyond := [picture.name for picture in pictures if picture.name not in strengths]:
        reading.fault("no label", Place(trial), f"{len(beyond)} pictures, as {beyond[0]}", rows=len(beyond))


def _lines(reading: Reading, file: Path) -> Iterator[tuple[Place, str, float | None]]:
    """Place, picture and intensity of each line below the header."""
    for place, text in reading.lines(file):
        name, *rest = text.split()
        if is_picture(name) and len(rest) == 1:
            yield place, name, reading.number(rest[0], INTENSITY_RANGE, (), place, "intensity")
        elif (place.line or 0) > HEADER:
            reading.fault("broken line", place, f"no picture and intensity: {text[:80]}")
