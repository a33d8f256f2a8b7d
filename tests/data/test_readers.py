"""Each reader on a tiny file with the database's columns, and on the real file where MIEN_DATA names a folder."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.data.check import check
from mien.data.databases import READERS, read_database
from mien.data.databases.avatars import CLASSES, SOURCE
from mien.data.databases.fer2013plus import VOTES
from mien.data.table import LabelTable
from mien.errors import TableError
from mien.labels import EXPRESSIONS

DATA = os.environ.get("MIEN_DATA")
real = pytest.mark.skipif(DATA is None, reason="MIEN_DATA names no folder with real databases")


def picture(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


def rows_of(table: LabelTable, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.read(columns).to_pylist()]


def fer_row(usage: str = "Training", votes: dict[str, int] | None = None, **given: Any) -> dict[str, Any]:
    counts = dict.fromkeys(VOTES, 0) | {f"votes_{name}": n for name, n in (votes or {"happiness": 10}).items()}
    other = {"name": "fer.png", "fer2013_expression": "anger", "pixel_md5": "0", "duplicate_group": None}
    derived = {"leaks": False, "train_similarity": None, "valence_derived": 0.5, "arousal_derived": 0.25}
    return {"usage": usage, **counts, **other, **derived, "image": picture(), **given}


def fer_file(folder: Path, rows: list[dict[str, Any]]) -> Path:
    schema = pa.schema(
        [
            *[pa.field(name, pa.string()) for name in ("name", "usage", "fer2013_expression", "pixel_md5")],
            *[pa.field(name, pa.int8()) for name in VOTES],
            *[pa.field("duplicate_group", pa.int32()), pa.field("leaks", pa.bool_())],
            *[pa.field(n, pa.float32()) for n in ("train_similarity", "valence_derived", "arousal_derived")],
            pa.field("image", pa.binary()),
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "fer2013plus.parquet")
    return folder


def test_fer2013plus_keeps_leaked_rows_out_of_val_and_test(tmp_path: Path) -> None:
    rows = [
        fer_row("Training", duplicate_group=1),
        fer_row("PublicTest", duplicate_group=1, leaks=True),
        fer_row("PublicTest", duplicate_group=2, train_similarity=0.5),
        fer_row("PrivateTest", duplicate_group=2, train_similarity=0.5),  # a copy of a PublicTest row only
        fer_row("PrivateTest", train_similarity=0.98),
        fer_row("PrivateTest", train_similarity=0.97),
    ]
    table = read_database("fer2013plus", fer_file(tmp_path, rows))
    assert rows_of(table, "split", "subject") == [
        ("train", "group1"),
        ("val_leaked", "group1"),
        ("val", "group2"),
        ("test_leaked", "group2"),
        ("test_leaked", None),
        ("test", None),
    ]
    assert check(table, images=True).errors == 0


def test_fer2013plus_majority_of_ten_with_ties_in_the_order_of_the_source(tmp_path: Path) -> None:
    rows = [
        fer_row(votes={"surprise": 5, "sadness": 5}),  # the order of mien.labels would say sadness
        fer_row(votes={"fear": 4, "unknown": 6}),
        fer_row(votes={"anger": 5, "nf": 5}),
        fer_row(votes={"nf": 10}),
    ]
    table = read_database("fer2013plus", fer_file(tmp_path, rows))
    assert rows_of(table, "expression", "votes_anger", "fer2013_expression", "valence") == [
        ("surprise", 0.0, "anger", 0.5),
        (None, None, "anger", 0.5),
        ("anger", 5.0, "anger", 0.5),
        (None, None, "anger", 0.5),
    ]
    assert table.labels == {"expression": EXPRESSIONS, "va": ("valence", "arousal")}
    assert "not annotated" in table.notes["valence"]


def test_fer2013_has_the_original_label_and_no_votes(tmp_path: Path) -> None:
    table = read_database("fer2013", fer_file(tmp_path, [fer_row(), fer_row(fer2013_expression=None)]))
    assert rows_of(table, "database", "expression") == [("fer2013", "anger"), ("fer2013", None)]
    assert table.labels == {"expression": tuple(name for name in EXPRESSIONS if name != "contempt")}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_ck48_drops_units_without_a_value(tmp_path: Path) -> None:
    row = {"subject": "S1", "sequence": "S1_001", "frame": 9, "expression": "fear", "au_01": 1, "au_12": 0}
    file = write(tmp_path / "x.parquet", [{**row, "au_22": None, "valence_sign": -1, "image": picture()}])
    table = read_database("ck48", file)
    assert rows_of(table, "subject", "clip", "frame", "AU01", "AU12", "valence_sign") == [("S1", "S1_001", 9, 1, 0, -1)]
    assert table.labels["au"] == ("AU01", "AU12")
    assert "neutral" not in table.labels["expression"] and len(table.labels["expression"]) == 7
    assert "va" not in table.labels and not {"au_22", "sequence", "split"} & set(table.columns)


def test_muxspace_and_expw_take_the_whole_picture(tmp_path: Path) -> None:
    row = {"expression": "fear", "image": picture()}
    write(tmp_path / "muxspace.parquet", [{"subject": "p", "source": "lfw", "valid_x": 3, **row}])
    write(tmp_path / "expw.parquet", [{"photo": "p.jpg", "face_id": 1, "crop_face_x": 16.0, **row}])
    mux, expw = (read_database(name, tmp_path) for name in ("muxspace", "expw"))
    assert rows_of(mux, "subject", "source", "valid_x") == [("p", "lfw", 3)]
    assert rows_of(expw, "subject", "crop_face_x") == [("p.jpg", 16.0)]
    assert "x1" not in mux.columns and "x1" not in expw.columns
    assert len(mux.labels["expression"]) == 8 and len(expw.labels["expression"]) == 7


def test_london_turns_the_persons_right_into_the_pictures_left(tmp_path: Path) -> None:
    points = {"right_pupil": 10.0, "left_pupil": 20.0, "nose_tip": 15.0, "mouth_right": 11.0, "mouth_left": 19.0}
    placed = {f"{name}_{c}": x for name, x in points.items() for c in "xy"}
    row = {"subject": "L1", "age": 24, **placed, "image": picture()}
    smiling = {**row, **dict.fromkeys(placed)}
    write(tmp_path / "london.parquet", [{**row, "expression": "neutral"}, {**smiling, "expression": "happiness"}])
    table = read_database("london", tmp_path)
    columns = ("lm_eye_l_x", "lm_eye_r_x", "lm_mouth_l_x", "lm_mouth_r_x", "age")
    assert rows_of(table, *columns) == [(10.0, 20.0, 11.0, 19.0, 24), (None, None, None, None, 24)]
    assert table.labels == {"expression": ("neutral", "happiness")}


def avatar_row(**given: Any) -> dict[str, Any]:
    empty = {name: 1.0 for name in SOURCE.needs if name.startswith("lm_")}
    who = {"subject": "A_1~B_1@0.5", "base": "A_1", "mix": "B_1", "family": "A", "sex": "F", "split": "train"}
    labels = {"source": "compound", "expression": None, "compound": "sadly_angry", "valence": -0.5, "arousal": 0.1}
    return {**empty, **who, **labels, "au_12": 1, "au_12_intensity": 2.5, "image": picture(), **given}


def test_avatars_of_a_family_are_one_subject(tmp_path: Path) -> None:
    write(tmp_path / "avatars.parquet", [avatar_row(), avatar_row(subject="A_2", mix=None)])
    table = read_database("avatars", tmp_path)
    columns = ("subject", "avatar", "AU12", "AU12_intensity", "compound")
    assert rows_of(table, *columns) == [
        ("A", "A_1~B_1@0.5", 1, 2.5, "sadly_angry"),
        ("A", "A_2", 1, 2.5, "sadly_angry"),
    ]
    assert len(table.labels["compound"]) == 11 and len(CLASSES["expression"]) == 7
    assert table.labels["au_intensity"] == ("AU12",)
    assert "not measured" in table.notes["arousal"]


def test_avatar_clips_have_frames_and_no_made_up_time(tmp_path: Path) -> None:
    clip = {"clip": 7, "clip_expression": "fear", "clip_compound": None, "phase": 0.2}
    write(tmp_path / "avatar_clips.parquet", [avatar_row(**clip, frame=n) for n in (0, 1)])
    table = read_database("avatar_clips", tmp_path)
    assert rows_of(table, "clip", "frame", "phase") == [("7", 0, 0.2), ("7", 1, 0.2)]
    assert "time_s" not in table.columns


PARQUET = [name for name, reader in READERS.items() if ".parquet" in reader.expects]


@pytest.mark.parametrize("name", PARQUET)
def test_wrong_root_says_what_was_expected_and_where_to_get_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"expected .*\.parquet, or the folder that has it\. Request .*http"):
        read_database(name, tmp_path / "nowhere")
    (tmp_path / "text.parquet").write_text("no parquet")
    with pytest.raises(TableError, match="not a Parquet file"):
        read_database(name, tmp_path / "text.parquet")


@pytest.mark.parametrize("name", PARQUET)
def test_missing_column_names_file_and_column(name: str, tmp_path: Path) -> None:
    file = write(tmp_path / "x.parquet", [{"imagee": picture()}])
    with pytest.raises(TableError, match=r"x\.parquet: no column '.*http"):
        read_database(name, file)


def test_unknown_database_names_the_nearest() -> None:
    with pytest.raises(TableError, match="did you mean 'muxspace'"):
        read_database("muxspac", ".")


def save(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture())


def test_folders_with_splits_synonyms_and_other_files(tmp_path: Path) -> None:
    for name in ("train/Happy/a.png", "Validation/fear/deep/b.PNG", "train/Angry/c.jpg"):
        save(tmp_path / name)
    (tmp_path / "train/Happy/readme.txt").write_text("")
    table = read_database("folders", tmp_path)
    assert sorted(rows_of(table, "split", "expression", "path")) == [
        ("train", "anger", "train/Angry/c.jpg"),
        ("train", "happiness", "train/Happy/a.png"),
        ("val", "fear", "Validation/fear/deep/b.PNG"),
    ]
    assert table.labels == {"expression": ("happiness", "fear", "anger")}
    assert table.notes["path"].startswith("1 files")
    assert check(table, images=True).errors == 0


def test_folders_refuse_a_name_that_is_no_expression(tmp_path: Path) -> None:
    save(tmp_path / "hapiness/a.png")
    with pytest.raises(TableError, match="no expression is called 'hapiness', did you mean 'happiness'"):
        read_database("folders", tmp_path)


def test_folders_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no pictures"):
        read_database("folders", tmp_path)


def test_paths_still_lead_to_the_pictures_when_a_table_is_written_elsewhere(tmp_path: Path) -> None:
    save(tmp_path / "mine/fear/a.png")
    read_database("folders", tmp_path / "mine").write(tmp_path / "tables/a.parquet")
    LabelTable(tmp_path / "tables/a.parquet").write(tmp_path / "b.parquet")
    again = LabelTable(tmp_path / "b.parquet")
    assert rows_of(again, "path") == [("mine/fear/a.png",)]
    assert check(again, images=True).errors == 0


def csv_file(folder: Path, text: str, name: str = "labels.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_csv_reads_numbers_blanks_and_attributes(tmp_path: Path) -> None:
    text = "path, expression ,AU12,valence,age,frame\na.png,fear,1,-0.5,31,3.0\nb.png, NA,,nan,,\n"
    table = read_database("csv", csv_file(tmp_path, text))
    columns = ("database", "path", "expression", "AU12", "valence", "age", "frame")
    assert rows_of(table, *columns) == [
        ("labels", "a.png", "fear", 1, -0.5, 31, 3),
        ("labels", "b.png", None, None, None, None, None),
    ]
    assert table.root == tmp_path


def test_csv_with_tabs_and_a_column_image(tmp_path: Path) -> None:
    table = read_database("csv", csv_file(tmp_path, "image\texpression\nx/a.png\thapy\n", "labels.tsv"))
    assert rows_of(table, "path", "expression") == [("x/a.png", "hapy")]  # check() finds the unknown name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("expression\nfear\n", "no column 'path'"),
        ("path,valence\na,0.1\nb,much\n", "column 'valence', row 1: 'much' is not a number"),
        ("path,AU12\na,0.5\n", "column 'AU12', row 0: '0.5' is not a whole number"),
        ("path,valence\na,0.1,7\n", "not a CSV file"),
        ("path,valence,valence\na,1,1\n", "'valence' occurs 2 times"),
    ],
)
def test_csv_faults(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=message):
        read_database("csv", csv_file(tmp_path, text))


REAL_ROWS = {
    "fer2013plus": 35710,
    "fer2013": 35710,
    "ck48": 603,
    "muxspace": 10362,
    "expw": 5705,
    "london": 80,
    "avatars": 12210,
    "avatar_clips": 6336,
}


@real
@pytest.mark.parametrize("name", REAL_ROWS)
def test_real_files_have_the_rows_of_the_datasheet_and_no_faults(name: str) -> None:
    table = read_database(name, str(DATA))
    assert len(table) == REAL_ROWS[name]
    assert check(table).errors == 0


@real
def test_real_fer2013plus_counts() -> None:
    table = read_database("fer2013plus", str(DATA))
    rows = rows_of(table, "usage", "expression", "leaks", "split")
    assert Counter(row[0] for row in rows) == {"Training": 28558, "PublicTest": 3579, "PrivateTest": 3573}
    assert Counter(row[0] for row in rows if not row[2])["PrivateTest"] == 3285
    kept = Counter(row[1] for row in rows if row[0] == "PrivateTest" and not row[2])
    assert (kept["neutral"], kept["surprise"], kept["contempt"], kept[None]) == (1213, 329, 25, 27)
    # Leaks dropped, then near copies of Training, then copies of PublicTest rows.
    strict = {"train": 28558, "val": 3158, "val_leaked": 421, "test": 3111, "test_leaked": 462}
    assert Counter(row[3] for row in rows) == strict


@real
def test_real_counts_of_people_and_clips() -> None:
    ck48, mux = (read_database(name, str(DATA)) for name in ("ck48", "muxspace"))
    assert len(set(rows_of(ck48, "subject"))) == 71 and len(set(rows_of(ck48, "clip"))) == 201
    assert sum(value for (value,) in rows_of(ck48, "AU12")) == 147
    assert len(set(rows_of(mux, "subject")) - {(None,)}) == 4218
    assert Counter(rows_of(mux, "expression"))[(None,)] == 29
    clips = read_database("avatar_clips", str(DATA))
    assert len(set(rows_of(clips, "clip"))) == 198
