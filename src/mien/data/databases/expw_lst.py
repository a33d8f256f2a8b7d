"""ExpW as it was given out: whole web photos and a list of the faces in them, seven expressions.

``label/label.lst`` has a line per face: ``image_name face_id_in_image face_box_top face_box_left face_box_right
face_box_bottom face_box_confidence expression_label``; photos are ``image/origin/<image_name>``. Expressions: 0 anger,
1 disgust, 2 fear, 3 happiness, 4 sadness, 5 surprise, 6 neutral.

*Source*: Zhang et al. 2018, "From facial expression recognition to interpersonal relation prediction"; the list's
columns as its readme and public loaders give them.
"""

from pathlib import Path

import pyarrow as pa

from mien.data.columns import BOX
from mien.data.databases.layout import Layout, Pictures, find_file, find_folder
from mien.data.databases.reading import Reading
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

CODES = dict(enumerate(("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")))
PIXELS = (-1e5, 1e5)
LAYOUT = Layout(
    database="expw",
    expects="a folder with label/label.lst and image/origin",
    request="http://mmlab.ie.cuhk.edu.hk/projects/socialrelation/index.html",
)
NOTES = {
    "subject": "the photo, since no persons are named: faces of one photo stay together",
    "box_confidence": "of the detector that found the face",
}


def read(root: Path) -> LabelTable:
    """The faces as a label table: whole photos with boxes."""
    columns = ("subject", "path", *BOX, "expression")
    reading = Reading(LAYOUT, root, columns, {"face_id": pa.string(), "box_confidence": pa.float32()})
    labels = find_file(reading.root, "label.lst")
    if labels is None:
        raise LAYOUT.wrong(reading.root, "no label.lst here")
    pictures = Pictures(find_folder(reading.root, "origin") or reading.root)
    for place, text in reading.lines(labels):
        cells = reading.cells(text, None, 8, place)
        if cells is None:
            continue
        name, face, *box, confidence, code = cells
        top, left, right, bottom = (reading.number(cell, PIXELS, (), place, "face box") for cell in box)
        path = reading.picture(pictures.named(name), place, name)
        whole = None not in (top, left, right, bottom)
        if path:
            reading.add(
                place,
                subject=name,
                face_id=face,
                path=path,
                **(dict(zip(BOX, (left, top, right, bottom), strict=True)) if whole else {}),
                box_confidence=reading.number(confidence, PIXELS, (), place, "confidence"),
                expression=reading.code(code, CODES, place, "expression"),
            )
    return reading.table({"expression": [name for name in EXPRESSIONS if name != "contempt"]}, NOTES)
