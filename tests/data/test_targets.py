"""From table rows to targets and masks, by hand."""

import numpy as np
import pyarrow as pa
import pytest

from mien.data.targets import Labels, class_index, labels_of
from mien.errors import TableError

EXPRESSION = {"expression": ("neutral", "happiness", "fear")}


def labels(columns, wanted, given=None, rows=None):
    batch = pa.record_batch(columns)
    rows = np.arange(batch.num_rows) if rows is None else np.asarray(rows)
    return labels_of(batch, wanted, wanted if given is None else given, "table.parquet", rows)


def text(*values):
    return pa.array(values, pa.string())


def floats(*values):
    return pa.array(values, pa.float32())


def test_a_name_is_one_hot():
    found = labels({"expression": text("fear", None, "neutral")}, EXPRESSION)
    assert found.target["expression"].tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    assert found.mask["expression"].tolist() == [[True] * 3, [False] * 3, [True] * 3]
    assert found.target["expression"].dtype == np.float32 and found.mask["expression"].dtype == np.bool_


def test_votes_are_shares():
    found = labels(
        {"votes_neutral": floats(1, 0, None), "votes_happiness": floats(3, 0, None), "votes_fear": floats(0, 0, None)},
        EXPRESSION,
    )
    assert found.target["expression"].tolist() == [[0.25, 0.75, 0], [0, 0, 0], [0, 0, 0]]  # not the counts, 1 and 3
    assert found.mask["expression"].any(axis=1).tolist() == [True, False, False]


def test_votes_win_over_a_name_and_the_name_where_there_are_none():
    found = labels(
        {
            "expression": text("fear", "fear", None),
            "votes_neutral": floats(2, None, None),
            "votes_happiness": floats(2, 0, None),
        },
        EXPRESSION,
    )
    assert found.target["expression"].tolist() == [[0.5, 0.5, 0], [0, 0, 1], [0, 0, 0]]
    assert found.mask["expression"][:, 0].tolist() == [True, True, False]


def test_votes_for_classes_that_are_not_wanted_do_not_count():
    found = labels({"votes_neutral": floats(1), "votes_anger": floats(9)}, EXPRESSION)
    assert found.target["expression"].tolist() == [[1, 0, 0]]  # not 0.1


def test_a_class_that_is_not_wanted_is_no_label():
    found = labels({"expression": text("anger", "fear")}, EXPRESSION)
    assert found.mask["expression"].tolist() == [[False] * 3, [True] * 3]


def test_a_class_that_was_not_offered_is_unknown_and_not_absent():
    found = labels({"expression": text("neutral", None)}, EXPRESSION, {"expression": ("neutral", "fear")})
    assert found.mask["expression"].tolist() == [[True, False, True], [False] * 3]


def test_columns_follow_the_order_that_is_wanted():
    wanted = {"va": ("arousal", "valence"), "au": ("AU12", "AU01")}
    found = labels({"AU01": floats(0), "AU12": floats(1), "valence": floats(-0.5), "arousal": floats(0.25)}, wanted)
    assert found.target["au"].tolist() == [[1, 0]]
    assert found.target["va"].tolist() == [[0.25, -0.5]]


@pytest.mark.parametrize(
    ("task", "name", "column", "value"),
    [("au", "AU12", "AU12", 1), ("au_intensity", "AU12", "AU12_intensity", 2.5), ("va", "valence", "valence", -1)],
)
def test_null_and_nan_are_no_label_and_zero_is_one(task, name, column, value):
    found = labels({column: floats(value, None, np.nan, 0)}, {task: (name,)})
    assert found.mask[task][:, 0].tolist() == [True, False, False, True]
    assert found.target[task][:, 0].tolist() == [value, 0, 0, 0]


def test_a_column_that_the_table_lacks_is_unknown():
    found = labels({"AU01": pa.array([1], pa.int8())}, {"au": ("AU01", "AU02")}, {"au": ("AU01",)})
    assert found.mask["au"].tolist() == [[True, False]]


def test_a_withheld_task_is_masked_whatever_the_table_holds():
    columns = {
        "expression": text("fear"),
        "AU12": pa.array([1], pa.int8()),
        "valence": floats(0.5),
        "compound": text("awed"),
    }
    wanted = {**EXPRESSION, "au": ("AU12",), "va": ("valence",), "compound": ("awed",)}
    for kept in wanted:
        found = labels(columns, wanted, {kept: wanted[kept]})
        assert {task for task, mask in found.mask.items() if mask.any()} == {kept}
        assert all((found.target[task] == 0).all() for task in wanted if task != kept)
        assert found.target.keys() == found.mask.keys() == wanted.keys()


