"""SFEW 2.0, RAF-DB, RAF-AU and RAF-CE in their own folders."""

from pathlib import Path

import pytest

from mien.data.check import check
from mien.data.databases import read_database
from mien.errors import TableError
from tiny_databases import faults, pictures, rows, text


def test_sfew_classes_parts_and_scenes(tmp_path: Path) -> None:
    train, val = "Train/Train_Aligned_Faces", "Val/Val_Aligned_Faces_new"
    names = ("Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise")
    pictures(tmp_path, *(f"{train}/{name}/AirForceOne_001010000_0000000{n}.png" for n, name in enumerate(names)))
    pictures(tmp_path, f"{val}/Sad/Juno_000200000_00000007.png")
    pictures(tmp_path, "Train/Angry/AirForceOne_001010000_00000000.png")  # the whole frame of the first
    pictures(tmp_path, "Test/Test_Aligned_Faces/x.png")
    table = read_database("sfew", tmp_path)
    assert [row[0] for row in rows(table, "expression")[:7]] == [
        *("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
    ]
    assert rows(table, "split", "expression", "clip", "film", "path")[7] == (
        *("val", "sadness", "Juno_000200000", "Juno"),
        f"{val}/Sad/Juno_000200000_00000007.png",
    )
    assert len(table) == 8 and table.read_faults == ()
    assert check(table, images=True).errors == 0


def test_sfew_in_a_folder_that_is_called_as_a_part(tmp_path: Path) -> None:
    pictures(tmp_path / "training data", "Train/Sad/a_1_1.png", "Val/Sad/b_1_1.png", "notes/page.png")
    table = read_database("sfew", tmp_path / "training data")
    assert rows(table, "split") == [("train",), ("val",)] and table.read_faults == ()


def test_sfew_without_aligned_faces_and_with_faults(tmp_path: Path) -> None:
    pictures(tmp_path, "Train/Happy/a_1_1.png", "Train/Sad/a_1_1.png", "Train/Bored/b_1_1.png", "Train/Bored/c_1_1.png")
    text(tmp_path / "Train/Happy/readme.txt", "")
    table = read_database("sfew", tmp_path)
    assert rows(table, "expression", "path") == [
        ("happiness", "Train/Happy/a_1_1.png"),
        ("sadness", "Train/Sad/a_1_1.png"),
    ]
    assert faults(table) == [
        ("unknown class", "Train/Bored", None, 2),
        ("no picture", "Train/Happy", None, 0),
        ("two labels", "Train/Sad/a_1_1.png", None, 0),
        ("missing folder", ".", None, 0),
    ]


def raf(root: Path, part: str, *lines: str) -> Path:
    folder = root / part
    text(folder / "EmoLabel/list_patition_label.txt", *lines)
    return folder


def test_rafdb_basic_codes_and_attributes(tmp_path: Path) -> None:
    names = [f"train_{n:05d}" for n in range(1, 7)] + ["test_0001"]
    folder = raf(tmp_path, "basic", *(f"{name}.jpg {code}" for code, name in enumerate(names, start=1)))
    pictures(folder / "Image/aligned", *(f"{name}_aligned.jpg" for name in names))
    landmarks = ["1.5\t2.5"] * 5
    text(folder / "Annotation/manual/train_00001_manu_attri.txt", *landmarks, "1", "0", "3")
    text(folder / "Annotation/manual/train_00002_manu_attri.txt", *landmarks, "2", "2", "9")
    table = read_database("rafdb_basic", tmp_path)
    assert rows(table, "split", "expression", "sex", "race", "age")[:3] == [
        ("train", "surprise", "female", "white", "40-69"),
        ("train", "fear", "unsure", "asian", None),
        ("train", "disgust", None, None, None),
    ]
    assert [row[0] for row in rows(table, "expression")[3:]] == ["happiness", "sadness", "anger", "neutral"]
    assert rows(table, "split", "path")[6] == ("test", "basic/Image/aligned/test_0001_aligned.jpg")
    assert faults(table) == [("unknown code", "basic/Annotation/manual/train_00002_manu_attri.txt", 8, 0)]
    assert check(table, images=True).errors == 0


def test_rafdb_compound_codes(tmp_path: Path) -> None:
    names = [f"train_{n:04d}" for n in range(1, 12)]
    folder = raf(tmp_path, "compound", *(f"{name}.jpg {code}" for code, name in enumerate(names, start=1)))
    pictures(folder / "Image/aligned", *(f"{name}_aligned.jpg" for name in names))
    table = read_database("rafdb_compound", folder)  # the folder itself will do
    assert [name for (name,) in rows(table, "compound")] == [
        *("happily_surprised", "happily_disgusted", "sadly_fearful", "sadly_angry", "sadly_surprised"),
        *("sadly_disgusted", "fearfully_angry", "fearfully_surprised", "angrily_surprised", "angrily_disgusted"),
        "disgustedly_surprised",
    ]
    assert len(table.labels["compound"]) == 11 and check(table).errors == 0
    with pytest.raises(TableError, match="of another part"):
        read_database("rafdb_basic", folder)


def test_rafdb_faults(tmp_path: Path) -> None:
    lines = ("train_00001.jpg 9", "train_00002.jpg", "train_00003.jpg 1", "dev_00004.jpg 1", "train_00005.jpg 1")
    folder = raf(tmp_path, "basic", *lines, "train_00005.jpg 2", "train_00006.jpg 3")
    pictures(folder / "Image/aligned", *(f"train_0000{n}_aligned.jpg" for n in (1, 5, 6)))
    table = read_database("rafdb_basic", tmp_path)
    file = "basic/EmoLabel/list_patition_label.txt"
    assert rows(table, "expression") == [("disgust",)]
    assert faults(table) == [
        ("unknown code", file, 1, 0),
        ("broken line", file, 2, 1),
        ("missing picture", file, 3, 1),
        ("unknown part", file, 4, 1),
        ("two labels", file, 5, 1),
        ("two labels", file, 6, 1),
    ]


def test_raf_au_units_of_one_side_and_null(tmp_path: Path) -> None:
    lines = ("0001.jpg 1+L12+19", "0002.jpg null", "3.jpg 4", "0004.jpg 4", "0004.jpg 1", "0005.jpg", "0006.jpg 1")
    text(tmp_path / "RAFAU_label.txt", *lines)
    pictures(tmp_path / "aligned", *(f"000{n}_aligned.jpg" for n in range(1, 6)))
    table = read_database("raf_au", tmp_path)
    assert rows(table, "path", "AU01", "AU04", "AU12", "facs") == [
        ("aligned/0001_aligned.jpg", 1, 0, 1, "1+L12+19"),
        ("aligned/0003_aligned.jpg", 0, 1, 0, "4"),
    ]
    assert faults(table) == [
        ("two labels", "RAFAU_label.txt", 5, 1),
        ("broken line", "RAFAU_label.txt", 6, 1),
        ("missing picture", "RAFAU_label.txt", 7, 1),
    ]
    assert "1 faces without any label" in table.notes["rows"]
    assert check(table, images=True).errors == 0


def test_raf_ce_codes_and_parts(tmp_path: Path) -> None:
    names = [f"{n:04d}" for n in range(15)]
    text(tmp_path / "RAFCE_emolabel.txt", *(f"{name}.jpg {code}" for code, name in enumerate(names)))
    text(tmp_path / "RAFCE_partition.txt", *(f"{name}.jpg {n % 3}" for n, name in enumerate(names[:14])))
    text(tmp_path / "RAFCE_AUlabel.txt", "0000.jpg R1+2", "0013.jpg null")
    pictures(tmp_path / "aligned", *(f"{name}_aligned.jpg" for name in names))
    table = read_database("raf_ce", tmp_path)
    assert [name for (name,) in rows(table, "compound")] == [
        *("happily_surprised", "happily_disgusted", "sadly_fearful", "sadly_angry", "sadly_surprised"),
        *("sadly_disgusted", "fearfully_angry", "fearfully_surprised", "fearfully_disgusted", "angrily_surprised"),
        *("angrily_disgusted", "disgustedly_surprised", None, None),
    ]
    assert rows(table, "split", "compound_other", "AU01", "AU02")[0] == ("train", None, 1, 1)
    assert rows(table, "split", "compound_other", "AU01", "AU02")[12:] == [
        ("train", "happily_fearful", None, None),
        ("test", "happily_sad", None, None),
    ]
    assert rows(table, "split")[2] == ("val",)
    assert faults(table) == [
        ("unknown code", "RAFCE_emolabel.txt", 15, 0),
        ("no part", "RAFCE_emolabel.txt", 15, 0),
    ]
    assert check(table, images=True).errors == 0
