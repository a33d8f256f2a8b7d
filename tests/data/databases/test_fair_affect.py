"""The databases that Fair-Consistent-Affect-Analysis divides anew."""

from pathlib import Path

import pytest

from mien.data.check import check
from mien.data.databases import read_database
from mien.errors import TableError
from tiny_databases import faults, pictures, rows, text

WHO = "age,gender,race"


def test_expressions_of_affectnet_from_the_list_with_all_eight(tmp_path: Path) -> None:
    for lists, contempt in (("expr7", ()), ("expr8", ("train_set/2.jpg,Contempt,70+,Male,Indian",))):
        folder = tmp_path / "annotations/EXPR" / lists
        text(folder / "train.csv", f"name,expression,{WHO}", "train_set/1.jpg,Anger,00-02,Female,White", *contempt)
        text(folder / "valid.csv", f"name,expression,{WHO}", "val_set/0.jpg,Surprise,20-29,Male,Black")
        text(folder / "test.csv", f"name,expression,{WHO}", "val_set/1.jpg,Neutral,30-39,Female,Asian")
    text(
        tmp_path / "annotations/VA/train.csv",
        f"name,valence,arousal,{WHO}",
        "train_set/1.jpg,-0.5,0.25,00-02,Female,White",
    )
    pictures(tmp_path / "images", *(f"{part}_set/{n}.jpg" for part in ("train", "val") for n in range(3)))
    table = read_database("fair_affect_expr", tmp_path)
    assert rows(table, "split", "path", "expression", "age", "sex", "race") == [
        ("train", "images/train_set/1.jpg", "anger", "00-02", "female", "white"),
        ("train", "images/train_set/2.jpg", "contempt", "70+", "male", "indian"),
        ("val", "images/val_set/0.jpg", "surprise", "20-29", "male", "black"),
        ("test", "images/val_set/1.jpg", "neutral", "30-39", "female", "asian"),
    ]
    assert "subject" not in table.columns, "0.jpg is nobody's folder"
    assert faults(table) == [("not read", "annotations/EXPR/expr7", None, 0)]
    assert check(table, images=True).errors == 0

    va = read_database("fair_affect_va", tmp_path)
    assert rows(va, "path", "valence", "arousal") == [("images/train_set/1.jpg", -0.5, 0.25)]
    assert [fault[:2] for fault in faults(va)] == [
        ("missing file", f"annotations/VA/{n}.csv") for n in ("valid", "test")
    ]


def test_units_of_videos_name_the_person_and_the_frame(tmp_path: Path) -> None:
    lists = tmp_path / "annotations"
    text(lists / "train.csv", f"name,AU1,AU99,AU12,{WHO}", "LeftVideoSN001/00012.jpg,1,1,0,20-29,Male,White")
    text(lists / "valid.csv", f"name,AU1,AU99,AU12,{WHO}", "001A/7.jpg,0,0,1,21,Female,Other")
    text(lists / "test.csv", f"name,AU1,AU99,AU12,{WHO}")
    pictures(tmp_path / "images", "LeftVideoSN001/00012.jpg", "001A/7.jpg")
    table = read_database("fair_affect_au", tmp_path)
    assert rows(table, "subject", "clip", "frame", "AU01", "AU12") == [
        ("SN001", "LeftVideoSN001", 12, 1, 0),
        ("001A", "001A", 7, 0, 1),
    ]
    assert table.labels["au"] == ("AU01", "AU12"), "nobody has AU99"
    assert table.read_faults == ()


def test_units_of_single_pictures_and_what_is_wrong(tmp_path: Path) -> None:
    lines = (
        "0001.jpg,1,-1,00-02,Female,White",
        "0002.jpg,2,1,,Male,",
        "gone.jpg,1,1,70+,Male,Asian",
        "0003.jpg,1",
        "0003.jpg,0,0,70+,Male,Asian",
    )
    text(tmp_path / "annotations/train.csv", f"name,AU4,AU25,{WHO}", *lines, "0001.jpg,0,-1,00-02,Female,White")
    pictures(tmp_path / "images", *(f"{n:04d}_aligned.jpg" for n in (1, 2, 3)))
    table = read_database("fair_affect_au", tmp_path)
    assert rows(table, "path", "AU04", "AU25", "age") == [
        ("images/0002_aligned.jpg", None, 1, None),
        ("images/0003_aligned.jpg", 0, 0, "70+"),
    ]
    assert faults(table)[:5] == [
        ("unknown code", "annotations/train.csv", 3, 0),
        ("missing picture", "annotations/train.csv", 4, 1),
        ("broken line", "annotations/train.csv", 5, 1),
        ("missing file", "annotations/valid.csv", None, 0),
        ("missing file", "annotations/test.csv", None, 0),
    ]
    assert faults(table)[5:] == [("two labels", "annotations/train.csv", line, 1) for line in (2, 7)]


def test_lists_of_another_kind_and_missing_pictures_are_said(tmp_path: Path) -> None:
    text(tmp_path / "annotations/train.csv", f"name,expression,{WHO}", "a.jpg,Hate,20-29,Male,White")
    with pytest.raises(
        TableError, match=r"no train\.csv or valid\.csv or test\.csv here with names of pictures and action"
    ):
        read_database("fair_affect_au", tmp_path)
    with pytest.raises(TableError, match="no folder images"):
        read_database("fair_affect_expr", tmp_path)
    pictures(tmp_path, "images/a.jpg")
    with pytest.raises(TableError, match="unknown code, expression is 'Hate'"):
        read_database("fair_affect_expr", tmp_path)
