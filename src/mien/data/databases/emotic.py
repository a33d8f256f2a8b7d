"""EMOTIC: people in photos of everyday life, valence, arousal and 26 kinds of emotion of the whole person.

``Annotations/Annotations.mat`` has the structures ``train``, ``val`` and ``test``, a picture each: ``folder``
(``mscoco/images``) and ``filename`` of the photo in ``emotic``, and ``person`` with ``body_bbox``, ``gender``, ``age``
and the labels of its annotators. One annotator saw a person of ``train``: ``annotations_categories`` and
``annotations_continuous``; several saw the others: ``combined_categories`` and ``combined_continuous``. Valence and
arousal are 1 to 10, here 2 (x - 1) / 9 - 1; NaN where not given.

**The boxes are of bodies.** Copies whose persons have a ``head_bbox`` give boxes of faces; in the others the body's box
stands in ``body_x1`` ... ``body_y2``, and 'mien table faces' looks for the face in it.

*Source*: Kosti et al. 2019, "Context based emotion recognition using EMOTIC dataset"; files as the authors' readme and
five public loaders have them. From the readme alone: ``head_bbox``. A Matlab file needs the extra ``mien[mat]``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mien.data.columns import BODY, BOX
from mien.data.databases.layout import Layout, Pictures, find_file, find_folder
from mien.data.databases.reading import OTHER, Place, Reading
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.labels import VALENCE_AROUSAL

FILES = ("Annotations.mat", "CVPR17_Annotations.mat")
SPLITS = ("train", "val", "test")
SCALE = (1.0, 10.0)
PIXELS = (-1e5, 1e5)  # some bodies reach over the picture's edge
LAYOUT = Layout(
    database="emotic",
    expects="a folder with Annotations/Annotations.mat, and the photos in emotic/mscoco/images and its like",
    request="https://s3.sunai.uoc.edu/emotic/download.html",
)
NOTES = {
    "split": "as given out",
    **dict.fromkeys(VALENCE_AROUSAL, "of the whole person in the scene; 1 to 10, brought to -1 to 1"),
    OTHER: "one or more of 26 kinds of emotion, with | between them",
    **dict.fromkeys(BODY, "of the body; 'mien table faces' looks for the face in it"),
}


def read(root: Path) -> LabelTable:
    """The people as a label table."""
    columns = ("split", "path", *BOX, *BODY, *VALENCE_AROUSAL)
    reading = Reading(LAYOUT, root, columns, dict.fromkeys((OTHER, "sex", "age"), pa.string()))
    file = find_file(reading.root, *FILES)
    if file is None:
        raise LAYOUT.wrong(reading.root, f"no {FILES[0]} here")
    photos = find_folder(reading.root, "emotic") or reading.root
    folders: dict[str, Pictures] = {}
    for split, images in _load(file).items():
        people = ((image, person) for image in images for person in np.atleast_1d(getattr(image, "person", ())))
        for number, (image, person) in enumerate(people, start=1):
            place = Place(file, number)  # a person's number in the split
            folder, name = str(getattr(image, "folder", "")), str(getattr(image, "filename", ""))
            pictures = folders.setdefault(folder, Pictures(photos / folder))
            if path := reading.picture(pictures.named(name), place, f"{folder}/{name} of {split}"):
                reading.add(place, split=split, path=path, **_person(reading, person, place))
    return reading.table(notes=NOTES)


def _load(file: Path) -> dict[str, Any]:
    """Split -> its pictures."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise MienError(f"{file} needs scipy, not installed here; type: pip install 'mien[mat]'") from None
    try:
        found = loadmat(file, squeeze_me=True, struct_as_record=False)
    except Exception as error:  # a damaged file raises whatever its bytes happen to bring about
        raise LAYOUT.wrong(file, f"not a readable Matlab file ({error})") from None
    splits = {split: np.atleast_1d(found[split]) for split in SPLITS if split in found}
    if not splits:
        raise LAYOUT.wrong(file, f"has no {', '.join(SPLITS)}")
    return splits


def _person(reading: Reading, person: Any, place: Place) -> dict[str, Any]:
    values = _first(person, "combined_continuous", "annotations_continuous")
    kinds = _first(person, "combined_categories", "annotations_categories")
    return {
        **_box(reading, _first(person, "body_bbox"), BODY, place),
        **_box(reading, _first(person, "head_bbox"), BOX, place),
        **{name: _scaled(reading, _first(values, name), place, name) for name in VALENCE_AROUSAL},
        OTHER: "|".join(_words(getattr(kinds, "categories", kinds))) or None,
        "sex": str(_first(person, "gender") or "").lower() or None,
        "age": str(_first(person, "age") or "").lower() or None,
    }


def _first(structure: Any, *names: str) -> Any:
    """The first of a structure's fields that is there and not empty; None for none."""
    fields = (getattr(structure, name, None) for name in names)
    return next((field for field in fields if field is not None and np.size(field)), None)


def _words(kinds: Any) -> list[str]:
    words = [] if kinds is None else [str(kind).strip().lower() for kind in np.atleast_1d(kinds)]
    return [word for word in words if word]


def _scaled(reading: Reading, value: Any, place: Place, what: str) -> float | None:
    low, high = SCALE
    if value is None or str(value) == "nan":
        return None
    number = reading.number(str(value), SCALE, (), place, what)
    return None if number is None else 2 * (number - low) / (high - low) - 1


def _box(reading: Reading, box: Any, columns: Sequence[str], place: Place) -> dict[str, float]:
    if box is None:
        return {}
    sides = np.asarray(box, np.float64).ravel()
    if len(sides) != len(columns) or not np.isfinite(sides).all() or (sides[2:] <= sides[:2]).any():
        reading.fault("broken box", place, f"{sides.tolist()}, expected x1 y1 x2 y2")
        return {}
    return dict(zip(columns, sides.tolist(), strict=True))
