"""SFEW 2.0: frames of films, seven expressions in folders, train and val.

``Train/Angry/<film>_<time>_<frame>.png``, or the aligned faces in ``Train_Aligned_Faces/Angry/...``, which may lie in
``Train``. The classes are Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise. The test part has no classes: its
pictures are not read. Where aligned faces are there, whole frames are not read.

*Source*: Dhall et al. 2011, "Static facial expression analysis in tough conditions", and 2015, EmotiW 3; folders as
public loaders read them. Not verified: that the pieces of a file name are the film, its time and the frame, and that
no film is in two parts.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from mien.data.databases.folders import SYNONYMS
from mien.data.databases.layout import Layout, folders_below, is_picture
from mien.data.databases.reading import Place, Reading
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

LAYOUT = Layout(
    database="sfew",
    expects="a folder with Train and Val (or Train_Aligned_Faces, Val_Aligned_Faces), in each one folder per class",
    request="https://cs.anu.edu.au/few/AFEW.html",
)
CLASSES = [name for name in EXPRESSIONS if name != "contempt"]
SPLITS = ("train", "val", "test")
NOTES = {
    "clip": "the scene: film and time, from the file's name",
    "film": "nobody is named: 'mien table split --by film' keeps people apart as well as can be",
    "split": "val is what papers report as test; the test part has no labels",
}


def read(root: Path) -> LabelTable:
    """The faces, or where there are none the whole frames, as a label table."""
    reading = Reading(LAYOUT, root, ("split", "clip", "path", "expression"), {"film": pa.string()})
    parts = list(_parts(reading.root))
    aligned = [part for part in parts if "aligned" in part[1].relative_to(reading.root).as_posix().lower()]
    if not parts:
        raise LAYOUT.wrong(reading.root, "no folder of a class, as Train/Angry, here")
    met: dict[tuple[str, str], str] = {}
    for split, folder in aligned or parts:
        _read_class(reading, split, folder, met)
    for split in ("train", "val"):
        if split not in {part[0] for part in aligned or parts}:
            reading.fault("missing folder", Place(reading.root), f"no folder of {split}")
    return reading.table({"expression": CLASSES}, NOTES)


def _parts(root: Path) -> Iterator[tuple[str, Path]]:
    """Every folder that lies in a part, with the part; of those in a part some are classes."""
    for folder in folders_below(root):
        above = folder.parent.name.lower()
        split = None if folder.parent == root else next((split for split in SPLITS if above.startswith(split)), None)
        is_part = any(folder.name.lower().startswith(split) for split in SPLITS)
        if split and not is_part:
            yield split, folder


def _read_class(reading: Reading, split: str, folder: Path, met: dict[tuple[str, str], str]) -> None:
    """``met`` has the class of each file name of a part: the same frame may stand in two classes."""
    names = sorted(file.name for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    pictures = [name for name in names if is_picture(name)]
    expression = SYNONYMS.get(folder.name.lower())
    if expression not in CLASSES:
        reading.fault("unknown class", Place(folder), f"no expression is called {folder.name!r}", rows=len(pictures))
        return
    if others := [name for name in names if not is_picture(name)]:
        reading.fault("no picture", Place(folder), f"{len(others)} other files, as {others[0]}")
    for name in pictures:
        place = Place(folder / name)
        if met.setdefault((split, name), expression) != expression:
            reading.fault("two labels", place, f"{expression}; the same name is in {met[split, name]}; both are kept")
        scene = Path(name).stem.rpartition("_")[0] or Path(name).stem
        path = reading.relative(folder / name)
        film = scene.rpartition("_")[0] or scene
        reading.add(place, split=split, clip=scene, film=film, path=path, expression=expression)
