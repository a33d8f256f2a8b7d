"""Faces of tables that say where the people are, or nothing."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from mien.cli.table import app
from mien.data.columns import BODY, BOX
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.faces.detect import Detections
from mien.locating import locate_faces
from tiny_databases import pictures, rows


class Finds:
    """A detector that finds the same faces in every picture, and counts the pictures."""

    def __init__(self, *boxes: tuple[float, ...]) -> None:
        self.boxes, self.seen = np.array(boxes, np.float32).reshape(-1, 4), 0

    def detect(self, images: list[np.ndarray]) -> list[Detections]:
        self.seen += len(images)
        n = len(self.boxes)
        points = np.repeat(self.boxes[:, None, :2], 5, axis=1)
        return [Detections(self.boxes, np.linspace(0.99, 0.9, n, dtype=np.float32), points)] * len(images)


def table(folder: Path, **columns: list[object]) -> LabelTable:
    pictures(folder, *{name for name in columns["path"] if isinstance(name, str)})
    return LabelTable(pa.table({"valence": [0.0] * len(columns["path"]), **columns}), root=folder)


def bodies(*boxes: tuple[float, ...]) -> dict[str, list[float]]:
    return {name: [box[i] for box in boxes] for i, name in enumerate(BODY)}


def test_each_person_gets_the_face_in_their_body(tmp_path: Path) -> None:
    people = bodies((0, 0, 12, 12), (5, 0, 9, 12), (0, 0, 3, 12))
    given = table(tmp_path, path=["a.png"] * 3, **people)
    detector = Finds((6, 1, 8, 3), (1, 1, 2, 2))
    found = locate_faces(given, detector)
    # The surest face lies in the large body, too: it is of the smaller one, and so is the other.
    assert rows(found, *BOX) == [(6, 1, 8, 3), (1, 1, 2, 2)]
    assert rows(found, "body_x1") == [(5,), (0,)] and rows(found, "lm_nose_x") == [(6,), (1,)]
    assert [(fault.kind, fault.file, fault.line, fault.rows) for fault in found.read_faults] == [
        ("no face found", "a.png", 1, 1)
    ]
    assert detector.seen == 1, "one look at a picture with three people"


def test_a_large_body_takes_the_face_that_is_left(tmp_path: Path) -> None:
    given = table(tmp_path, path=["a.png"] * 2, **bodies((0, 0, 12, 12), (5, 0, 9, 12)))
    found = locate_faces(given, Finds((6, 1, 8, 3), (6, 5, 8, 7)))
    assert rows(found, *BOX) == [(6, 5, 8, 7), (6, 1, 8, 3)]


def test_boxes_that_are_given_stay_and_pictures_without_bodies_are_searched_whole(tmp_path: Path) -> None:
    boxes = {name: [side, None, None] for name, side in zip(BOX, (1.0, 2.0, 3.0, 4.0), strict=True)}
    given = table(tmp_path, path=["a.png", "b.png", "c.png"], **boxes)
    (tmp_path / "c.png").write_bytes(b"no picture")
    found = locate_faces(given, Finds((6, 1, 8, 3)))
    assert rows(found, "path", *BOX) == [("a.png", 1, 2, 3, 4), ("b.png", 6, 1, 8, 3)]
    assert rows(found, "lm_nose_x") == [(None,), (6,)]
    assert [fault.line for fault in found.read_faults] == [3]


def test_no_face_anywhere_and_no_pictures_are_errors(tmp_path: Path) -> None:
    given = table(tmp_path, path=["a.png"], **bodies((0, 0, 3, 3)))
    with pytest.raises(MienError, match="no face in any of its 1 rows"):
        locate_faces(given, Finds((6, 1, 8, 3)))
    with pytest.raises(MienError, match="neither a column"):
        locate_faces(LabelTable(pa.table({"valence": [0.0]})), Finds())


def test_the_verb_lists_who_was_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.faces.detect.make_detector", lambda name: Finds((6, 1, 8, 3)))
    table(tmp_path, path=["a.png"] * 2, **bodies((0, 0, 3, 12), (5, 0, 9, 12))).write(tmp_path / "people.parquet")
    out = tmp_path / "faces.parquet"
    result = CliRunner().invoke(app, ["faces", str(tmp_path / "people.parquet"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "no face found: 1 times, 1 faces left out; first in a.png line 1" in result.output
    assert rows(LabelTable(out), "x1") == [(6,)]
    assert out.with_suffix(".faults.csv").read_text().splitlines()[1].startswith("no face found,a.png,1,1,")
