"""Rendered avatar faces whose labels are what the renderer was told to do: stills.

*Source*: avatars of VALID (Do et al. 2023, "VALID: a perceptually validated virtual avatar library for inclusion and
diversity"), MIT licence.
"""

from pathlib import Path

import pyarrow as pa

from mien.data.columns import LANDMARKS
from mien.data.databases.source import Source, arrange, au_columns
from mien.data.table import LabelTable
from mien.labels import COMPOUNDS, EXPRESSIONS

NEEDS = (
    *("image", "subject", "family", "split", "source", "expression", "compound", "valence", "arousal"),
    *("au_12", "au_12_intensity", *LANDMARKS),
)
REQUEST = "https://github.com/xrtlab/Validated-Avatar-Library-for-Inclusion-and-Diversity---VALID"
SOURCE = Source(file="avatars.parquet", request=REQUEST, needs=NEEDS)

NOT_RENDERED = {"fearfully_disgusted", "appalled", "hatred", "awed"}
CLASSES = {
    "expression": [name for name in EXPRESSIONS if name != "contempt"],
    "compound": [name for name in COMPOUNDS if name not in NOT_RENDERED],
}
NOTES = {
    **dict.fromkeys(("valence", "arousal"), "model, not measured: a function of expression and action units"),
    "subject": "face family: its avatars mostly share one face; a hybrid goes with the family of its base",
}


def read(root: Path) -> LabelTable:
    """The stills as a label table: 21 action units with intensity, expressions, compounds, modelled VA, landmarks."""
    source = SOURCE.open(root)
    return LabelTable(arranged(source, "avatars", {}), classes=CLASSES, notes=NOTES)


def arranged(source: pa.Table, database: str, more: dict[str, pa.Array]) -> pa.Table:
    """The label table's columns of stills and clips alike; ``more`` are those that only one of them has."""
    units = au_columns(source)
    same = ("split", "expression", "valence", "arousal", "compound", *LANDMARKS)
    columns = {
        "subject": source.column("family"),
        **more,
        **{name: source.column(name) for name in same},
        **{name: source.column(theirs) for name, theirs in units.items()},
        "avatar": source.column("subject"),
    }
    return arrange(source, database, columns, drop=units.values())
