"""muxspace/facial_expressions: news photos and film stills, the expression by one student each."""

from pathlib import Path

from mien.data.databases.source import Source, arrange
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

SOURCE = Source(
    file="muxspace.parquet",
    request="https://github.com/muxspace/facial_expressions",
    needs=("subject", "source", "expression", "image"),
)
NOTES = {
    "expression": "one student's opinion per picture",
    "source": "lfw, film or other; source and picture size predict the label: score source == 'lfw' separately",
}


def read(root: Path) -> LabelTable:
    """The pictures as a label table: eight classes. The whole picture is the face; ``valid_*`` is its real part."""
    source = SOURCE.open(root)
    columns = {name: source.column(name) for name in ("subject", "expression")}
    return LabelTable(arrange(source, "muxspace", columns), classes={"expression": EXPRESSIONS}, notes=NOTES)
