"""FER+ as it was given out: the crowd's votes in ``fer2013new.csv``, for the pictures of FER2013's ``fer2013.csv``.

The votes have the columns Usage, Image name, neutral, happiness, surprise, sadness, anger, disgust, fear, contempt,
unknown, NF (not a face). Their rows are those of ``fer2013.csv`` in the same order; a picture's name, where it is
given, holds the number of its row (``fer0000012.png``).

*Source*: Barsoum et al. 2016, "Training deep networks for facial expression recognition with crowd-sourced label
distribution", and the authors' repository.
"""

from pathlib import Path
from typing import NamedTuple

from mien.data.columns import vote
from mien.data.databases import fer2013_csv
from mien.data.databases.fer2013plus import TIE_ORDER
from mien.data.databases.layout import Layout, find_file
from mien.data.databases.reading import Place, Reading
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

FILE = "fer2013new.csv"
NAMES = {"unknown": "unknown", "nf": "NF"}  # as the file spells them, where not as TIE_ORDER does
VOTES = (0.0, 100.0)

LAYOUT = Layout(
    database="fer2013plus",
    expects="the folder with fer2013.csv (pictures) and fer2013new.csv (votes)",
    request=f"{fer2013_csv.LAYOUT.request} (pictures) and https://github.com/microsoft/FERPlus (votes)",
)
NOTES = {
    **fer2013_csv.NOTES,
    "frame": "number of the row in fer2013.csv, from 0",
    "expression": "the most of ten votes; faces that most called unknown, or not a face, are left out",
}


class Votes(NamedTuple):
    """A line of the votes: where it stands, FER2013's part, the picture's name, votes in the order of TIE_ORDER."""

    place: Place
    usage: str
    name: str
    votes: dict[str, float]


def read(root: Path) -> LabelTable:
    """The faces as a label table with votes: eight classes."""
    reading = Reading(LAYOUT, root, ("split", "subject", "frame", "image", "expression", *map(vote, EXPRESSIONS)))
    pictures, votes_file = fer2013_csv.find(reading), find_file(reading.root, FILE)
    if votes_file is None:
        raise LAYOUT.wrong(reading.root, f"no {FILE} here")
    lines = _votes(reading, votes_file)
    faces = list(fer2013_csv.faces(reading, pictures))
    if lines and faces and faces[-1].number >= max(lines) + 1:
        missing = faces[-1].number - max(lines)
        reading.fault("too few lines", Place(votes_file), f"the last {missing} pictures have no votes", rows=missing)
    for face, where in fer2013_csv.with_splits(reading, faces):
        if line := lines.get(face.number):
            if line.usage != face.usage or (line.name and line.name != f"fer{face.number:07d}.png"):
                found = f"{line.usage} {line.name}, of the picture {face.usage} fer{face.number:07d}.png"
                reading.fault("rows do not match", line.place, found, rows=1)
                continue
            _add(reading, line, face, where)
    return reading.table({"expression": EXPRESSIONS}, NOTES)


def _votes(reading: Reading, file: Path) -> dict[int, Votes]:
    """The lines by their number; those that are broken are noted and left out."""
    lines = reading.lines(file)
    _, header = next(lines, (None, ""))
    names = [name.strip() for name in header.split(",")]
    wanted = ["Usage", "Image name", *(NAMES.get(name, name) for name in TIE_ORDER)]
    if missing := [name for name in wanted if name not in names]:
        raise reading.layout.wrong(file, f"no column {missing[0]!r} but {header[:80]!r}")
    found = {}
    for number, (place, text) in enumerate(lines):
        cells = reading.csv_cells(text, len(names), place)
        if cells is None:
            continue
        by_name = dict(zip(names, cells, strict=True))
        votes = {name: reading.number(by_name[NAMES.get(name, name)], VOTES, (), place, name) for name in TIE_ORDER}
        if None not in votes.values():
            found[number] = Votes(
                place, by_name["Usage"], by_name["Image name"], {n: v or 0.0 for n, v in votes.items()}
            )
    return found


def _add(reading: Reading, line: Votes, face: fer2013_csv.Face, where: dict[str, str | None]) -> None:
    winner = max(line.votes, key=line.votes.__getitem__)  # the first of equals, in TIE_ORDER
    labelled = winner in EXPRESSIONS and line.votes[winner] > 0
    votes = {vote(name): line.votes[name] if labelled else None for name in EXPRESSIONS}
    image = fer2013_csv.encoded(face)
    reading.add(line.place, **where, frame=face.number, image=image, expression=winner if labelled else None, **votes)
