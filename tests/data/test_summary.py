"""The counts of a summary against counts by hand."""

import numpy as np
import pyarrow as pa
import pytest

from mien.data.summary import summarise
from mien.data.table import LabelTable
from mien.errors import TableError


def test_counts_shares_and_moments() -> None:
    valence = [0.5, -0.5, 1.0, None]
    columns = {
        "database": ["a", "a", "b", "b"],
        "split": ["train", "train", None, "test"],
        "subject": ["s1", "s1", "s1", None],
        "expression": ["fear", "fear", "anger", None],
        "AU12": [1, 0, None, None],
        "AU12_intensity": [2.0, 0.5, None, None],
        "valence": valence,
    }
    classes = {"expression": ("fear", "anger", "disgust")}
    summary = summarise(LabelTable(pa.table(columns), classes=classes, notes={"valence": "derived"}))
    assert (summary.rows, summary.subjects, summary.clips) == (4, 2, 0)
    assert summary.databases == {"a": 2, "b": 2}
    assert summary.splits == {"train": 2, "none": 1, "test": 1}
    assert [(c.task, c.name, c.labelled, c.positive) for c in summary.counts] == [
        ("expression", "fear", 3, 2),
        ("expression", "disgust", 3, 0),
        ("expression", "anger", 3, 1),
        ("au", "AU12", 2, 1),
        ("au_intensity", "AU12", 2, 1),
    ]
    assert summary.counts[3].share == 0.5  # of the labelled rows; of all rows it would be 0.25
    value = {v.name: v for v in summary.values}["valence"]
    given = np.array(valence[:3], float)
    assert (value.labelled, value.min, value.max) == (3, -0.5, 1.0)
    assert value.mean == pytest.approx(given.mean()) and value.sd == pytest.approx(given.std())
    assert summary.notes == {"valence": "derived"}
    assert summary.to_dict()["counts"][0]["share"] == pytest.approx(2 / 3)


def test_votes_count_where_there_is_no_name() -> None:
    table = LabelTable(pa.table({"votes_fear": [3.0, 1.0, None], "votes_anger": [1.0, 4.0, None]}))
    assert [(c.name, c.labelled, c.positive) for c in summarise(table).counts if c.positive] == [
        ("fear", 2, 1),
        ("anger", 2, 1),
    ]


def test_labels_without_a_value_have_no_mean() -> None:
    (value,) = summarise(LabelTable(pa.table({"valence": pa.nulls(2, pa.float32())}))).values
    assert (value.labelled, value.mean, value.sd) == (0, None, None)


def test_unknown_class_points_to_check() -> None:
    with pytest.raises(TableError, match="mien table check"):
        summarise(LabelTable(pa.table({"expression": ["hapy", "fear"]})))
