"""Drawn faces: a database of our own that needs no licence, no download and no annotator.

A person (``Identity``), the intensities of 21 action units and a ``View`` make a picture; nothing else moves the face,
so every label is known exactly. Expressions are prototypes of action units, and valence and arousal follow a stated
rule (``affect``): these are synthetic labels, made for tests, examples and experiments about method. They say nothing
about how real people look or feel.
"""

from mien.data.synthetic.clips import clips
from mien.data.synthetic.identity import Identity, sample_identity
from mien.data.synthetic.muscles import DRAWN_AUS
from mien.data.synthetic.pose import View, sample_view
from mien.data.synthetic.records import BATCH_ROWS, SCHEMA, stills
from mien.data.synthetic.render import LANDMARKS, Rendered, render
from mien.data.synthetic.sampling import (
    DRAWN_COMPOUNDS,
    EXCLUSIVE,
    KINDS,
    FaceLabels,
    affect,
    sample_labels,
    settle,
)
from mien.data.synthetic.sheet import au_sheet, contact_sheet, expression_sheet

__all__ = [
    "BATCH_ROWS",
    "DRAWN_AUS",
    "DRAWN_COMPOUNDS",
    "EXCLUSIVE",
    "KINDS",
    "LANDMARKS",
    "SCHEMA",
    "FaceLabels",
    "Identity",
    "Rendered",
    "View",
    "affect",
    "au_sheet",
    "clips",
    "contact_sheet",
    "expression_sheet",
    "render",
    "sample_identity",
    "sample_labels",
    "sample_view",
    "settle",
    "stills",
]
