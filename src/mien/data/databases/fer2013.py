"""FER2013 with the one label per face that it was published with: seven classes, no votes."""

from pathlib import Path

from mien.data.databases import fer2013plus
from mien.data.databases.source import arrange
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

SOURCE = fer2013plus.SOURCE  # the same file holds both labels


def read(root: Path) -> LabelTable:
    """FER2013 with its original labels as a label table; rows whose label is unknown or ambiguous have none."""
    source = SOURCE.open(root)
    columns = {**fer2013plus.where(source), "expression": source.column("fer2013_expression")}
    of_the_votes = (*fer2013plus.VOTES, "valence_derived", "arousal_derived")
    table = arrange(source, "fer2013", columns, drop=("fer2013_expression", *of_the_votes))
    classes = [name for name in EXPRESSIONS if name != "contempt"]
    return LabelTable(table, classes={"expression": classes}, notes={"split": fer2013plus.NOTES["split"]})
