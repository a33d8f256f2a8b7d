"""Aff-Wild2 as the ABAW challenges give it out: frames of videos with valence/arousal, expressions, action units.

Annotations are one text file per video: a header, then a line per frame, the first for frame 1. They lie in
``VA_Set`` (``valence,arousal``; -5 is missing), ``EXPR_Set`` (a number per line; the header names the classes in their
order; -1 is missing) and ``AU_Set`` (0, 1, or -1 for missing; the header names the units), each with ``Train_Set`` and
``Validation_Set``. Later years call the three ``VA_Estimation_Challenge``, ``EXPR_Classification_Challenge`` and
``AU_Detection_Challenge``; FG2020 said ``Training_Set``. Pictures are ``cropped_aligned/<video>/00001.jpg``; of two
people in one video the second has ``_left`` or ``_right`` in its name. Frames in which the detector found nobody have
no picture in the release: they are noted and left out.

Each of the three has its own division of the videos, so each is a table of its own. The multi-task challenge has one
file per part for all three, ``training_set_annotations.txt``: ``image,valence,arousal,expression,AU1,...`` (or ``aus``
in place of the twelve names), with the same marks.

*Source*: Kollias & Zafeiriou 2019, "Expression, affect, action unit recognition: Aff-Wild2"; folders, headers and marks
as the public code of participants reads them. Not verified: that every year numbers its pictures from 00001.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from mien.data.databases.layout import Layout, Pictures, find_file, find_folder, folders_below
from mien.data.databases.reading import OTHER, Place, Reading, au_name
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS, VA_RANGE, VALENCE_AROUSAL

TASKS = {
    "va": ("VA_Set", "VA_Estimation_Challenge"),
    "expression": ("EXPR_Set", "EXPR_Classification_Challenge", "EXPR_Recognition_Challenge"),
    "au": ("AU_Set", "AU_Detection_Challenge"),
}
SPLITS = {"train": ("Train_Set", "Training_Set"), "val": ("Validation_Set", "Val_Set")}
MTL_FILES = {
    "train": ("training_set_annotations.txt", "training_set_annotations_22.txt", "train_set_annotations.txt"),
    "val": ("validation_set_annotations.txt", "validation_set_annotations_22.txt"),
}
CLASSES = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise", "other")  # codes from 0
UNITS = tuple(f"AU{n:02d}" for n in (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26))
MISSING_VA, MISSING = -5, -1
PRESENT = {0: 0, 1: 1, MISSING: None}
PICTURES = "cropped_aligned"
NOTES = {
    "clip": "the video; nobody is named",
    "frame": "from 1; the release states no times",
    OTHER: "the class 'other', which mien has no name for",
}

Labels = dict[str, float | int | str | None]
Parse = Callable[[Place, Sequence[str]], Labels]


def _layout(what: str) -> Layout:
    expects = f"a folder with {what}, and {PICTURES}/<video>/<frame>.jpg"
    return Layout("affwild2", expects, "https://ibug.doc.ic.ac.uk/resources/aff-wild2/")


LAYOUTS = {task: _layout(f"{names[0]} or {names[1]}/Train_Set/<video>.txt") for task, names in TASKS.items()}
MTL = _layout("training_set_annotations.txt")


def read_va(root: Path) -> LabelTable:
    """Frames with valence and arousal."""
    return _read(root, "va")


def read_expression(root: Path) -> LabelTable:
    """Frames with an expression: seven classes, and since 2022 an eighth, "other", in ``expression_other``."""
    return _read(root, "expression")


def read_au(root: Path) -> LabelTable:
    """Frames with action units."""
    return _read(root, "au")


def read_mtl(root: Path) -> LabelTable:
    """The frames of the multi-task challenge (s-Aff-Wild2), with whatever labels they have."""
    reading = _reading(MTL, root)
    videos = _videos(reading.root)
    files = {split: find_file(reading.root, *names) for split, names in MTL_FILES.items()}
    if not any(files.values()):
        raise MTL.wrong(reading.root, f"no {MTL_FILES['train'][0]} here")
    for split, file in files.items():
        if file:
            _read_mtl(reading, file, split, videos)
        else:
            reading.fault("missing file", Place(reading.root), f"no {MTL_FILES[split][0]}")
    return _table(reading)


def _read(root: Path, task: str) -> LabelTable:
    reading = _reading(LAYOUTS[task], root)
    annotations = find_folder(reading.root, *TASKS[task])
    if annotations is None:
        raise reading.layout.wrong(reading.root, f"no folder {TASKS[task][0]} here")
    videos = _videos(reading.root)
    for split, names in SPLITS.items():
        folder = find_folder(annotations, *names)
        if folder is None:
            reading.fault("missing folder", Place(annotations), f"no {names[0]}")
            continue
        for file in sorted(folder.glob("*.txt")):
            _read_video(reading, file, split, task, videos(file.stem))
    return _table(reading)


def _read_mtl(reading: Reading, file: Path, split: str, videos: Callable[[str], Pictures]) -> None:
    lines = reading.lines(file)
    place, text = next(lines, (Place(file, 1), ""))
    names = [name.strip() for name in text.lower().split(",")[4:]]
    units = UNITS if names == ["aus"] else _units(names)
    if not units:
        reading.fault("unknown header", place, text[:80], rows=sum(1 for _ in lines))
        return
    va, expression, au = _va(reading), _expression(reading, CLASSES), _au(reading, units)
    for place, text in lines:
        if cells := reading.cells(text, ",", 4 + len(units), place):
            video, _, name = cells[0].rpartition("/")
            stem = name.rpartition(".")[0]
            if path := reading.picture(videos(video).named(name), place, cells[0]):
                labels = va(place, cells[1:3]) | expression(place, cells[3:4]) | au(place, cells[4:])
                frame = int(stem) if stem.isdigit() else None
                reading.add(place, split=split, clip=video, frame=frame, path=path, **labels)


def _units(names: Sequence[str]) -> tuple[str, ...]:
    """The units that a header names, as ``au12``; none where a name is of no unit."""
    units = [au_name(name[2:]) for name in names]
    return tuple(unit for unit in units if unit) if all(units) else ()


def _read_video(reading: Reading, file: Path, split: str, task: str, pictures: Pictures) -> None:
    lines = list(reading.lines(file))
    header = [name.strip().lower() for name in lines[0][1].split(",")] if lines else []
    parse = _parser(reading, task, header)
    if parse is None:
        reading.fault("unknown header", Place(file, 1), ",".join(header), rows=max(len(lines) - 1, 0))
    elif not len(pictures):
        reading.fault("missing folder", Place(file), f"no pictures of {file.stem}", rows=len(lines) - 1)
    else:
        video = file.stem
        for place, text in lines[1:]:
            frame = (place.line or 0) - 1  # not a count of lines: a blank one is a frame, too
            cells = reading.cells(text, ",", 1 if task == "expression" else len(header), place)
            path = cells and reading.picture(pictures.frame(frame), place, f"of {video}, frame {frame}")
            if cells and path:
                reading.add(place, split=split, clip=video, frame=frame, path=path, **parse(place, cells))
        last = lines[-1][0]
        if beyond := len(pictures.beyond((last.line or 0) - 1)):
            reading.fault("too few lines", last, f"{beyond} pictures beyond the last line", rows=beyond)


def _parser(reading: Reading, task: str, header: Sequence[str]) -> Parse | None:
    """What makes labels of a line, or None where the header is not of this task."""
    if task == "va":
        return _va(reading) if tuple(header) == VALENCE_AROUSAL else None
    if task == "expression":
        return _expression(reading, header) if header and set(header) <= set(CLASSES) else None
    return _au(reading, units) if (units := _units(header)) else None


def _va(reading: Reading) -> Parse:
    return lambda place, cells: {
        name: reading.number(cell, VA_RANGE, (MISSING_VA,), place, name)
        for name, cell in zip(VALENCE_AROUSAL, cells, strict=True)
    }


def _expression(reading: Reading, classes: Sequence[str]) -> Parse:
    codes = {MISSING: None, **dict(enumerate(classes))}

    def parse(place: Place, cells: Sequence[str]) -> Labels:
        name = reading.code(cells[0], codes, place, "expression")
        return {"expression" if name in EXPRESSIONS else OTHER: name}

    return parse


def _au(reading: Reading, units: Sequence[str]) -> Parse:
    return lambda place, cells: {
        unit: reading.code(cell, PRESENT, place, unit) for unit, cell in zip(units, cells, strict=True)
    }


def _videos(root: Path) -> Callable[[str], Pictures]:
    """Finds the pictures of a video in any folder whose name begins as that of the cropped and aligned ones."""
    parents = [folder for folder in folders_below(root, 2) if folder.name.lower().startswith(PICTURES)]

    @lru_cache(maxsize=8)
    def pictures(video: str) -> Pictures:
        return Pictures(next((p / video for p in parents if (p / video).is_dir()), root / PICTURES / video))

    return pictures


def _reading(layout: Layout, root: Path) -> Reading:
    labels = (*VALENCE_AROUSAL, "expression", *UNITS)
    return Reading(layout, root, ("split", "clip", "frame", "path", *labels), {OTHER: pa.string()})


def _table(reading: Reading) -> LabelTable:
    return reading.table({"expression": [name for name in CLASSES if name in EXPRESSIONS]}, NOTES)
