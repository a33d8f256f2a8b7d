"""Rendered avatar faces in motion: clips of 32 frames with the labels of each frame.

The source states no frame rate, so frames have a number and no time. *Source*: see ``avatars``.
"""

from pathlib import Path

from mien.data.databases import avatars
from mien.data.databases.source import Source
from mien.data.table import LabelTable

SOURCE = Source(
    file="avatar_clips.parquet",
    request=avatars.REQUEST,
    needs=("clip", "frame", "clip_expression", "clip_compound", "phase", *avatars.NEEDS),
)
NOTES = {
    **avatars.NOTES,
    "expression": "of the frame: neutral below phase .1, the clip's expression from .3, none between",
}


def read(root: Path) -> LabelTable:
    """The clips as a label table, one row per frame."""
    source = SOURCE.open(root)
    order = {name: source.column(name) for name in ("clip", "frame")}
    return LabelTable(avatars.arranged(source, "avatar_clips", order), classes=avatars.CLASSES, notes=NOTES)
