"""MMI: posed and spontaneous clips, action units with their phases, basic emotions.

``Sessions/<number>`` has ``S001-001.avi``, ``S001-001.xml`` with ``<Metatag Name="Emotion" Value="4"/>`` where a basic
emotion was shown, and for coded clips ``S001-001-oao_aucs.xml``: an ``ActionUnit`` with its ``Number`` for every unit
that moves, and in it ``Marker`` by ``Marker`` with the ``Frame``, from 1, at which a phase begins, and its ``Type``: 0
neutral, 1 onset, 2 apex, 3 offset. Take the frames out of the clips first, as ``<folder>/S001-001/<frame>.png`` (any
folder). Sessions of a still picture have ``S001-001.jpg`` in the clip's place.

A unit is there in all phases but neutral. Units that no coded clip lists were not looked for and get no column; what a
coded clip does not list is absent from it. The emotion is of the frames in which a unit is at its apex, and neutral is
where all units are. Clips without codes follow the rule of the papers (Li & Deng 2020, "Deep facial expression
recognition: a survey"): the three frames in the middle show the emotion, the first is neutral.

*Source*: Pantic et al. 2005, "Web-based database for facial expression analysis"; files as public code reads them, that
of five authors for the marks of action units. From one alone: what the types of marks stand for, the numbers of the
emotions, the stills. Not verified: that the name of a clip begins with its subject.
"""

import re
import xml.etree.ElementTree as xml
from bisect import bisect_right
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from mien.data.databases.layout import Layout, Pictures, find_folder, folders_below, subfolders
from mien.data.databases.reading import MISSING_PICTURE, Place, Reading, au_name
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS, EXPRESSIONS

SESSIONS = "Sessions"
CODED = "-oao_aucs.xml"
EMOTIONS = dict(enumerate(("anger", "disgust", "fear", "happiness", "sadness", "surprise"), start=1))
NEUTRAL, ONSET, APEX, OFFSET = range(4)
PHASES = {phase: phase for phase in (NEUTRAL, ONSET, APEX, OFFSET)}
FRAMES = (1, 1e6)
MIDDLE = 3  # frames of a clip without codes that show its emotion
HARM = (b"<!DOCTYPE", b"<!ENTITY")  # these files have none, and an entity may blow up to gigabytes

LAYOUT = Layout(
    database="mmi",
    expects=f"a folder with {SESSIONS}/<number>/S001-001.xml, and frames as <folder>/S001-001/<frame>.png",
    request="https://mmifacedb.eu",
)
NOTES = {
    "clip": "as the film is called",
    "frame": "from 1",
    "expression": "of coded clips at an apex, of others the three frames in the middle; a rule of the papers",
}

Marks = list[tuple[int, int]]  # (frame, the phase that begins there), by frame
Units = dict[str, list[Marks]]  # both sides of a face may have marks of their own


def read(root: Path) -> LabelTable:
    """The coded frames, and those that show an emotion, as a label table."""
    reading = Reading(LAYOUT, root, ("subject", "clip", "frame", "path", "expression", *ACTION_UNITS))
    sessions = find_folder(reading.root, SESSIONS)
    clips = [file for folder in subfolders(sessions) for file in _clips(folder)] if sessions else []
    if not clips:
        raise LAYOUT.wrong(reading.root, f"no {SESSIONS}/<number>/S001-001.xml here")
    codes = {clip: _units(reading, clip) for clip in clips}
    looked_for = sorted({unit for units in codes.values() for unit in units or ()})
    folders = {folder.name: folder for folder in folders_below(reading.root, depth=4)}
    for clip in clips:
        emotion, still = _emotion(reading, clip), Pictures(clip.parent).named(f"{clip.stem}.jpg")
        if still:
            _add(reading, clip, None, still, {"expression": emotion})
            continue
        pictures = Pictures(folders.get(clip.stem, clip.parent / clip.stem))
        units, length = codes[clip], _length(pictures)
        last = _last(units) if units is not None else (MIDDLE + 1) * (emotion is not None)
        if last and not length:
            found = f"no frames of {clip.stem}; take them out of the film"
            reading.fault("missing folder", Place(clip), found, rows=last)
            continue
        if units is not None and last > length:
            found = f"{last - length} frames of {clip.stem} after the last picture"
            reading.fault(MISSING_PICTURE, Place(clip), found, rows=last - length)
        labels = _by_rule(emotion, length) if units is None else _by_codes(emotion, units, looked_for, length)
        for frame, of_it in labels.items():
            _add(reading, clip, frame, pictures.frame(frame), of_it)
    return reading.table({"expression": [name for name in EXPRESSIONS if name != "contempt"]}, NOTES)


