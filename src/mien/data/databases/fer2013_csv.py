"""FER2013 as it was given out: one CSV file with the pixels of 48x48 grey faces, seven classes.

``fer2013.csv`` has the columns emotion, pixels, Usage; ``icml_face_data.csv`` is the same file with blanks in its
header and another order. Emotions: 0 anger, 1 disgust, 2 fear, 3 happiness, 4 sadness, 5 surprise, 6 neutral.

*Source*: Goodfellow et al. 2013, "Challenges in representation learning"; the format as public loaders of the Kaggle
file read it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from mien.data.databases.layout import Layout, find_file
from mien.data.databases.reading import Place, Reading
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

FILES = ("fer2013.csv", "icml_face_data.csv")
COLUMNS = ("emotion", "pixels", "Usage")
CODES = dict(enumerate(("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")))
SPLITS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
ORDER = ("train", "val", "test")
SIZE = 48

LAYOUT = Layout(
    database="fer2013",
    expects="fer2013.csv (emotion, pixels, Usage), or the folder that has it",
    request="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
)
NOTES = {
    "split": "val_leaked and test_leaked hold rows whose photo, pixel for pixel, is in an earlier split",
    "subject": "nobody is named; exact copies of a photo share a subject, others have none",
}


class Face(NamedTuple):
    """A row of the file: its number from 0, where it stands, the cells, and the pixels as bytes."""

    number: int
    place: Place
    emotion: str
    usage: str
    pixels: bytes


def read(root: Path) -> LabelTable:
    """The faces as a label table. Copies of a photo that carry another label stay, and are noted as "two labels"."""
    reading = Reading(LAYOUT, root, ("split", "subject", "frame", "image", "expression"))
    met: dict[bytes, str | None] = {}
    for face, where in with_splits(reading, list(faces(reading, find(reading)))):
        expression = reading.code(face.emotion, CODES, face.place, "emotion")
        if expression is not None and met.setdefault(face.pixels, expression) != expression:
            reading.fault("two labels", face.place, f"{expression}, of an earlier copy {met[face.pixels]}")
        reading.add(face.place, **where, frame=face.number, image=encoded(face), expression=expression)
    classes = [name for name in EXPRESSIONS if name != "contempt"]
    return reading.table({"expression": classes}, {**NOTES, "frame": "number of the row, from 0"})


def find(reading: Reading) -> Path:
    """The CSV file; raises where there is none."""
    file = find_file(reading.root, *FILES)
    if file is None:
        raise reading.layout.wrong(reading.root, f"no {FILES[0]} here")
    return file


def faces(reading: Reading, file: Path) -> Iterator[Face]:
    """The rows whose picture is whole; of the others a fault is noted."""
    lines = reading.lines(file)
    _, header = next(lines, (None, ""))
    names = [name.strip().strip('"') for name in header.split(",")]
    if missing := [name for name in COLUMNS if name not in names]:
        raise reading.layout.wrong(file, f"no column {missing[0]!r} but {header[:80]!r}")
    where = [names.index(name) for name in COLUMNS]
    for number, (place, text) in enumerate(lines):
        cells = reading.csv_cells(text, len(names), place)
        if cells is None:
            continue
        emotion, pixels, usage = (cells[i] for i in where)
        try:
            grey = bytes(map(int, pixels.split()))
        except ValueError:
            grey = b""
        if len(grey) != SIZE * SIZE:
            reading.fault("broken picture", place, f"not {SIZE * SIZE} numbers of 0 to 255", rows=1)
            continue
        yield Face(number, place, emotion, usage, grey)


def with_splits(reading: Reading, rows: list[Face]) -> Iterator[tuple[Face, dict[str, str | None]]]:
    """Each face with its ``split`` and ``subject``: copies of a photo share a subject, later parts have no old one."""
    first: dict[bytes, tuple[int, int]] = {}  # photo -> the earliest split that has it, number of its first row
    copied: set[bytes] = set()
    for face in rows:
        rank = ORDER.index(SPLITS.get(face.usage, "test"))
        if face.pixels in first:
            copied.add(face.pixels)
            first[face.pixels] = (min(rank, first[face.pixels][0]), first[face.pixels][1])
        else:
            first[face.pixels] = (rank, face.number)
    for face in rows:
        split = SPLITS.get(face.usage)
        if split is None:
            reading.fault("unknown code", face.place, f"Usage is {face.usage!r}, expected one of {', '.join(SPLITS)}")
        rank, number = first[face.pixels]
        leaked = split is not None and rank < ORDER.index(split)
        subject = f"photo{number}" if face.pixels in copied else None
        yield face, {"split": f"{split}_leaked" if leaked else split, "subject": subject}


def encoded(face: Face) -> bytes:
    """The picture as PNG."""
    grey = np.frombuffer(face.pixels, np.uint8).reshape(SIZE, SIZE)
    return bytes(cv2.imencode(".png", grey)[1])
