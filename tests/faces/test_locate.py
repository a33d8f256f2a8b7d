"""Points of faces whose place is known: which guess wins, when it searches, and how near it comes on real faces."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.data.columns import LANDMARKS
from mien.data.prepare import Faces, prepare
from mien.data.table import LabelTable
from mien.faces.detect import Detections
from mien.faces.locate import GUESSES, SURE, finder, locate
from mien.images import read_image, write_picture
from mien.preprocessing import Preprocessing

real = pytest.mark.skipif("MIEN_DATA" not in os.environ, reason="MIEN_DATA names no folder with the real faces")
PICTURE = np.zeros((80, 100, 3), np.uint8)
POINTS = np.arange(10, dtype=np.float32).reshape(5, 2)


def at(*boxes: tuple[float, ...], score: float) -> Detections:
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.full(len(xyxy), score, np.float32), np.tile(POINTS, (len(xyxy), 1, 1)))


class Staged:
    """A detector that gives its lines one after the other."""

    def __init__(self, looks: list[Detections], search: Detections) -> None:
        self.looks, self.search = list(looks), search
        self.asked: list[np.ndarray] = []
        self.searches = 0

    def refine(self, image: np.ndarray, xyxy: np.ndarray) -> Detections:
        self.asked.append(xyxy)
        return self.looks.pop(0)

    def detect(self, images: list[np.ndarray]) -> list[Detections]:
        self.searches += 1
        return [self.search]


def three(*scores: float) -> Detections:
    found = at(*[(i, i, 50 + i, 50 + i) for i in range(3)], score=0)
    return Detections(found.xyxy, np.array(scores, np.float32), found.landmarks)


def test_it_looks_at_squares_around_the_middle_and_again_where_the_best_of_them_says() -> None:
    detector = Staged([three(0.2, 0.9, 0.5), at((10, 11, 60, 61), score=0.95)], Detections.empty())
    found = locate(detector, PICTURE)
    sides = detector.asked[0][:, 2:] - detector.asked[0][:, :2]
    np.testing.assert_allclose(sides, [[100 * share] * 2 for share in GUESSES], rtol=1e-6)  # of the longer side
    np.testing.assert_allclose(detector.asked[0][:, :2] + sides / 2, [[50, 40]] * 3)
    np.testing.assert_allclose(detector.asked[1], [[1, 1, 51, 51]])  # the second of the three, not the first
    assert found.xyxy.tolist() == [[10, 11, 60, 61]]
    assert detector.searches == 0


def test_a_second_look_that_is_worse_does_not_count() -> None:
    detector = Staged([three(0.2, 0.9, 0.5), at((10, 11, 60, 61), score=0.3)], Detections.empty())
    assert locate(detector, PICTURE).xyxy.tolist() == [[1, 1, 51, 51]]


def test_where_no_look_is_sure_it_searches_and_takes_only_a_face_at_the_place() -> None:
    looks = [three(0.1, 0.2, 0.1), at((0, 0, 9, 9), score=0.3)]
    elsewhere, here = (80, 60, 95, 75), (4, 4, 44, 44)
    search = Detections(
        np.array([elsewhere, here], np.float32), np.array([0.99, 0.9], np.float32), np.stack([POINTS] * 2)
    )
    detector = Staged(looks, search)
    assert locate(detector, PICTURE, (0, 0, 50, 50)).xyxy.tolist() == [list(here)]
    assert detector.searches == 1


def test_nothing_found_is_one_row_with_a_score_that_says_so() -> None:
    found = locate(Staged([three(0.1, 0.2, 0.1), at((0, 0, 9, 9), score=0.1)], Detections.empty()), PICTURE)
    assert len(found) == 1
    assert found.score[0] == np.float32(0.2) < SURE


def test_noise_is_no_face() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    find = finder(Preprocessing(align=True))
    assert find is not None
    assert find(noise, None) is None


def test_nobody_looks_where_faces_are_not_cut_upright() -> None:
    assert finder(Preprocessing(align=False)) is None


@real
def test_points_of_rendered_faces_are_near_the_rendered_ones() -> None:
    table = pq.read_table(Path(os.environ["MIEN_DATA"]) / "avatars.parquet", filters=[("split", "==", "val")])
    rows = table.take(list(range(0, len(table), 40))).to_pylist()
    find, errors = finder(Preprocessing(align=True)), []
    for row in rows:
        truth = np.array([row[name] for name in LANDMARKS]).reshape(5, 2)
        found = find(read_image(row["image"], "avatar"), None)
        errors.append(np.linalg.norm(found - truth, axis=1).mean() / np.linalg.norm(truth[1] - truth[0]))
    assert np.mean(errors) < 0.06  # of the eyes' distance; a whole-picture template misses by twice that


@real
def test_nearly_all_faces_of_a_loosely_cut_database_are_found() -> None:
    table = pq.read_table(Path(os.environ["MIEN_DATA"]) / "fer2013plus.parquet", columns=["usage", "image"])
    images = table.column("image").take(list(range(0, len(table), 300))).to_pylist()
    find = finder(Preprocessing(align=True))
    assert np.mean([find(read_image(image, "face"), None) is not None for image in images]) > 0.95


def test_training_faces_are_cut_by_the_found_points_and_else_by_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    write_picture(tmp_path / "face.png", picture)
    given = np.array([[20, 22], [42, 23], [31, 34], [23, 46], [40, 47]], np.float64)
    moved = given + 5
    columns = {"path": ["face.png"] * 2, "expression": ["fear"] * 2}
    columns |= {name: [value] * 2 for name, value in zip(LANDMARKS, given.ravel(), strict=True)}
    table = LabelTable(pa.table(columns), root=tmp_path)
    cut, answers = Preprocessing(size=16, align=True), iter([moved, None])
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    faces = Faces(table, "A", {"expression": ("fear",)}, cut, find=lambda image, box: next(answers))
    store = prepare(faces)
    np.testing.assert_array_equal(store.images[0], cut.crop(picture, None, 2, moved))
    np.testing.assert_array_equal(store.images[1], cut.crop(picture, None, 2, given))
    assert faces.key != Faces(table, "A", {"expression": ("fear",)}, cut).key
