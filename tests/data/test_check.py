"""Check finds exactly the faults that were put in, at their row and column."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.data.check import check
from mien.data.faults import LISTED
from mien.data.table import LabelTable

PNG = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
ROWS = 12


def clean() -> dict[str, list[Any]]:
    """A table of 12 rows without a fault."""
    return {
        "image": [PNG] * ROWS,
        "database": ["d"] * ROWS,
        "split": ["train"] * 6 + ["val"] * 3 + ["test"] * 3,
        "subject": [f"s{n}" for n in range(ROWS)],
        "expression": ["fear", None, "anger"] * 4,
        "compound": [None] * (ROWS - 1) + ["awed"],
        "AU12": [0.0, 1.0, None] * 4,
        "AU12_intensity": [0.0, 5.0, None] * 4,
        "valence": [-1.0, 1.0, None] * 4,
        "votes_fear": [10.0, None, 0.5] * 4,
        "votes_anger": [0.0, None, 0.5] * 4,
        **{name: [value, None, value] * 4 for name, value in zip(("x1", "y1", "x2", "y2"), (0, 0, 9, 9), strict=True)},
        "age": [float("nan")] * ROWS,
    }


def table_of(columns: dict[str, list[Any]]) -> LabelTable:
    """Without pandas' habit of taking NaN for null."""
    return LabelTable(pa.table({name: pa.array(values, from_pandas=False) for name, values in columns.items()}))


def errors(table: LabelTable) -> set[tuple[str, str, int | None]]:
    found = check(table).faults
    return {(f.kind, f.column, place.row) for f in found if f.severity == "error" for place in f.findings}


def test_a_clean_table_has_no_faults() -> None:
    assert errors(table_of(clean())) == set()


NAN, INF = float("nan"), float("inf")
FAULTS: dict[str, list[Any]] = {
    "expression": ["hapy", "Fear", ""],
    "compound": ["happily surprised"],
    "AU12": [2.0, -1.0, 0.5, 9.0],
    "AU12_intensity": [-0.1, 5.01],
    "valence": [-1.01, 1.5, -5.0],
}


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(sorted(FAULTS)), st.integers(0, ROWS - 1)), st.integers(0, 10), min_size=1, max_size=8
    )
)
def test_check_finds_exactly_the_injected_values(places: dict[tuple[str, int], int]) -> None:
    columns = clean()
    for (column, row), pick in places.items():
        columns[column][row] = FAULTS[column][pick % len(FAULTS[column])]
    wanted = {
        ("unknown class" if column in ("expression", "compound") else "out of range", column, row)
        for column, row in places
    }
    assert errors(table_of(columns)) == wanted


@pytest.mark.parametrize(
    ("column", "row", "value", "kind", "blamed"),
    [
        ("valence", 3, NAN, "not finite", "valence"),
        ("AU12", 2, NAN, "not finite", "AU12"),
        ("x2", 0, INF, "not finite", "x2"),
        ("image", 5, None, "no picture", "path"),
        ("votes_fear", 0, -2.0, "out of range", "votes_fear"),
        ("votes_fear", 0, 0.0, "no votes", "votes_*"),
        ("x2", 3, None, "partial box", "x1"),
        ("x2", 3, 0.0, "empty box", "x1"),
        ("y2", 6, -4.0, "empty box", "x1"),
        ("subject", 8, "s0", "subject in two splits", "subject"),
    ],
)
def test_one_fault_at_its_row(column: str, row: int, value: object, kind: str, blamed: str) -> None:
    columns = clean()
    columns[column][row] = value
    assert errors(table_of(columns)) == {(kind, blamed, row)}


def test_leaked_splits_and_other_databases_may_share_a_subject() -> None:
    columns = clean()
    columns["subject"] = ["s0"] * ROWS
    columns["split"] = ["train"] * 6 + ["test_leaked"] * 6
    assert errors(table_of(columns)) == set()
    columns["split"] = ["train"] * 6 + ["test"] * 6
    columns["database"] = ["d"] * 6 + ["e"] * 6
    assert errors(table_of(columns)) == set()


def test_a_clip_without_a_subject_in_two_splits() -> None:
    columns = clean() | {"clip": ["c1"] * 7 + [None] * 5, "subject": [None] * ROWS}
    faults = check(table_of(columns)).faults
    assert [(f.kind, f.count, f.findings[0].hint) for f in faults] == [("subject in two splits", 1, "in train, val")]


@pytest.mark.parametrize(
    ("name", "meant", "severity"),
    [
        ("AU1", "AU01", "error"),
        ("au12_intensity ", "AU12_intensity", "error"),
        ("Valence", "valence", "error"),
        ("time-s", "time_s", "error"),
        ("valance", "valence", "warning"),
        ("expresion", "expression", "warning"),
    ],
)
def test_columns_that_look_like_a_label(name: str, meant: str, severity: str) -> None:
    columns = clean()
    columns.pop(meant, None)
    report = check(table_of(columns | {name: columns["age"]}))
    (fault,) = report.faults
    assert (fault.severity, fault.column) == (severity, name) and repr(meant) in fault.findings[0].hint


def test_attributes_are_not_taken_for_labels() -> None:
    names = ("votes_unknown", "valence_sign", "expression_second", "fer2013_expression", "clip_expression", "source")
    assert errors(table_of(clean() | {name: [None] * ROWS for name in names})) == set()


def test_paths(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.png").write_bytes(b"no picture")
    table = LabelTable(pa.table({"path": ["a.png", "a.png", "gone.png", "b.png", "sub/a.png"]}), root=tmp_path)
    missing = {("missing file", "path", 2), ("missing file", "path", 4)}
    assert errors(table) == {("duplicate row", "path", 1), *missing}
    broken = [fault for fault in check(table, images=True).faults if fault.kind == "broken picture"]
    assert [place.row for fault in broken for place in fault.findings] == [3]


def test_two_faces_of_one_photo_are_no_duplicates(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    boxes = {"x1": [0, 5, 0], "y1": [0, 0, 0], "x2": [4, 9, 4], "y2": [4, 4, 4]}
    assert errors(LabelTable(pa.table({"path": ["a.png"] * 3, **boxes}), root=tmp_path)) == {
        ("duplicate row", "path", 2)
    }


def test_class_missing_in_a_split_is_a_warning() -> None:
    columns = clean()
    columns["expression"] = ["fear", "anger"] + ["fear"] * 10
    columns["compound"] = [None] * ROWS
    report = check(table_of(columns))
    assert (report.errors, report.warnings) == (0, 2)
    assert [place.value for place in report.faults[0].findings] == ["no anger in val", "no anger in test"]


def test_empty_table() -> None:
    assert errors(LabelTable(pa.table({"image": pa.array([], pa.binary())}))) == {("empty table", "", None)}


def test_rows_are_numbered_over_batches_and_listed_up_to_a_limit() -> None:
    values = [0.0] * 1000 + [7.0] * 50
    report = check(LabelTable(pa.table({"image": [PNG] * 1050, "valence": values})))
    (fault,) = report.faults
    assert fault.count == 50 == report.errors
    assert [place.row for place in fault.findings] == list(range(1000, 1000 + LISTED))
    assert report.to_dict()["faults"][0]["findings"][0] == {"row": 1000, "value": "7", "hint": ""}


def test_a_word_for_an_expression_gets_its_name() -> None:
    columns = clean()
    columns["expression"][0] = "happy"
    (fault,) = [f for f in check(table_of(columns)).faults if f.severity == "error"]
    assert fault.findings[0].hint == "did you mean 'happiness'?"
