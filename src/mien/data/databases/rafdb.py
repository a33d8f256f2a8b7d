"""RAF-DB: faces from the web, about 40 annotators each; seven basic expressions, or eleven compound ones.

Both parts have ``EmoLabel/list_patition_label.txt`` (so spelled), a line ``train_00001.jpg 5`` per face, and
``Image/aligned/train_00001_aligned.jpg``. Basic: 1 surprise, 2 fear, 3 disgust, 4 happiness, 5 sadness, 6 anger,
7 neutral. Compound: 1 happily surprised, 2 happily disgusted, 3 sadly fearful, 4 sadly angry, 5 sadly surprised,
6 sadly disgusted, 7 fearfully angry, 8 fearfully surprised, 9 angrily surprised, 10 angrily disgusted, 11 disgustedly
surprised. ``Annotation/manual/train_00001_manu_attri.txt`` ends in gender (0 male, 1 female, 2 unsure), race (0 white,
1 black, 2 Asian) and age (0 to 3, 4 to 19, 20 to 39, 40 to 69, 70 and more); what is there becomes attributes.

*Source*: Li, Deng & Du 2017, "Reliable crowdsourcing and deep locality-preserving learning for expression recognition
in the wild"; files as public loaders read them. Not verified: the codes of gender, race and age.
"""

from pathlib import Path

import pyarrow as pa

from mien.data.databases.layout import Layout, Pictures, find_file, find_folder
from mien.data.databases.reading import Reading
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

LIST = "list_patition_label.txt"
BASIC = dict(enumerate(("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"), start=1))
COMPOUND = dict(
    enumerate(
        (
            *("happily_surprised", "happily_disgusted", "sadly_fearful", "sadly_angry", "sadly_surprised"),
            *("sadly_disgusted", "fearfully_angry", "fearfully_surprised", "angrily_surprised"),
            *("angrily_disgusted", "disgustedly_surprised"),
        ),
        start=1,
    )
)
SPLITS = ("train", "test")
ATTRIBUTES = {
    "sex": {0: "male", 1: "female", 2: "unsure"},
    "race": {0: "white", 1: "black", 2: "asian"},
    "age": {0: "0-3", 1: "4-19", 2: "20-39", 3: "40-69", 4: "70+"},
}
NOTES = {"split": "train and test as given out; nobody is named", "race": "as the annotators saw it"}


def _layout(part: str) -> Layout:
    expects = f"the folder {part!r} with EmoLabel/{LIST} and Image/aligned, or the folder that has it"
    return Layout("rafdb", expects, "http://www.whdeng.cn/RAF/model1.html")


LAYOUTS = {part: _layout(part) for part in ("basic", "compound")}


def read_basic(root: Path) -> LabelTable:
    """The aligned faces of the basic part: seven expressions."""
    classes = {"expression": [name for name in EXPRESSIONS if name != "contempt"]}
    return _read(root, "basic", "expression", BASIC, classes)


def read_compound(root: Path) -> LabelTable:
    """The aligned faces of the compound part: eleven compound expressions."""
    return _read(root, "compound", "compound", COMPOUND, {"compound": list(COMPOUND.values())})


def _read(root: Path, part: str, column: str, codes: dict[int, str], classes: dict[str, list[str]]) -> LabelTable:
    layout = LAYOUTS[part]
    reading = Reading(layout, root, ("split", "path", column), dict.fromkeys(ATTRIBUTES, pa.string()))
    folder = find_folder(reading.root, part) or reading.root
    labels = find_file(folder, LIST)
    if labels is None:
        raise layout.wrong(reading.root, f"no EmoLabel/{LIST} here")
    if labels.resolve().parent.parent.name.lower() in LAYOUTS.keys() - {part}:
        raise layout.wrong(reading.root, f"{reading.relative(labels)} is of another part")
    pictures = Pictures(labels.parent.parent / "Image" / "aligned")
    manual = labels.parent.parent / "Annotation" / "manual"
    for place, text in reading.lines(labels):
        cells = reading.cells(text, None, 2, place)
        if cells is None:
            continue
        stem = Path(cells[0]).stem
        split = stem.split("_")[0]
        if split not in SPLITS:
            reading.fault("unknown part", place, f"{cells[0]} begins with neither train nor test", rows=1)
            continue
        picture = reading.picture(pictures.named(f"{stem}_aligned.jpg"), place, f"{stem}_aligned.jpg")
        label = reading.code(cells[1], codes, place, column)
        if picture:
            attributes = _attributes(reading, manual / f"{stem}_manu_attri.txt")
            reading.add(place, split=split, path=picture, **{column: label}, **attributes)
    return reading.table(classes, NOTES)


def _attributes(reading: Reading, file: Path) -> dict[str, str | None]:
    """Sex, race and age from the last three lines of a face's file, where there is one."""
    lines = [(place, text) for place, text in reading.lines(file)] if file.is_file() else []
    found = {}
    for (name, codes), (place, text) in zip(ATTRIBUTES.items(), lines[-3:], strict=False):
        found[name] = reading.code(text, codes, place, name) if len(lines) >= len(ATTRIBUTES) else None
    return found
