"""CK+ as 48x48 grey crops: posed expressions of the lab with action units by FACS coders.

*Source*: Lucey et al. 2010, "The extended Cohn-Kanade dataset (CK+)". Action units are coded at the apex, once for a
sequence; its last three frames all carry them.
"""

from pathlib import Path

from mien.data.databases.source import Source, arrange, au_columns
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

SOURCE = Source(
    file="ck48.parquet",
    request="https://www.jeffcohn.net/Resources/ (CK+ is given out under an agreement)",
    needs=("subject", "sequence", "frame", "expression", "au_12", "image"),
)
NOTES = {"AU12": "all action units are coded at the apex of a sequence; its three frames carry the same codes"}


def read(root: Path) -> LabelTable:
    """CK+ as a label table: seven classes without neutral, and the action units of the file."""
    source = SOURCE.open(root)
    units = au_columns(source)
    columns = {
        "subject": source.column("subject"),
        "clip": source.column("sequence"),
        "frame": source.column("frame"),
        "expression": source.column("expression"),
        **{name: source.column(theirs) for name, theirs in units.items()},
    }
    # Columns without a single value are dropped with the rest: they are no labels.
    theirs = [name for name in source.column_names if name.startswith("au_")]
    table = arrange(source, "ck48", columns, drop=("sequence", *theirs))
    classes = [name for name in EXPRESSIONS if name != "neutral"]
    return LabelTable(table, classes={"expression": classes}, notes=NOTES)