# -- what is refused


def test_an_unknown_class_names_row_column_and_nearest():
    with pytest.raises(TableError) as caught:
        labels({"expression": text("fear", None, "happines", "happines")}, EXPRESSION)
    assert str(caught.value) == (
        "table.parquet: row 2, column 'expression': unknown expression 'happines'; did you mean 'happiness'? "
        "('mien table check' lists every fault at once)"
    )
    with pytest.raises(
        TableError, match="row 0, column 'compound': unknown compound 'happily surprised'; did you mean"
    ):
        labels({"compound": text("happily surprised")}, {"compound": ("happily_surprised",)})


@pytest.mark.parametrize(
    ("task", "name", "column", "value", "said"),
    [
        ("au", "AU12", "AU12", 9, "got 9, expected 0 or 1, or null for a missing label"),
        ("au", "AU12", "AU12", -1, "got -1, expected 0 or 1"),
        ("au", "AU12", "AU12", 0.5, "got 0.5, expected 0 or 1"),
        ("au_intensity", "AU12", "AU12_intensity", 5.5, "got 5.5, expected 0 to 5"),
        ("au_intensity", "AU12", "AU12_intensity", -1, "got -1, expected 0 to 5"),
        ("va", "valence", "valence", -5, "got -5, expected -1 to 1"),
        ("va", "valence", "valence", np.inf, "got inf, expected -1 to 1"),
        ("expression", "fear", "votes_fear", -1, "got -1, expected at least 0"),
    ],
)
def test_a_value_out_of_range_names_row_and_column(task, name, column, value, said):
    with pytest.raises(TableError) as caught:
        labels({column: floats(0, None, value)}, {task: (name,)}, rows=[4, 8, 15])
    assert str(caught.value).startswith(f"table.parquet: row 15, column '{column}': {said}")


def test_of_several_columns_the_wrong_one_is_named():
    with pytest.raises(TableError, match="row 1, column 'arousal': got 2"):
        labels({"valence": floats(0, 0), "arousal": floats(1, 2)}, {"va": ("valence", "arousal")})


@pytest.mark.parametrize(("task", "limits"), [("va", (-1, 1)), ("au_intensity", (0, 5))])
def test_the_ends_of_a_range_belong_to_it(task, limits):
    column = {"va": "valence", "au_intensity": "AU12_intensity"}[task]
    found = labels({column: floats(*limits)}, {task: (column.removesuffix("_intensity"),)})
    assert found.target[task][:, 0].tolist() == list(limits)


def test_row_numbers_are_those_of_the_table_and_not_of_the_batch():
    with pytest.raises(TableError, match="row 107, column 'expression'"):
        labels({"expression": text("fear", "joyful")}, EXPRESSION, rows=[100, 107])


def test_rows_of_no_kind_are_allowed():
    found = labels({"expression": text(), "AU12": floats()}, {**EXPRESSION, "au": ("AU12",)})
    assert found.target["expression"].shape == (0, 3) and found.mask["au"].shape == (0, 1)


def test_take_keeps_targets_and_masks_together():
    found = labels(
        {"AU12": floats(1, None, 0), "expression": text("fear", "neutral", None)}, {"au": ("AU12",), **EXPRESSION}
    )
    taken = found.take(np.array([2, 0]))
    assert isinstance(taken, Labels)
    assert taken.target["au"][:, 0].tolist() == [0, 1]
    assert taken.mask["expression"][:, 0].tolist() == [False, True]


# -- one class per row


def test_class_index_takes_the_name_where_votes_tie():
    batch = pa.record_batch(
        {
            "expression": text("fear", None, None, "fear"),
            "votes_neutral": floats(2, 1, None, 5),
            "votes_happiness": floats(0, 3, None, 0),
            "votes_fear": floats(2, 0, None, 1),
        }
    )
    # Row 0: the first of the tied would be 0. Row 3: the annotators' own verdict stands over the votes.
    assert class_index(batch, "expression", EXPRESSION["expression"]).tolist() == [2, 1, -1, 2]


def test_class_index_of_names_alone_and_of_compounds():
    assert class_index(pa.record_batch({"expression": text("anger", "fear")}), "expression", ["fear"]).tolist() == [
        -1,
        0,
    ]
    compounds = pa.record_batch({"compound": text("awed", None)})
    assert class_index(compounds, "compound", ["hatred", "awed"]).tolist() == [1, -1]
