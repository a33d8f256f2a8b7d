"""FER2013 with the crowd votes of FER+: 48x48 grey faces from web searches.

*Source*: Goodfellow et al. 2013, "Challenges in representation learning" (FER2013); Barsoum et al. 2016, "Training deep
networks for facial expression recognition with crowd-sourced label distribution" (FER+). Valence and arousal are no
annotations: they are the vote shares times the word ratings of Russell & Mehrabian (1977).
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mien.data.columns import vote
from mien.data.databases.source import Source, arrange
from mien.data.table import LabelTable
from mien.labels import EXPRESSIONS

# A tie goes to the class that comes first here; this is the source's order, not that of mien.labels.
TIE_ORDER = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf")
VOTES = tuple(vote(name) for name in TIE_ORDER)
SAME_PHOTO = 0.97  # correlation of 16x16 thumbnails: every pair looked at above it was the same photo
SPLITS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}

SOURCE = Source(
    file="fer2013plus.parquet",
    request=(
        "https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge "
        "(pictures) and https://github.com/microsoft/FERPlus (votes)"
    ),
    needs=(
        *("usage", "fer2013_expression", *VOTES, "duplicate_group", "leaks", "train_similarity"),
        *("valence_derived", "arousal_derived", "image"),
    ),
)
NOTES = dict.fromkeys(("valence", "arousal"), "derived from votes, not annotated")
NOTES["split"] = "val_leaked and test_leaked hold rows whose photo, or nearly the same photo, is in an earlier split"


def read(root: Path) -> LabelTable:
    """FER2013 with FER+ votes as a label table: eight classes, votes, and derived valence and arousal.

    ``expression`` is the majority of the ten vote columns. Rows that most voters called unknown or no face stay, with
    neither expression nor votes.
    """
    source = SOURCE.open(root)
    expression = majority(source)
    labelled = pc.is_valid(expression)
    votes = {vote(name): pc.if_else(labelled, source.column(vote(name)), None) for name in EXPRESSIONS}
    columns = {
        **where(source),
        "expression": expression,
        **votes,
        "valence": source.column("valence_derived"),
        "arousal": source.column("arousal_derived"),
    }
    table = arrange(source, "fer2013plus", columns, drop=("valence_derived", "arousal_derived"))
    return LabelTable(table, classes={"expression": EXPRESSIONS}, notes=NOTES)


def where(source: pa.Table) -> dict[str, pa.Array | pa.ChunkedArray]:
    """The columns ``split`` and ``subject``: exact copies of a photo share a subject, leaked rows have own splits."""
    groups = source.column("duplicate_group").cast(pa.string())
    return {"split": _strict_split(source), "subject": pc.binary_join_element_wise("group", groups, "")}


def majority(source: pa.Table) -> pa.Array:
    """The class with the most of the ten votes, null where that is unknown or "not a face"."""
    votes = np.stack([pc.fill_null(source.column(name), 0).to_numpy() for name in VOTES], axis=1)  # (rows, 10)
    names = pa.array([name if name in EXPRESSIONS else None for name in TIE_ORDER])
    winners = pa.array(votes.argmax(1), mask=votes.sum(1) == 0)  # argmax takes the first of equals
    return names.take(winners)


def _strict_split(source: pa.Table) -> pa.Array:
    usage = source.column("usage").to_numpy(zero_copy_only=False)
    names = np.array([SPLITS.get(value) for value in usage], dtype=object)
    groups = source.column("duplicate_group")
    in_val = pc.is_in(groups, value_set=pc.drop_null(groups.filter(pa.array(names == "val"))))
    near = pc.greater(source.column("train_similarity"), pa.scalar(SAME_PHOTO, pa.float32()))
    of_train = pc.or_(*(pc.fill_null(column, False) for column in (source.column("leaks"), near))).to_numpy()
    leaked = (of_train & (names != "train")) | (in_val.to_numpy() & (names == "test"))
    names[leaked] = [f"{name}_leaked" for name in names[leaked]]
    return pa.array(names, pa.string())
