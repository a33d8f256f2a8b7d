"""Face Research Lab London Set: studio photos of adults, neutral and smiling, with hand-placed landmarks.

*Source*: DeBruine & Jones 2017, figshare, doi 10.6084/m9.figshare.5047666.v5, CC BY 4.0.
"""

from pathlib import Path

from mien.data.databases.source import Source, arrange
from mien.data.table import LabelTable

# The source says the person's left and right; a label table says left and right in the picture.
LANDMARKS = {
    "lm_eye_l": "right_pupil",
    "lm_eye_r": "left_pupil",
    "lm_nose": "nose_tip",
    "lm_mouth_l": "mouth_right",
    "lm_mouth_r": "mouth_left",
}
COLUMNS = {f"{ours}_{c}": f"{theirs}_{c}" for ours, theirs in LANDMARKS.items() for c in "xy"}

SOURCE = Source(
    file="london.parquet",
    request="https://doi.org/10.6084/m9.figshare.5047666.v5",
    needs=("subject", "expression", *COLUMNS.values(), "image"),
)
NOTES = {"expression": "the instruction that was given, not a rating; many smiles are slight"}


def read(root: Path) -> LabelTable:
    """The photos as a label table: neutral and happiness, whole photos without a box, landmarks of neutral ones."""
    source = SOURCE.open(root)
    columns = {
        **{name: source.column(name) for name in ("subject", "expression")},
        **{ours: source.column(theirs) for ours, theirs in COLUMNS.items()},
    }
    table = arrange(source, "london", columns, drop=COLUMNS.values())
    return LabelTable(table, classes={"expression": ("neutral", "happiness")}, notes=NOTES)
