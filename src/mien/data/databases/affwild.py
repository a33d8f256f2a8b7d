"""Aff-Wild: 298 videos with valence and arousal in every frame, as the challenge of 2017 gave them out.

``annotations/train/valence/105.txt`` and ``annotations/train/arousal/105.txt`` have a number of -1 to 1 per line, the
first for frame 1. The release has videos, not pictures: take the frames (or the faces in them) out first, as
``<folder>/105/<frame>.png``. Pictures that are numbered from 0 are told by their 0. The labels of the test part were
not given out.

*Source*: Zafeiriou et al. 2017, "Aff-Wild: valence and arousal 'in-the-wild' challenge"; folders as public loaders read
them. Not verified: the boxes and landmarks of the release, which are not read.
"""

from pathlib import Path

from mien.data.databases.layout import Layout, Pictures, find_folder, folders_below
from mien.data.databases.reading import Place, Reading
from mien.data.table import LabelTable
from mien.labels import VA_RANGE, VALENCE_AROUSAL

SPLIT = "train"
NO_PICTURES = {"annotations", "bboxes", "bboxs", "landmarks"}
LAYOUT = Layout(
    database="affwild",
    expects="a folder with annotations/train/valence/105.txt, and frames as <folder>/105/<frame>.png",
    request="https://ibug.doc.ic.ac.uk/resources/first-affect-wild-challenge/",
)
NOTES = {
    "clip": "the video; nobody is named",
    "frame": "from 1; the annotations state no times",
    "split": "train alone has labels: make others with 'mien table split'",
}

Values = dict[int, tuple[Place, float | None]]  # frame -> where it stands, value


def read(root: Path) -> LabelTable:
    """The annotated frames as a label table."""
    reading = Reading(LAYOUT, root, ("split", "clip", "frame", "path", *VALENCE_AROUSAL))
    annotations = find_folder(reading.root, "annotations")
    axes = {axis: annotations / SPLIT / axis for axis in VALENCE_AROUSAL} if annotations else {}
    videos = sorted({file.stem for folder in axes.values() for file in folder.glob("*.txt")})
    if not videos:
        raise LAYOUT.wrong(reading.root, f"no annotations/{SPLIT}/valence here")
    folders: dict[str, Path] = {}
    for folder in folders_below(reading.root):
        if not NO_PICTURES & {part.lower() for part in folder.relative_to(reading.root).parts}:
            folders.setdefault(folder.name, folder)
    for video in videos:
        values = {axis: _values(reading, folder / f"{video}.txt", axis) for axis, folder in axes.items()}
        _note_short(reading, axes, values, video)
        _add_frames(reading, video, values, Pictures(folders.get(video, reading.root / video)))
    return reading.table(notes=NOTES)


def _values(reading: Reading, file: Path, axis: str) -> Values:
    if not file.is_file():
        reading.fault("missing file", Place(file), f"no {axis} of {file.stem}")
        return {}
    return {
        place.line or 0: (place, reading.number(text, VA_RANGE, (), place, axis)) for place, text in reading.lines(file)
    }


def _note_short(reading: Reading, axes: dict[str, Path], values: dict[str, Values], video: str) -> None:
    longest = max(map(len, values.values()))
    for axis, given in values.items():
        if 0 < len(given) < longest:
            found = f"{len(given)} lines, the other has {longest}"
            reading.fault("too few lines", Place(axes[axis] / f"{video}.txt"), found)


def _add_frames(reading: Reading, video: str, values: dict[str, Values], pictures: Pictures) -> None:
    places = {frame: place for given in values.values() for frame, (place, _) in given.items()}
    if places and not len(pictures):
        found = f"no frames of {video}; take them out of the video"
        reading.fault("missing folder", Place(places[min(places)].file), found, rows=len(places))
        return
    for frame, place in sorted(places.items()):
        if path := reading.picture(pictures.frame(frame), place, f"of {video}, frame {frame}"):
            labels = {axis: given[frame][1] for axis, given in values.items() if frame in given}
            reading.add(place, split=SPLIT, clip=video, frame=frame, path=path, **labels)
    if places and (beyond := len(pictures.beyond(max(places)))):
        found = f"{beyond} pictures beyond the last line"
        reading.fault("too few lines", places[max(places)], found, rows=beyond)
