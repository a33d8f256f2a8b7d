"""Copies between splits: exact ones, near ones, and nothing else."""

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from mien.data.databases import read_database
from mien.data.leaks import find_leaks
from mien.data.prints import thumbnail
from mien.data.table import LabelTable
from mien.errors import TableError

DATA = os.environ.get("MIEN_DATA")


def pixels(seed: int) -> npt.NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(40, 200, (8, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (48, 48), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def png(image: npt.NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def table_of(images: list[bytes], splits: Sequence[str] | None = None) -> LabelTable:
    columns = {"image": images} | ({"split": list(splits)} if splits else {})
    return LabelTable(pa.table(columns))


def brighter(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return (image * 0.8 + 30).astype(np.uint8)


def test_exact_and_near_copies_between_splits() -> None:
    images = [pixels(n) for n in range(6)]
    files = [png(image) for image in images] + [png(images[1]), png(brighter(images[2])), png(images[0])]
    splits = ["train"] * 6 + ["test", "test", "train"]  # the last is a copy inside train, which is no leak
    found = find_leaks(table_of(files, splits))
    pairs = {(pair.row_a, pair.row_b, pair.split_a, pair.split_b, pair.kind) for pair in found.pairs}
    assert pairs == {(1, 6, "train", "test", "exact"), (2, 7, "train", "test", "near")}
    assert (found.exact, found.near) == (1, 1)
    (between,) = found.between
    assert (between.rows_a, between.rows_b) == (2, 2)
    assert found.pairs[0].similarity == 1.0 and 0.97 < found.pairs[1].similarity <= 1.0001


def test_a_mirrored_copy_is_found_and_a_symmetric_face_counts_once() -> None:
    face, other = pixels(0), pixels(1)
    symmetric = np.concatenate([other[:, :24], other[:, 23::-1]], axis=1)
    files = [png(face), png(symmetric), png(face[:, ::-1]), png(brighter(symmetric))]
    found = find_leaks(table_of(files, ["train", "train", "test", "test"]))
    assert {(pair.row_a, pair.row_b, pair.kind) for pair in found.pairs} == {(0, 2, "mirrored"), (1, 3, "near")}
    assert (found.exact, found.near, found.mirrored) == (0, 1, 1)


def test_within_a_split_a_pair_counts_once_and_a_row_is_no_copy_of_itself() -> None:
    files = [png(pixels(0)), png(pixels(1)), png(pixels(0)), png(brighter(pixels(1)))]
    table = table_of(files, ["train"] * 4)
    found = find_leaks(table, within=True)
    assert [(pair.row_a, pair.row_b, pair.kind) for pair in found.pairs] == [(0, 2, "exact"), (1, 3, "near")]
    assert find_leaks(table_of(files, ["a", "a", "b", "b"]), within=True).to_dict()["between"][0]["rows_a"] == 2


def test_sides_may_be_another_column() -> None:
    table = LabelTable(pa.table({"image": [png(pixels(0))] * 2, "split": ["train"] * 2, "fold": [0, 1]}))
    assert [(p.split_a, p.split_b) for p in find_leaks(table, by="fold").pairs] == [("0", "1")]
    with pytest.raises(TableError, match="no column 'flod'; did you mean 'fold'"):
        find_leaks(table, by="flod")


def test_between_two_tables_only() -> None:
    mine = table_of([png(pixels(0)), png(pixels(0))])
    theirs = table_of([png(pixels(1)), png(pixels(0))], ["train", "test"])
    found = find_leaks(mine, theirs)
    assert [(pair.row_a, pair.row_b, pair.split_a, pair.split_b) for pair in found.pairs] == [
        (0, 1, "none", "test"),
        (1, 1, "none", "test"),
    ]
    assert {(count.split_b, count.exact) for count in found.between} == {("train", 0), ("test", 2)}


def test_threshold_and_other_encodings() -> None:
    image = pixels(3)
    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
    table = table_of([png(image), jpeg], ["train", "val"])
    assert (find_leaks(table).exact, find_leaks(table).near) == (0, 1)
    assert find_leaks(table, threshold=1.001).near == 0


def test_plain_pictures_are_alike_only_when_equal() -> None:
    grey, black = (np.full((48, 48, 3), value, np.uint8) for value in (128, 0))
    found = find_leaks(table_of([png(grey), png(black), png(grey)], ["train", "train", "test"]))
    assert [(pair.row_a, pair.row_b, pair.kind) for pair in found.pairs] == [(0, 2, "exact")]


def test_broken_pictures_are_reported_and_paths_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(pixels(0)))
    (tmp_path / "b.png").write_bytes(png(pixels(0)))
    columns = {"path": ["a.png", "gone.png", "b.png", None], "split": ["train", "train", "test", "test"]}
    found = find_leaks(LabelTable(pa.table(columns), root=tmp_path))
    assert found.unreadable == (1, 3) and found.exact == 1


def test_thumbnail_has_mean_zero_and_norm_one() -> None:
    small = thumbnail(pixels(0))
    assert small.shape == (256,) and abs(small.mean()) < 1e-6 and abs(np.linalg.norm(small) - 1) < 1e-6


def test_more_rows_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.data.leaks.BLOCK", 3)
    files = [png(pixels(n)) for n in range(10)]
    found = find_leaks(table_of(files * 2, ["train"] * 10 + ["test"] * 10))
    assert {(pair.row_a, pair.row_b) for pair in found.pairs} == {(n, n + 10) for n in range(10)}


def test_a_table_without_splits_is_refused() -> None:
    with pytest.raises(TableError, match=r"between splits, found none; .*mien table split"):
        find_leaks(table_of([png(pixels(0))]))
    with pytest.raises(TableError, match="no column 'image' or 'path'"):
        find_leaks(LabelTable(pa.table({"split": ["train", "test"]})))


@pytest.mark.skipif(DATA is None, reason="MIEN_DATA names no folder with real databases")
def test_real_fer2013_copies_are_those_of_the_datasheet() -> None:
    table = read_database("fer2013plus", str(DATA))
    columns = table.read(["usage", "leaks", "train_similarity"]).to_pydict()
    found = find_leaks(table, by="usage")
    for usage in ("PublicTest", "PrivateTest"):
        rows = [row for row, value in enumerate(columns["usage"]) if value == usage]
        listed = [p for p in found.pairs if p.kind != "mirrored"]
        pairs = [pair for pair in listed if pair.split_a == "Training" and pair.split_b == usage]
        assert {pair.row_b for pair in pairs if pair.kind == "exact"} == {row for row in rows if columns["leaks"][row]}
        alike = {row for row in rows if columns["leaks"][row] or columns["train_similarity"][row] > 0.97}
        assert len({pair.row_b for pair in pairs} ^ alike) <= 2  # at the threshold rounding decides
    exact = [p for p in found.pairs if p.kind == "exact"]
    copies = {p.row_b for p in exact if (p.split_a, p.split_b) == ("PublicTest", "PrivateTest")}
    assert len([row for row in copies if not columns["leaks"][row]]) == 26
