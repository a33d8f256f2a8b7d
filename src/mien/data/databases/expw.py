"""ExpW: faces in web photos, colour, with strong label noise.

*Source*: Zhang et al. 2018, "From facial expression recognition to interpersonal relation prediction".
"""

from pathlib import Path

from mien.data.databases.source import Source, arrange
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

SOURCE = Source(
    file="expw.parquet",
    request="http://mmlab.ie.cuhk.edu.hk/projects/socialrelation/index.html",
    needs=("photo", "face_id", "expression", "image"),
)
NOTES = {
    "subject": "the photo, since no persons are named: faces of one photo stay together",
    "image": "a square of 1.4 times the face box; the box inside it is crop_face_*",
}


def read(root: Path) -> LabelTable:
    """ExpW as a label table: seven classes. The stored crop is taken whole, so there is no box column."""
    source = SOURCE.open(root)
    columns = {"subject": source.column("photo"), "expression": source.column("expression")}
    classes = [name for name in EXPRESSIONS if name != "contempt"]
    return LabelTable(arrange(source, "expw", columns), classes={"expression": classes}, notes=NOTES)
