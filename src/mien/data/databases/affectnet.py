"""AffectNet: faces from web searches with an expression, valence and arousal by one annotator each.

The whole release has ``Manually_Annotated_file_lists/training.csv`` and ``validation.csv`` with the columns
``subDirectory_filePath, face_x, face_y, face_width, face_height, facial_landmarks, expression, valence, arousal`` (the
header may be missing; the 68 landmarks are ``x;y;x;y;...``) and pictures under ``Manually_Annotated_Images``.
Expressions: 0 neutral, 1 happiness, 2 sadness, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt, 8 none,
9 uncertain, 10 non-face; valence and arousal of -2 are missing.

The smaller release has ``train_set/images/0.jpg`` with ``train_set/annotations/0_exp.npy``, ``0_val.npy``,
``0_aro.npy`` and ``0_lnd.npy``, and the same for ``val_set``; its faces are cut out, and the codes are the same.

*Source*: Mollahosseini, Hasani & Mahoor 2017, "AffectNet: a database for facial expression, valence, and arousal
computing in the wild"; files as public loaders read them. Not verified: the automatically annotated half is not read.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from mien.data.columns import BOX, LANDMARKS
from mien.data.databases.ibug68 import POINTS, five_points
from mien.data.databases.layout import Layout, Pictures, find_file, find_folder
from mien.data.databases.reading import OTHER, Place, Reading
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS, VA_RANGE, VALENCE_AROUSAL

CLASSES = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
CODES = dict(enumerate((*CLASSES, "none", "uncertain", "non-face")))
MISSING_VA = -2
FILES = {"train": "training.csv", "val": "validation.csv"}
FOLDERS = {"train": ("train_set", "training_set"), "val": ("val_set", "validation_set")}
COLUMNS = (
    *("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks"),
    *("expression", *VALENCE_AROUSAL),
)
ARRAYS = {"expression": "exp", "valence": "val", "arousal": "aro"}
PIXELS = (-1e5, 1e5)
REQUEST = "http://mohammadmahoor.com/affectnet/"
NOTES = {
    "split": "val is what papers report as test; nobody is named",
    OTHER: "8 none (of the eight), 9 uncertain, 10 non-face",
}

LAYOUT = Layout(
    "affectnet", "a folder with Manually_Annotated_file_lists/training.csv and Manually_Annotated_Images", REQUEST
)
LAYOUT_NPY = Layout(
    "affectnet", "a folder with train_set and val_set, each with images/<n>.jpg and annotations/<n>_exp.npy", REQUEST
)


def read(root: Path) -> LabelTable:
    """The manually annotated pictures of the whole release, with face boxes and landmarks."""
    reading = _reading(LAYOUT, root)
    files = {split: find_file(reading.root, name) for split, name in FILES.items()}
    if not any(files.values()):
        raise LAYOUT.wrong(reading.root, f"no {FILES['train']} here")
    pictures = find_folder(reading.root, "Manually_Annotated_Images") or reading.root
    folders: dict[str, Pictures] = {}
    for split, file in files.items():
        if file is None:
            reading.fault("missing file", Place(reading.root), f"no {FILES[split]}")
            continue
        for place, cells in _rows(reading, file):
            folder, _, name = cells["subDirectory_filePath"].rpartition("/")
            if folder not in folders:
                folders[folder] = Pictures(pictures / folder)
            found = folders[folder].named(name)
            if path := reading.picture(found, place, cells["subDirectory_filePath"]):
                where = {**_box(reading, cells, place), **_points(reading, cells["facial_landmarks"], place)}
                reading.add(place, split=split, path=path, **where, **_labels(reading, cells, place))
    return reading.table({"expression": EXPRESSIONS}, NOTES)


def read_npy(root: Path) -> LabelTable:
    """The cut faces of the smaller release, with landmarks where they are there."""
    reading = _reading(LAYOUT_NPY, root)
    folders = {split: find_folder(reading.root, *names) for split, names in FOLDERS.items()}
    if not any(folders.values()):
        raise LAYOUT_NPY.wrong(reading.root, f"no folder {FOLDERS['train'][0]} here")
    for split, folder in folders.items():
        if folder is None:
            reading.fault("missing folder", Place(reading.root), f"no {FOLDERS[split][0]}")
            continue
        for picture in Pictures(folder / "images"):
            annotations = folder / "annotations"
            place = Place(annotations / f"{picture.stem}_{ARRAYS['expression']}.npy")
            cells = {name: _array(reading, annotations / f"{picture.stem}_{s}.npy") for name, s in ARRAYS.items()}
            labels = _labels(reading, {name: str(a.item()) for name, a in cells.items() if a is not None}, place)
            landmarks = annotations / f"{picture.stem}_lnd.npy"
            placed = _array(reading, landmarks) if landmarks.is_file() else None
            points = five_points(placed) if placed is not None else None
            reading.add(place, split=split, path=reading.relative(picture), **(points or {}), **labels)
    return reading.table({"expression": EXPRESSIONS}, NOTES)


def _reading(layout: Layout, root: Path) -> Reading:
    columns = ("split", "path", *BOX, *LANDMARKS, "expression", *VALENCE_AROUSAL)
    return Reading(layout, root, columns, {OTHER: pa.string()})


def _rows(reading: Reading, file: Path) -> Iterator[tuple[Place, dict[str, str]]]:
    """The lines of a list by column, without a header where there is one."""
    for place, text in reading.lines(file):
        if place.line == 1 and text.startswith(COLUMNS[0]):
            continue
        if cells := reading.csv_cells(text, len(COLUMNS), place):
            yield place, dict(zip(COLUMNS, cells, strict=True))


def _labels(reading: Reading, cells: Mapping[str, str], place: Place) -> dict[str, float | str | None]:
    """Of the labels that are there: expression (or ``expression_other``), valence, arousal."""
    labels: dict[str, float | str | None] = {}
    if "expression" in cells:
        name = reading.code(cells["expression"], CODES, place, "expression")
        labels["expression" if name in EXPRESSIONS else OTHER] = name
    for name in VALENCE_AROUSAL:
        if name in cells:
            labels[name] = reading.number(cells[name], VA_RANGE, (MISSING_VA,), place, name)
    return labels


def _box(reading: Reading, cells: Mapping[str, str], place: Place) -> dict[str, float]:
    names = ("face_x", "face_y", "face_width", "face_height")
    x, y, width, height = (reading.number(cells[name], PIXELS, (), place, name) for name in names)
    if x is None or y is None or width is None or height is None:
        return {}
    if width <= 0 or height <= 0:
        reading.fault("empty box", place, f"{width:g} x {height:g} pixels")
        return {}
    return {"x1": x, "y1": y, "x2": x + width, "y2": y + height}


def _points(reading: Reading, text: str, place: Place) -> dict[str, float]:
    points = five_points(text.split(";"))
    if points is None:
        reading.fault("broken landmarks", place, f"not {POINTS} points: {text[:40]!r}")
    return points or {}


def _array(reading: Reading, file: Path) -> np.ndarray | None:
    """An array that is no pickle, or None with a fault."""
    try:
        return np.asarray(np.load(file, allow_pickle=False))
    except FileNotFoundError:
        reading.fault("missing file", Place(file), "not there")
    except (OSError, ValueError, EOFError) as error:
        reading.fault("unreadable file", Place(file), str(error).splitlines()[0])
    return None