def _clips(session: Path) -> list[Path]:
    return [file for file in sorted(session.glob("*.xml")) if re.fullmatch(r"[A-Za-z]*\d+-\d+", file.stem)]


def _root(reading: Reading, file: Path) -> xml.Element | None:
    """The outermost element of a file, or None with a fault."""
    try:
        content = file.read_bytes()
        if any(mark in content for mark in HARM):
            reading.fault("unreadable file", Place(file), "declares entities, which no file of MMI does")
            return None
        return xml.fromstring(content)
    except (OSError, xml.ParseError, ValueError, LookupError) as error:  # the last two for encodings
        reading.fault("unreadable file", Place(file), str(error))
    return None


def _emotion(reading: Reading, clip: Path) -> str | None:
    root = _root(reading, clip)
    tags = root.iter("Metatag") if root is not None else ()
    value = next((tag.get("Value", "") for tag in tags if tag.get("Name") == "Emotion"), None)
    return None if value is None else reading.code(value, EMOTIONS, Place(clip), "Emotion")


def _units(reading: Reading, clip: Path) -> Units | None:
    """The marks of every unit that a coded clip lists; None for a clip without codes, or with broken ones."""
    file = clip.parent / f"{clip.stem}{CODED}"
    root = _root(reading, file) if file.is_file() else None
    if root is None:
        return None
    units: Units = {}
    for element in root.iter("ActionUnit"):
        number = element.get("Number", "").strip("LRlr ")
        if not number.isdecimal():
            reading.fault("unknown code", Place(file), f"ActionUnit is {element.get('Number')!r}, expected a number")
        elif name := au_name(int(number)):
            units.setdefault(name, []).append(_marks(reading, element, file))
    return units


def _marks(reading: Reading, unit: xml.Element, file: Path) -> Marks:
    marks: Marks = []
    for marker in unit.iter("Marker"):
        what = f"of AU{unit.get('Number')}"
        frame = reading.number(marker.get("Frame", ""), FRAMES, (), Place(file), f"frame {what}")
        phase = reading.code(marker.get("Type", ""), PHASES, Place(file), f"phase {what}")
        if frame is not None and phase is not None:
            marks.append((int(frame), phase))
    return sorted(marks)


def _phase(marks: Marks, frame: int) -> int | None:
    """The phase at a frame; None before the first mark."""
    place = bisect_right([at for at, _ in marks], frame)
    return marks[place - 1][1] if place else None


def _last(units: Units) -> int:
    """The last frame with a mark."""
    return max((frame for marks in chain(*units.values()) for frame, _ in marks), default=0)


def _by_codes(
    emotion: str | None, units: Units, looked_for: list[str], length: int
) -> dict[int, dict[str, str | int | None]]:
    """Frame -> its labels, for a clip with marks."""
    found: dict[int, dict[str, str | int | None]] = {}
    for frame in range(1, length + 1):
        phases = {unit: [_phase(marks, frame) for marks in units.get(unit, ())] for unit in looked_for}
        at_apex = any(APEX in of_it for of_it in phases.values())
        at_rest = all(phase == NEUTRAL for of_it in phases.values() for phase in of_it)
        shown = emotion if at_apex else "neutral" if emotion and at_rest else None
        found[frame] = {"expression": shown, **{unit: _present(of_it) for unit, of_it in phases.items()}}
    return found


def _present(phases: list[int | None]) -> int | None:
    """Whether a unit is there on either side; it is not where the clip does not list it."""
    if any(phase not in (None, NEUTRAL) for phase in phases):
        return 1
    return None if None in phases else 0


def _by_rule(emotion: str | None, length: int) -> dict[int, dict[str, str | int | None]]:
    """Frame -> its expression, for a clip without marks."""
    if emotion is None:
        return {}
    first = max((length - MIDDLE) // 2 + 1, 2)
    middle = range(first, min(first + MIDDLE, length + 1))
    return {1: {"expression": "neutral"}, **{frame: {"expression": emotion} for frame in middle}}


def _length(pictures: Pictures) -> int:
    return max(pictures.numbers, default=0) + (0 in pictures.numbers)


def _add(
    reading: Reading, clip: Path, frame: int | None, picture: Path | None, labels: Mapping[str, str | int | None]
) -> None:
    place = Place(clip)
    wanted = f"of {clip.stem}, frame {frame}"
    if path := reading.picture(picture, place, wanted):
        reading.add(place, subject=clip.stem.split("-")[0], clip=clip.stem, frame=frame, path=path, **labels)
