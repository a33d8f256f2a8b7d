"""AffectNet in both releases, and ExpW's list."""

from pathlib import Path

import numpy as np
import pytest

from mien.data.check import check
from mien.data.databases import read_database
from tiny_databases import LANDMARKS, circle68, faults, pictures, rows, text

HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
POINTS = ";".join(f"{value:g}" for value in circle68().ravel())


def line(name: str, expression: object, valence: object, arousal: object, box: str = "1,2,8,9") -> str:
    return f"{name},{box},{POINTS},{expression},{valence},{arousal}"


def test_affectnet_codes_boxes_and_landmarks(tmp_path: Path) -> None:
    images, lists = tmp_path / "Manually_Annotated_Images", tmp_path / "Manually_Annotated_file_lists"
    names = [f"{n % 3}/{n}.jpg" for n in range(11)]
    pictures(images, *names, "689/v.JPG", "689/v.png")  # the ending tells two photos apart
    values = [(0.5, -0.25)] * 8 + [(0.1, 0.1), (-2, -2), (-2, -2)]
    lines = (line(name, code, *values[code]) for code, name in enumerate(names))
    text(lists / "training.csv", HEADER, *lines)
    text(lists / "validation.csv", line("689/v.JPG", 1, 0.0, 1.0))  # without a header
    table = read_database("affectnet", tmp_path)
    assert rows(table, "split", "expression", "expression_other", "valence")[7:] == [
        ("train", "contempt", None, 0.5),
        ("train", None, "none", np.float32(0.1)),
        ("train", None, "uncertain", None),
        ("train", None, "non-face", None),
        ("val", "happiness", None, 0.0),
    ]
    assert [row[0] for row in rows(table, "expression")[:7]] == [
        *("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger")
    ]
    assert rows(table, "path")[11] == ("Manually_Annotated_Images/689/v.JPG",)
    assert rows(table, "x1", "y1", "x2", "y2")[0] == (1, 2, 9, 11)
    assert rows(table, *LANDMARKS)[0] == tuple(LANDMARKS.values())
    assert table.read_faults == () and check(table, images=True).errors == 0


def test_affectnet_faults(tmp_path: Path) -> None:
    pictures(tmp_path / "Manually_Annotated_Images", *(f"1/{n}.jpg" for n in range(6)))
    text(
        tmp_path / "Manually_Annotated_file_lists/training.csv",
        HEADER,
        line("1/0.jpg", 11, 0, 0),
        line("1/1.jpg", 1, 3, 0),
        "1/2.jpg,1,1,8,8,1;2;3,1,0,0",
        line("1/3.jpg", 1, 0, 0, box="1,1,0,8"),
        "1/4.jpg,1,0,0",
        line("1/gone.jpg", 1, 0, 0),
        line("1/5.jpg", 1, 0, 0),
        line("1/5.jpg", 1, 0, 0),
    )
    table = read_database("affectnet", tmp_path)
    assert rows(table, "path", "valence", "x1", "lm_nose_x") == [
        ("Manually_Annotated_Images/1/0.jpg", 0.0, 1.0, 5.0),
        ("Manually_Annotated_Images/1/1.jpg", None, 1.0, 5.0),
        ("Manually_Annotated_Images/1/2.jpg", 0.0, 1.0, None),
        ("Manually_Annotated_Images/1/3.jpg", 0.0, None, 5.0),
        ("Manually_Annotated_Images/1/5.jpg", 0.0, 1.0, 5.0),
    ]
    file = "Manually_Annotated_file_lists/training.csv"
    kinds = ("unknown code", "out of range", "broken landmarks", "empty box", "broken line", "missing picture")
    costs = (0, 0, 0, 0, 1, 1)
    assert faults(table) == [
        *((kind, file, n, cost) for n, (kind, cost) in enumerate(zip(kinds, costs, strict=True), start=2)),
        ("missing file", ".", None, 0),
        ("repeated row", file, 9, 1),
    ]
    assert check(table, images=True).errors == 0


def arrays(folder: Path, name: str, **values: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, value in values.items():
        np.save(folder / f"{name}_{kind}.npy", value)


def test_affectnet_of_one_array_per_label(tmp_path: Path) -> None:
    train, val = tmp_path / "train_set", tmp_path / "Val_Set"
    pictures(train / "images", "0.jpg", "1.jpg", "2.jpg")
    arrays(train / "annotations", "0", exp="6", val="-0.5", aro="0.75", lnd=circle68())  # texts, as given out
    arrays(train / "annotations", "1", exp=np.array(2), val=np.array(-2.0), aro=np.array(-2.0))
    arrays(train / "annotations", "2", val=0.5)
    np.save(train / "annotations/2_aro.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    pictures(val / "images", "7.jpg")
    arrays(val / "annotations", "7", exp="7", val="0", aro="0")
    table = read_database("affectnet_npy", tmp_path)
    assert rows(table, "split", "expression", "valence", "arousal", "lm_eye_l_x", "path") == [
        ("train", "anger", -0.5, 0.75, 2.0, "train_set/images/0.jpg"),
        ("train", "sadness", None, None, None, "train_set/images/1.jpg"),
        ("train", None, 0.5, None, None, "train_set/images/2.jpg"),
        ("val", "contempt", 0.0, 0.0, None, "Val_Set/images/7.jpg"),
    ]
    assert faults(table) == [
        ("missing file", "train_set/annotations/2_exp.npy", None, 0),
        ("unreadable file", "train_set/annotations/2_aro.npy", None, 0),
    ]
    assert check(table, images=True).errors == 0


def test_expw_boxes_and_faults(tmp_path: Path) -> None:
    pictures(tmp_path / "image/origin", "a.jpg", "b.jpg")
    text(
        tmp_path / "label/label.lst",
        "a.jpg 0 10 20 30 40 58.5 3",
        "a.jpg 1 1 2 3 4 5.0 0",
        "b.jpg 0 1 2 3 4 5.0 8",
        "b.jpg 1 1 2 x 4 5.0 6",
        "b.jpg 2 1 2 3",
        "c.jpg 0 1 2 3 4 5.0 6",
    )
    table = read_database("expw_lst", tmp_path)
    assert rows(table, "subject", "face_id", "x1", "y1", "x2", "y2", "expression", "path") == [
        ("a.jpg", "0", 20, 10, 30, 40, "happiness", "image/origin/a.jpg"),
        ("a.jpg", "1", 2, 1, 3, 4, "anger", "image/origin/a.jpg"),
        ("b.jpg", "1", None, None, None, None, "neutral", "image/origin/b.jpg"),
    ]
    assert rows(table, "box_confidence")[0] == (pytest.approx(58.5),)
    assert faults(table) == [
        ("unknown code", "label/label.lst", 3, 0),
        ("not a number", "label/label.lst", 4, 0),
        ("broken line", "label/label.lst", 5, 1),
        ("missing picture", "label/label.lst", 6, 1),
    ]
    assert check(table, images=True).errors == 0
