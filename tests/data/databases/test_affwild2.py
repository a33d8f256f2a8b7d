"""Aff-Wild2 in the folders of the ABAW challenges."""

from pathlib import Path

import pytest

from mien.data.check import check
from mien.data.databases import read_database
from mien.errors import TableError
from tiny_databases import faults, pictures, rows, text

EIGHT = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other"
UNITS = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26"


def frames(root: Path, video: str, *numbers: int) -> None:
    pictures(root / "cropped_aligned" / video, *(f"{number:05d}.jpg" for number in numbers))


def test_valence_and_arousal_with_their_mark_for_missing(tmp_path: Path) -> None:
    frames(tmp_path, "1-30-1280x720", 1, 2, 3)
    frames(tmp_path, "7_left", 1)
    train, val = tmp_path / "VA_Set/Train_Set", tmp_path / "VA_Set/Validation_Set"
    text(train / "1-30-1280x720.txt", "valence,arousal", "0.5,-0.25", "-5,-5", "-5,1")
    text(val / "7_left.txt", "valence,arousal", "-1,0")
    table = read_database("affwild2_va", tmp_path)
    assert rows(table, "split", "clip", "frame", "valence", "arousal", "path") == [
        ("train", "1-30-1280x720", 1, 0.5, -0.25, "cropped_aligned/1-30-1280x720/00001.jpg"),
        ("train", "1-30-1280x720", 3, None, 1.0, "cropped_aligned/1-30-1280x720/00003.jpg"),
        ("val", "7_left", 1, -1.0, 0.0, "cropped_aligned/7_left/00001.jpg"),
    ]
    assert table.labels == {"va": ("valence", "arousal")} and table.read_faults == ()
    assert "subject" not in table.columns and table.notes["rows"] == "when read: 1 faces without any label left out"
    assert check(table, images=True).errors == 0


def test_expressions_in_the_order_of_the_header(tmp_path: Path) -> None:
    folder = tmp_path / "5th ABAW Annotations/EXPR_Classification_Challenge/Train_Set"
    frames(tmp_path, "a", *range(1, 10))
    text(folder / "a.txt", EIGHT, *map(str, (0, 1, 2, 3, 4, 5, 6, 7, -1)))
    frames(tmp_path, "old", 1)
    text(folder / "old.txt", "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise", "6")
    table = read_database("affwild2_expr", tmp_path)
    assert rows(table, "expression", "expression_other") == [
        *((name, None) for name in ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise")),
        (None, "other"),
        ("surprise", None),
    ]
    assert faults(table) == [("missing folder", "5th ABAW Annotations/EXPR_Classification_Challenge", None, 0)]
    assert len(table.labels["expression"]) == 7
    assert [f.column for f in check(table).faults if f.severity == "error"] == []


def test_action_units_by_the_names_of_the_header(tmp_path: Path) -> None:
    frames(tmp_path, "a", 1, 2)
    text(tmp_path / "AU_Set/Train_Set/a.txt", UNITS, "1,0,0,0,0,0,0,0,0,0,0,1", ",".join(["-1"] * 11 + ["0"]))
    table = read_database("affwild2_au", tmp_path)
    assert rows(table, "AU01", "AU04", "AU26") == [(1, 0, 1), (None, None, 0)]
    assert "AU05" not in table.columns and "expression" not in table.columns


def test_a_half_copied_database_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    folder = tmp_path / "VA_Set/Train_Set"
    frames(tmp_path, "a", 1, 4, 5, 6)
    text(folder / "a.txt", "valence,arousal", "0,0", "0,0", "0,0", "0.5,7", "")
    frames(tmp_path, "b", 1, 2, 3)
    text(folder / "b.txt", "valence,arousal", "0,0", "0.1,0.2,0.3", "0,x")
    text(folder / "gone.txt", "valence,arousal", "0,0", "0,0")
    text(folder / "other.txt", EIGHT, "1")
    table = read_database("affwild2_va", tmp_path)
    assert rows(table, "clip", "frame", "arousal") == [("a", 1, 0.0), ("a", 4, None), ("b", 1, 0.0), ("b", 3, None)]
    assert faults(table) == [
        ("missing picture", "VA_Set/Train_Set/a.txt", 3, 2),
        ("out of range", "VA_Set/Train_Set/a.txt", 5, 0),
        ("too few lines", "VA_Set/Train_Set/a.txt", 5, 2),
        ("broken line", "VA_Set/Train_Set/b.txt", 3, 1),
        ("not a number", "VA_Set/Train_Set/b.txt", 4, 0),
        ("missing folder", "VA_Set/Train_Set/gone.txt", None, 2),
        ("unknown header", "VA_Set/Train_Set/other.txt", 1, 1),
        ("missing folder", "VA_Set", None, 0),
    ]
    assert table.notes["rows"].startswith("when read: 8 faces left out for 8 faults (missing picture 1, out of range 1")


@pytest.mark.parametrize("names", ["aus", UNITS])
def test_multi_task_file(names: str, tmp_path: Path) -> None:
    frames(tmp_path, "v", 1, 2, 3, 4)
    none = ",".join(["-1"] * 12)
    text(
        tmp_path / "training_set_annotations.txt",
        f"image,valence,arousal,expression,{names}",
        f"v/00001.jpg,0.5,0.25,4,{none}",
        "v/00002.jpg,-5,-5,-1,0,1,0,0,0,0,0,0,0,0,0,-1",
        f"v/00003.jpg,-5,-5,7,{none}",
        f"v/00004.jpg,0.1,0.1,4,{none}",
        f"v/00004.jpg,0.1,0.1,5,{none}",  # another label
        f"v/00003.jpg,-5,-5,7,{none}",  # the same
        f"v/00009.jpg,0,0,0,{none}",
        "v/00001.jpg,0,0,0",
    )
    table = read_database("affwild2_mtl", tmp_path)
    columns = ("frame", "valence", "arousal", "expression", "expression_other", "AU02", "AU25")
    assert rows(table, *columns) == [
        (1, 0.5, 0.25, "happiness", None, None, None),
        (2, None, None, None, None, 1, 0),
        (3, None, None, None, "other", None, None),
    ]
    assert "AU26" not in table.columns  # nobody labelled it
    file = "training_set_annotations.txt"
    assert faults(table) == [
        ("missing picture", file, 8, 1),
        ("broken line", file, 9, 1),
        ("missing file", ".", None, 0),
        ("repeated row", file, 7, 1),
        ("two labels", file, 5, 1),
        ("two labels", file, 6, 1),
    ]
    assert table.read_faults[-1].found == "cropped_aligned/v/00004.jpg: expression sadness"
    assert check(table, images=True).errors == 0


def test_no_picture_at_all_is_an_error(tmp_path: Path) -> None:
    text(tmp_path / "VA_Set/Train_Set/a.txt", "valence,arousal", "0,0")
    with pytest.raises(TableError, match=r"not one labelled face \(2 faults, first in VA_Set/Train_Set/a\.txt"):
        read_database("affwild2_va", tmp_path)


def test_multi_task_file_with_another_header(tmp_path: Path) -> None:
    frames(tmp_path, "v", 1)
    text(tmp_path / "training_set_annotations.txt", "image,valence,arousal,expression,AU1", "v/00001.jpg,0,0,0,1")
    text(tmp_path / "validation_set_annotations.txt", "image,expression", "v/00001.jpg,0")
    table = read_database("affwild2_mtl", tmp_path)
    assert rows(table, "split", "AU01") == [("train", 1)]
    assert faults(table) == [("unknown header", "validation_set_annotations.txt", 1, 1)]
