"""AFEW-VA and Aff-Wild in their own folders."""

import json
from pathlib import Path
from typing import Any

import pytest

from mien.data.check import check
from mien.data.databases import read_database
from tiny_databases import LANDMARKS, circle68, faults, pictures, rows, text


def clip(root: Path, name: str, frames: dict[str, Any], **more: Any) -> None:
    text(root / name / f"{name}.json", json.dumps({"video_id": name, **more, "frames": frames}))


def frame(valence: object, arousal: object, **more: Any) -> dict[str, Any]:
    return {"valence": valence, "arousal": arousal, "landmarks": circle68().tolist(), **more}


def test_afew_va_values_are_divided_by_ten(tmp_path: Path) -> None:
    clip(tmp_path / "01", "001", {"00000": frame(-3.0, 10.0), "00001": frame(0.0, -7.0)}, actor="Ann Example")
    clip(tmp_path / "02", "051", {"00000": frame(5, 5)}, actor="")
    pictures(tmp_path, "01/001/00000.png", "01/001/00001.png", "02/051/00000.png")
    table = read_database("afew_va", tmp_path)
    assert [
        (s, c, f, round(v, 5), round(a, 5))
        for s, c, f, v, a in rows(table, "subject", "clip", "frame", "valence", "arousal")
    ] == [
        ("Ann Example", "001", 0, -0.3, 1.0),
        ("Ann Example", "001", 1, 0.0, -0.7),
        (None, "051", 0, 0.5, 0.5),
    ]
    assert rows(table, "path", *LANDMARKS)[0] == ("01/001/00000.png", *LANDMARKS.values())
    assert table.read_faults == () and check(table, images=True).errors == 0


def test_afew_va_faults(tmp_path: Path) -> None:
    frames = {
        "00000": frame(12, 1),
        "00001": {"valence": 1, "arousal": 2},
        "00002": frame(1, 2),
        "00003": frame(None, "x", landmarks=[[1, 2]]),
    }
    clip(tmp_path, "001", frames)
    pictures(tmp_path / "001", "00000.png", "00001.png", "00003.png", "00004.png")
    text(tmp_path / "002/002.json", '{"frames": ')
    pictures(tmp_path / "002", "00000.png")
    table = read_database("afew_va", tmp_path)
    assert rows(table, "frame", "valence", "lm_nose_x") == [(0, None, 5.0), (1, pytest.approx(0.1), None)]
    assert "1 faces without any label" in table.notes["rows"]
    file = "001/001.json"
    assert faults(table) == [
        ("out of range", file, None, 0),
        ("broken landmarks", file, None, 0),
        ("missing picture", file, None, 1),
        ("not a number", file, None, 0),
        ("not a number", file, None, 0),
        ("broken landmarks", file, None, 0),
        ("no label", file, None, 1),
        ("unreadable file", "002/002.json", None, 1),
    ]


def affwild(root: Path, video: str, valence: tuple[object, ...], arousal: tuple[object, ...]) -> None:
    for axis, values in (("valence", valence), ("arousal", arousal)):
        text(root / f"annotations/train/{axis}/{video}.txt", *map(str, values))


def test_affwild_frames(tmp_path: Path) -> None:
    affwild(tmp_path, "105", (0.5, -1), (0.25, 0))
    pictures(tmp_path, "frames/105/00001.jpg", "frames/105/00002.jpg", "bboxes/train/105/1.png")
    affwild(tmp_path, "106", (0,), (0,))
    pictures(tmp_path, "frames/106/0.jpg")
    table = read_database("affwild", tmp_path)
    assert rows(table, "split", "clip", "frame", "valence", "arousal", "path") == [
        ("train", "105", 1, 0.5, 0.25, "frames/105/00001.jpg"),
        ("train", "105", 2, -1.0, 0.0, "frames/105/00002.jpg"),
        ("train", "106", 1, 0.0, 0.0, "frames/106/0.jpg"),
    ]
    assert table.read_faults == () and check(table, images=True).errors == 0


def test_affwild_faults(tmp_path: Path) -> None:
    affwild(tmp_path, "105", (0.5, 2, 0.5), (0.25, 0))
    pictures(tmp_path, *(f"frames/105/{n}.jpg" for n in (1, 3, 4)))
    affwild(tmp_path, "106", (0, 0), (0, "x"))
    text(tmp_path / "annotations/train/valence/107.txt", "0")
    pictures(tmp_path, "frames/107/1.jpg")
    table = read_database("affwild", tmp_path)
    assert rows(table, "clip", "frame", "valence", "arousal") == [
        ("105", 1, 0.5, 0.25),
        ("105", 3, 0.5, None),
        ("107", 1, 0.0, None),
    ]
    assert faults(table) == [
        ("out of range", "annotations/train/valence/105.txt", 2, 0),
        ("too few lines", "annotations/train/arousal/105.txt", None, 0),
        ("missing picture", "annotations/train/arousal/105.txt", 2, 1),
        ("too few lines", "annotations/train/valence/105.txt", 3, 1),
        ("not a number", "annotations/train/arousal/106.txt", 2, 0),
        ("missing folder", "annotations/train/arousal/106.txt", None, 2),
        ("missing file", "annotations/train/arousal/107.txt", None, 0),
    ]
