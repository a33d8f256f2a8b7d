"""AFEW-VA: 600 clips of films with valence, arousal and 68 landmarks in every frame.

``01/001/001.json`` beside the frames ``01/001/00000.png``: ``{"video_id": ..., "actor": ..., "frames": {"00000":
{"valence": 3.0, "arousal": 5.0, "landmarks": [[x, y], ...]}}}``. Values are whole numbers of -10 to 10 and are
divided by 10. The archives unpack into twelve folders of fifty clips, or into one.

*Source*: Kossaifi et al. 2017, "AFEW-VA database for valence and arousal estimation in-the-wild"; files as public
loaders read them.
"""

import json
from pathlib import Path
from typing import Any

from mien.data.columns import LANDMARKS
from mien.data.databases.ibug68 import five_points
from mien.data.databases.layout import Layout, Pictures, folders_below
from mien.data.databases.reading import Place, Reading
from mien.data.table import LabelTable
from mien.labels import VALENCE_AROUSAL

SCALE = 10
LAYOUT = Layout(
    database="afew_va",
    expects="a folder with 01/001/001.json and 01/001/00000.png, or the folder that has the clips",
    request="https://ibug.doc.ic.ac.uk/resources/afew-va-database/",
)
NOTES = {
    "subject": "the actor, as the clip's file names them; none where it does not",
    "frame": "from 0, as the pictures are named; the clips state no times",
}


def read(root: Path) -> LabelTable:
    """The frames of all clips as a label table."""
    reading = Reading(LAYOUT, root, ("subject", "clip", "frame", "path", *LANDMARKS, *VALENCE_AROUSAL))
    folders = (reading.root, *folders_below(reading.root))
    clips = [folder for folder in folders if (folder / f"{folder.resolve().name}.json").is_file()]
    if not clips:
        raise LAYOUT.wrong(reading.root, "no clip with a JSON file, as 01/001/001.json, here")
    for clip in clips:
        _read_clip(reading, clip)
    return reading.table(notes=NOTES)


def _read_clip(reading: Reading, clip: Path) -> None:
    file = clip / f"{clip.resolve().name}.json"
    pictures = Pictures(clip)
    try:
        content = json.loads(file.read_bytes())
        frames = dict(content["frames"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reading.fault("unreadable file", Place(file), f"{type(error).__name__}: {error}", rows=len(pictures))
        return
    for name, given in frames.items():
        place = Place(file)
        labels = {axis: _value(reading, given, axis, name, place) for axis in VALENCE_AROUSAL}
        points = five_points(given.get("landmarks", ())) if isinstance(given, dict) else None
        if points is None:
            reading.fault("broken landmarks", place, f"frame {name}: not 68 points")
        path = reading.picture(pictures.named(name), place, f"{clip.name}/{name}.png")
        if path:
            subject = str(content.get("actor") or "") or None
            frame = int(name) if name.isdigit() else None
            reading.add(place, subject=subject, clip=file.stem, frame=frame, path=path, **(points or {}), **labels)
    if stray := [picture.name for picture in pictures if picture.stem not in frames]:
        reading.fault("no label", Place(file), f"{len(stray)} pictures, as {stray[0]}", rows=len(stray))


def _value(reading: Reading, given: Any, axis: str, frame: str, place: Place) -> float | None:
    """Valence or arousal of a frame, in -1 to 1."""
    text = str(given.get(axis, "missing")) if isinstance(given, dict) else "missing"
    value = reading.number(text, (-SCALE, SCALE), (), place, f"{axis} of frame {frame}")
    return None if value is None else value / SCALE
