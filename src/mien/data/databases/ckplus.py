"""CK+: posed expressions of the lab, from neutral to apex, with action units and intensities by FACS coders.

``cohn-kanade-images/S005/001/S005_001_00000001.png`` are the frames of subject S005's first sequence. One file per
sequence, named after its last frame, holds its codes: ``FACS/S005/001/S005_001_00000011_facs.txt`` a line
``9 4`` per action unit that is there (unit, intensity; 0 means that the intensity was not given), and
``Emotion/.../S005_001_00000011_emotion.txt`` a number: 0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear,
5 happiness, 6 sadness, 7 surprise. ``Landmarks/.../..._landmarks.txt`` has 68 points per frame. The archives name the
folders also ``extended-cohn-kanade-images``, ``FACS_labels``, ``Emotion_labels``.

Rows: the last frame of a sequence with its codes, where a unit that is not listed is absent; and the first frame,
which the database's paper says is neutral, with that expression and no action units. Frames between carry no codes.

*Source*: Lucey et al. 2010, "The extended Cohn-Kanade dataset (CK+)"; files as public loaders read them. Not verified:
which units the coders looked for in every sequence; those of mien that are listed nowhere in the copy get no column.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from mien.data.columns import LANDMARKS, intensity
from mien.data.databases.ibug68 import five_points
from mien.data.databases.layout import Layout, Pictures, find_folder, subfolders
from mien.data.databases.reading import Place, Reading, au_name
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS, EXPRESSIONS, INTENSITY_RANGE

IMAGES = ("cohn-kanade-images", "extended-cohn-kanade-images")
EMOTION, FACS, POINTS = ("Emotion", "Emotion_labels"), ("FACS", "FACS_labels"), ("Landmarks",)
CODES = dict(enumerate(("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")))
UNIT_NUMBERS = (1, 99)

LAYOUT = Layout(
    database="ckplus",
    expects="a folder with cohn-kanade-images, and Emotion, FACS and Landmarks beside it",
    request="https://www.jeffcohn.net/Resources/ (given out under an agreement)",
)
NOTES = {
    "expression": "of a sequence's last frame; first frames are neutral by the recording protocol, not by annotators",
    "facs": "every unit that was coded at the apex, with its intensity, those without a column of their own included",
}

Units = dict[int, float | None]  # unit -> intensity, None where it was not given


class Facs(NamedTuple):
    """The units that a file lists; where a line of it is broken, others may have been listed, too."""

    units: Units
    whole: bool


def read(root: Path) -> LabelTable:
    """The first and the last frame of every sequence as a label table."""
    units = (*ACTION_UNITS, *map(intensity, ACTION_UNITS))
    columns = ("subject", "clip", "frame", "path", *LANDMARKS, "expression", *units)
    reading = Reading(LAYOUT, root, columns, {"facs": pa.string()})
    images = find_folder(reading.root, *IMAGES)
    if images is None:
        raise LAYOUT.wrong(reading.root, f"no folder {IMAGES[0]} here")
    emotion, facs, points = (_beside(reading, names) for names in (EMOTION, FACS, POINTS))
    sequences = [sequence for subject in subfolders(images) for sequence in subfolders(subject)]
    files = {sequence: _coded(facs, sequence, "_facs.txt") for sequence in sequences}
    coded = {sequence: _facs(reading, file) for sequence, file in files.items() if file}
    looked_for = {unit for found in coded.values() for unit in found.units}
    for sequence in sequences:
        frames, file = Pictures(sequence).numbers, files[sequence]
        expression_file = _coded(emotion, sequence, "_emotion.txt")
        if file is None and facs:
            reading.fault("missing file", Place(sequence), "a sequence without FACS codes")
        named = [int(found.stem.split("_")[2]) for found in (file, expression_file) if found]
        apex = (named or [max(frames, default=0)])[0]
        if expression_file and apex != named[-1]:
            found = f"the emotion is of frame {named[-1]}, the action units of frame {apex}"
            reading.fault("rows do not match", Place(expression_file), found)
            expression_file = None
        place = Place(file or expression_file or sequence)
        labels = {
            "expression": _expression(reading, expression_file) if expression_file else None,
            **(_columns(coded[sequence], looked_for) if file else {}),
        }
        _add(reading, place, sequence, apex, frames, points, labels)
        if apex != 1:
            _add(reading, place, sequence, 1, frames, points, {"expression": "neutral"})
    return reading.table({"expression": EXPRESSIONS}, NOTES)


def _beside(reading: Reading, names: tuple[str, ...]) -> Path | None:
    folder = find_folder(reading.root, *names)
    if folder is None:
        reading.fault("missing folder", Place(reading.root), f"no folder {names[0]}")
        return None
    return find_folder(folder, names[0]) or folder  # Emotion_labels has a folder Emotion


def _coded(folder: Path | None, sequence: Path, ending: str) -> Path | None:
    """The file with a sequence's codes; it is named after the frame that was coded."""
    place = folder / sequence.parent.name / sequence.name if folder else None
    name = f"{sequence.parent.name}_{sequence.name}_{'[0-9]' * 8}{ending}"
    return next(iter(sorted(place.glob(name))), None) if place else None


def _facs(reading: Reading, file: Path) -> Facs:
    units: Units = {}
    lines = list(reading.lines(file))
    if not lines:
        reading.fault("empty file", Place(file), "no action unit")
    for place, text in lines:
        if cells := reading.cells(text, None, 2, place, rows=0):
            unit = reading.number(cells[0], UNIT_NUMBERS, (), place, "action unit")
            strength = reading.number(cells[1], INTENSITY_RANGE, (0,), place, f"intensity of AU{cells[0]}")
            if unit is not None:
                units[int(unit)] = strength
    return Facs(units, whole=0 < len(lines) == len(units))


def _expression(reading: Reading, file: Path) -> str | None:
    for place, text in reading.lines(file):
        return reading.code(text, CODES, place, "emotion")
    reading.fault("empty file", Place(file), "no number")
    return None


def _columns(facs: Facs, looked_for: set[int]) -> dict[str, float | str | None]:
    """Presence and intensity of every unit that the coders looked for; what a whole file does not list is absent."""
    columns: dict[str, float | str | None] = {}
    for unit in looked_for if facs.whole else facs.units:
        if name := au_name(unit):
            columns[name] = int(unit in facs.units)
            columns[intensity(name)] = facs.units.get(unit, 0.0)
    told = [f"{unit}" + (f":{strength:g}" if strength else "") for unit, strength in sorted(facs.units.items())]
    return {**columns, "facs": "+".join(told) or None}


def _add(
    reading: Reading,
    place: Place,
    sequence: Path,
    frame: int,
    frames: Mapping[int, Path],
    points: Path | None,
    labels: Mapping[str, float | str | None],
) -> None:
    subject, number = sequence.parent.name, sequence.name
    name = f"{subject}_{number}_{frame:08d}"
    path = reading.picture(frames.get(frame), place, f"{subject}/{number}/{name}.png")
    if path is None:
        return
    file = points / subject / number / f"{name}_landmarks.txt" if points else None
    placed = _landmarks(reading, file) if file and file.is_file() else {}
    reading.add(place, subject=subject, clip=f"{subject}_{number}", frame=frame, path=path, **placed, **labels)


def _landmarks(reading: Reading, file: Path) -> dict[str, float]:
    points = five_points([text.split() for _, text in reading.lines(file)])
    if points is None:
        reading.fault("broken landmarks", Place(file), "not 68 points")
    return points or {}
