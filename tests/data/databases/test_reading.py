"""What all readers of original layouts share: finding files, and rows that repeat or contradict each other."""

from pathlib import Path

import pyarrow as pa
import pytest

from mien.data.databases import reading as module
from mien.data.databases.ibug68 import five_points
from mien.data.databases.layout import Layout, Pictures, find_file, find_folder
from mien.data.databases.reading import OTHER, Place, Reading, au_name, split_csv
from mien.errors import TableError
from tiny_databases import faults, pictures, rows, text

LAYOUT = Layout("tiny", "a folder with labels.txt", "https://example.org/tiny")


def test_frames_are_found_whatever_their_padding_and_from_0_or_1(tmp_path: Path) -> None:
    pictures(tmp_path, "one/00001.jpg", "one/frame_2.png", "zero/0.png", "zero/1.png", "zero/._1.png")
    one, zero = Pictures(tmp_path / "one"), Pictures(tmp_path / "zero")
    assert [one.frame(1), one.frame(2), one.frame(3)] == [
        tmp_path / "one/00001.jpg",
        tmp_path / "one/frame_2.png",
        None,
    ]
    assert [zero.frame(1), zero.frame(2), zero.frame(3)] == [tmp_path / "zero/0.png", tmp_path / "zero/1.png", None]
    assert (len(one.beyond(1)), len(zero.beyond(1)), len(Pictures(tmp_path / "none"))) == (1, 1, 0)


def test_a_picture_of_the_very_name_goes_before_one_of_another_ending(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "a.png", "b.PNG")
    found = Pictures(tmp_path)
    assert [found.named(name) for name in ("a.jpg", "a.png", "b.jpg", "b", "c.jpg")] == [
        *(tmp_path / "a.jpg", tmp_path / "a.png", tmp_path / "b.PNG", tmp_path / "b.PNG", None)
    ]
    assert len(found) == 3


def test_the_nearest_folder_and_file_are_found_whatever_their_case(tmp_path: Path) -> None:
    text(tmp_path / "deep/er/labels.txt", "")
    text(tmp_path / "z/labels.txt", "")
    text(tmp_path / "a/b/c/d/far.txt", "")
    assert find_file(tmp_path, "labels.txt") == tmp_path / "z/labels.txt"
    assert find_folder(tmp_path, "ER") == tmp_path / "deep/er"
    assert find_folder(tmp_path / "z", "Z") == tmp_path / "z"
    assert find_file(tmp_path, "far.txt") is None and find_folder(tmp_path, "nowhere") is None


def read(root: Path, *lines: tuple[str, str | None, int | None]) -> Reading:
    """A reading with a row per line: path, expression, frame."""
    reading = Reading(LAYOUT, root, ("path", "frame", "expression"), {OTHER: pa.string()})
    for number, (path, expression, frame) in enumerate(lines, start=1):
        reading.add(Place(root / "labels.txt", number), path=path, expression=expression, frame=frame)
    return reading


def test_repeated_rows_are_found_over_all_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 2)
    lines = [
        ("a", "fear", 1),
        ("b", "fear", 2),
        ("c", "fear", None),
        ("a", "fear", 1),
        ("b", "anger", 2),
        ("a", "fear", 3),
    ]
    table = read(tmp_path, *lines).table({"expression": ("fear", "anger")})
    assert rows(table, "path", "frame") == [("a", 1), ("c", None), ("a", 3)]
    assert faults(table) == [
        ("repeated row", "labels.txt", 4, 1),
        ("two labels", "labels.txt", 2, 1),
        ("two labels", "labels.txt", 5, 1),
    ]
    assert [fault.found for fault in table.read_faults[1:]] == ["b: expression fear", "b: expression anger"]


def test_columns_and_classes_that_nobody_filled_are_left_out(tmp_path: Path) -> None:
    reading = read(tmp_path, ("a", None, 1))
    reading.add(Place(tmp_path / "labels.txt", 9), path="b", **{OTHER: "bored"})
    table = reading.table({"expression": ("fear",)}, {"frame": "from 1", "path": "of a face"})
    assert table.columns == ["database", "path", OTHER] and table.labels == {}
    assert table.notes == {"path": "of a face", "rows": "when read: 1 faces without any label left out"}


def test_nothing_left_is_an_error_that_says_why(tmp_path: Path) -> None:
    reading = read(tmp_path, ("a", None, 1))
    reading.fault("unknown code", Place(tmp_path / "labels.txt", 1), "7")
    message = r"not one labelled face \(1 faults, first in labels\.txt: unknown code, 7, 1 without a label\); expected"
    with pytest.raises(TableError, match=message):
        reading.table()


def test_a_file_stands_for_its_folder_and_one_that_is_gone_is_noted(tmp_path: Path) -> None:
    reading = Reading(LAYOUT, text(tmp_path / "labels.txt", "\ufeffx", "", " y "), ("path", "expression"))
    found = [(place.line, line) for place, line in reading.lines(tmp_path / "labels.txt")]
    assert found == [(1, "x"), (3, "y")] and reading.root == tmp_path
    assert list(reading.lines(tmp_path / "gone.txt")) == []
    reading.add(Place(tmp_path), path="a", expression="fear")
    assert faults(reading.table()) == [("unreadable file", "gone.txt", None, 0)]


def test_cells(tmp_path: Path) -> None:
    assert [au_name(n) for n in (4, "12", "04", 3, "", "x", "-1")] == ["AU04", "AU12", "AU04", None, None, None, None]
    assert split_csv('a, "b,c" ,d') == ["a", '"b', 'c"', "d"]  # a blank before a quote makes it none
    assert split_csv('a,"b,c"') == ["a", "b,c"] and split_csv("x" * 200_000) == []


@pytest.mark.parametrize("points", [[], [[1, 2]] * 67, [[1, "x"]] * 68, [[1, float("nan")]] * 68, [[1], [2, 3]], None])
def test_landmarks_that_are_none(points: object) -> None:
    assert five_points(points) is None
