"""FER2013 and FER+ as they were given out."""

from pathlib import Path

import numpy as np
import pytest

from mien.data.check import check
from mien.data.databases import read_database
from mien.errors import TableError
from mien.images import read_image
from tiny_databases import faults, rows, text

VOTES_HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def pixels(seed: int) -> str:
    return " ".join(map(str, np.random.default_rng(seed).integers(0, 256, 48 * 48)))


def fer(folder: Path, *faces: tuple[object, int, str]) -> Path:
    lines = (f'{emotion},"{pixels(seed)}",{usage}' for emotion, seed, usage in faces)
    return text(folder / "fer2013.csv", "emotion,pixels,Usage", *lines)


def test_codes_splits_and_pixels(tmp_path: Path) -> None:
    usages = ("Training", "Training", "PublicTest", "PrivateTest", "Training", "Training", "Training")
    fer(tmp_path, *((code, code, usage) for code, usage in enumerate(usages)))
    table = read_database("fer2013_csv", tmp_path)
    assert rows(table, "split", "expression", "frame", "database") == [
        ("train", "anger", 0, "fer2013"),
        ("train", "disgust", 1, "fer2013"),
        ("val", "fear", 2, "fer2013"),
        ("test", "happiness", 3, "fer2013"),
        ("train", "sadness", 4, "fer2013"),
        ("train", "surprise", 5, "fer2013"),
        ("train", "neutral", 6, "fer2013"),
    ]
    grey = read_image(table.read(["image"]).column("image")[2].as_py())[..., 0]
    assert grey.ravel().tolist() == [int(p) for p in pixels(2).split()]
    assert "contempt" not in table.labels["expression"] and table.read_faults == ()
    assert check(table, images=True).errors == 0


def test_copies_are_one_subject_and_never_new_in_a_later_part(tmp_path: Path) -> None:
    order = ((0, 7, "PrivateTest"), (0, 7, "Training"), (0, 8, "PublicTest"), (0, 8, "PrivateTest"), (0, 9, "Training"))
    table = read_database("fer2013_csv", fer(tmp_path, *order))
    assert rows(table, "split", "subject") == [
        ("test_leaked", "photo0"),
        ("train", "photo0"),
        ("val", "photo2"),
        ("test_leaked", "photo2"),
        ("train", None),
    ]
    assert check(table).errors == 0


def test_faults_are_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    file = fer(tmp_path, (7, 1, "Training"), (3, 2, "Training"), (4, 2, "Training"), (3, 3, "Extra"))
    broken = ("3,1 2 3,Training", f'3,"{pixels(4)}"', f'3,"{pixels(5)[:-3]} 256",Training')
    text(file, *file.read_text().splitlines(), *broken)
    table = read_database("fer2013_csv", tmp_path)
    assert rows(table, "expression", "split") == [("happiness", "train"), ("sadness", "train"), ("happiness", None)]
    assert faults(table) == [
        ("broken picture", "fer2013.csv", 6, 1),
        ("broken line", "fer2013.csv", 7, 1),
        ("broken picture", "fer2013.csv", 8, 1),
        ("unknown code", "fer2013.csv", 2, 0),
        ("two labels", "fer2013.csv", 4, 0),
        ("unknown code", "fer2013.csv", 5, 0),
    ]
    assert table.notes["rows"] == (
        "when read: 3 faces left out for 6 faults (broken picture 2, broken line 1, unknown code 2, two labels 1); "
        "1 faces without any label left out"
    )


def test_the_other_file_of_the_same_data(tmp_path: Path) -> None:
    text(tmp_path / "icml_face_data.csv", "emotion, Usage, pixels", f"3, Training,{pixels(1)}")
    assert rows(read_database("fer2013_csv", tmp_path), "expression", "split") == [("happiness", "train")]


def votes(folder: Path, *lines: str) -> None:
    text(folder / "fer2013new.csv", VOTES_HEADER, *lines)


def test_votes_go_to_the_faces_of_the_same_row(tmp_path: Path) -> None:
    fer(tmp_path, *((0, seed, "Training") for seed in range(4)))
    votes(
        tmp_path,
        "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
        "Training,fer0000001.png,0,0,5,5,0,0,0,0,0,0",  # the tie goes to surprise, as in the order of the file
        "Training,,0,0,0,0,0,0,0,0,0,10",
        "Training,fer0000003.png,0,1,0,0,0,0,0,9,0,0",
    )
    table = read_database("ferplus_csv", tmp_path)
    assert rows(table, "frame", "expression", "votes_anger", "votes_surprise") == [
        (0, "neutral", 3.0, 0.0),
        (1, "surprise", 0.0, 5.0),
        (3, "contempt", 0.0, 0.0),
    ]
    assert len(table.labels["expression"]) == 8 and "1 faces without any label" in table.notes["rows"]
    assert check(table, images=True).errors == 0


def test_votes_that_are_short_broken_or_of_other_faces(tmp_path: Path) -> None:
    fer(tmp_path, *((0, seed, "Training") for seed in range(5)))
    votes(
        tmp_path,
        "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
        "Training,fer0000001.png,4,0,0",
        "PublicTest,fer0000002.png,4,0,0,1,3,2,0,0,0,0",
        "Training,fer0000007.png,4,0,0,1,3,2,0,0,0,0",
    )
    table = read_database("ferplus_csv", tmp_path)
    assert rows(table, "frame") == [(0,)]
    assert faults(table) == [
        ("broken line", "fer2013new.csv", 3, 1),
        ("too few lines", "fer2013new.csv", None, 1),
        ("rows do not match", "fer2013new.csv", 4, 1),
        ("rows do not match", "fer2013new.csv", 5, 1),
    ]


def test_without_votes_or_with_another_header(tmp_path: Path) -> None:
    fer(tmp_path, (0, 1, "Training"))
    with pytest.raises(TableError, match=r"no fer2013new\.csv here.*microsoft/FERPlus"):
        read_database("ferplus_csv", tmp_path)
    text(tmp_path / "fer2013.csv", "emotion,pixel,Usage")
    with pytest.raises(TableError, match=r"no column 'pixels'.*expected fer2013\.csv.*Request"):
        read_database("fer2013_csv", tmp_path)
