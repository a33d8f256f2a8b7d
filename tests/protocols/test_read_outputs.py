"""What other tools write, read by the names of columns; and what mien writes in their formats reads back the same."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faces_table import photo_table, video_table, without_face
from inference.made import LABELS, faces
from mien.errors import TableError
from mien.inference.formats import FORMATS as WRITTEN
from mien.inference.results import Faces
from mien.inference.sinks import write_tables
from mien.inference.table import to_arrow
from mien.protocols.outputs import FORMATS, Outputs, read_outputs
from mien.protocols.outputs.base import NO_FRAME

ROWS = pa.concat_tables(
    [to_arrow(faces(2, path="v.mp4")), to_arrow(Faces.none(LABELS, path='say "no", ü.jpg', index=(1, 0.04)))]
)


def text(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def same(ours: Outputs, theirs: Outputs, columns: list[str]) -> None:
    """The same places, scores and values."""
    assert (ours.path, ours.frame.tolist()) == (theirs.path, theirs.frame.tolist())
    for name in columns:
        pair = (one.values[name].astype(np.float32) for one in (ours, theirs))  # a CSV has the digits of a float32
        np.testing.assert_array_equal(*pair, err_msg=name)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_our_own_tables_read_alike_from_every_kind_of_file(tmp_path: Path, ending: str) -> None:
    write_tables(tmp_path / f"t{ending}", [ROWS])
    found = read_outputs(tmp_path / f"t{ending}")
    write_tables(tmp_path / "again.parquet", [ROWS])
    same(found, read_outputs(tmp_path / "again.parquet"), list(found.values))
    assert found.tool == "mien" and sorted(found.frame.tolist()) == [0, 0, 1]
    nobody = found.path.index('say "no", ü.jpg')
    assert found.answered.tolist().count(False) == 1 and not found.answered[nobody]
    assert np.isnan(found.values["AU12"][nobody])


def test_what_we_write_as_openface_reads_back_the_same(tmp_path: Path) -> None:
    limits = {"AU12": 0.25}
    write_tables(tmp_path / "openface.csv", [WRITTEN["openface"](ROWS, limits)])
    found = read_outputs(tmp_path / "openface.csv")
    assert found.tool == "openface"
    table = ROWS.to_pandas()
    assert found.path == table["path"].tolist() and found.frame.tolist() == table["frame"].tolist()  # not from 1
    there = table["status"].eq("ok").to_numpy()
    assert found.answered.tolist() == there.tolist()  # rejected: the zeros that OpenFace has where no face is
    for unit in LABELS["au"]:
        decided = np.where(there, table[unit] >= limits.get(unit, 0.5), np.nan)
        np.testing.assert_array_equal(found.values[unit], decided.astype(float))
    for unit in LABELS["au_intensity"]:
        expected = table[f"{unit}_intensity"].to_numpy(np.float32)
        np.testing.assert_array_equal(found.values[f"{unit}_intensity"].astype(np.float32), expected)


def test_what_we_write_as_fex_reads_back_the_same(tmp_path: Path) -> None:
    write_tables(tmp_path / "fex.csv", [WRITTEN["fex"](ROWS, {})])
    found, table = read_outputs(tmp_path / "fex.csv"), ROWS.to_pandas()
    assert found.tool == "fex" and found.path == table["path"].tolist()
    assert found.frame.tolist() == table["frame"].tolist()
    for name in (*LABELS["au"], *LABELS["expression"]):
        np.testing.assert_array_equal(found.values[name].astype(np.float32), table[name].to_numpy(np.float32))
    np.testing.assert_array_equal(found.score.astype(np.float32), table["score"].to_numpy(np.float32))


def test_openfaces_own_files_have_blanks_before_names_and_no_name_of_the_video(tmp_path: Path) -> None:
    path = text(
        tmp_path,
        "interview.csv",
        "frame, timestamp, confidence, success, gaze_0_x, AU12_r, AU12_c",
        "1, 0, 0.9, 1, 0.1, 2.5, 1",
        "2, 0.04, 0.1, 0, 0, 0, 0",
    )
    found = read_outputs(path)
    assert found.path == ["interview", "interview"] and found.frame.tolist() == [0, 1]
    assert set(found.values) == {"AU12", "AU12_intensity"} and found.score.tolist() == [0.9, 0.1]
    assert found.values["AU12_intensity"][0] == 2.5 and np.isnan(found.values["AU12"][1])


def test_libreface_writes_words_and_units_without_leading_zero(tmp_path: Path) -> None:
    path = text(
        tmp_path,
        "clip.csv",
        ",frame_idx,frame_time_in_ms,facial_expression,au_1,au_12,au_12_intensity",
        "0,0,0.0,Happiness,0,1,3.25",
        "1,1,40.0,,,,",
    )
    found = read_outputs(path)
    assert found.tool == "libreface" and found.path == ["clip", "clip"] and found.frame.tolist() == [0, 1]
    assert found.expression == ["happiness", None] and found.answered.tolist() == [True, False]
    assert found.values["AU01"][0] == 0 and found.values["AU12_intensity"][0] == 3.25
    picture = text(tmp_path, "p.csv", ",input_image_path,facial_expression,au_12", "0,/a/b.png,Anger,0")
    assert read_outputs(picture).path == ["/a/b.png"] and read_outputs(picture).frame.tolist() == [NO_FRAME]
    odd = text(tmp_path, "o.csv", "facial_expression,au_12", "Joy,0")
    with pytest.raises(TableError, match="row 0, column 'facial_expression': 'Joy' is none of neutral"):
        read_outputs(odd)


def test_librefaces_first_release_is_refused_since_its_units_cannot_be_told_from_intensities(tmp_path: Path) -> None:
    path = text(tmp_path, "old.csv", "input_image_path,facial_expression,1,2,12", "a.png,Anger,0,0,1")
    with pytest.raises(TableError, match="the columns of no format that we know"):
        read_outputs(path)


def test_predictions_of_an_evaluation_name_the_rows_of_the_table(tmp_path: Path) -> None:
    table = {"row": [4, 7], "person": ["ann", "bob"], "AU12": [0.9, 0.1], "true_AU12": [1.0, 0.0]}
    table |= {"expression_fear": [0.2, 0.6], "expression_anger": [0.8, 0.4], "valence": [0.5, -0.5]}
    pq.write_table(pa.table(table), tmp_path / "T.parquet")
    found = read_outputs(tmp_path / "T.parquet")
    assert found.tool == "evaluation" and found.row is not None and found.row.tolist() == [4, 7]
    assert set(found.values) == {"AU12", "fear", "anger", "valence"}
    pq.write_table(pa.table(table | {"row": [5, 9]}), tmp_path / "U.parquet")  # of another round of cross-validation
    both = read_outputs(tmp_path)
    assert both.row is not None and both.row.tolist() == [4, 7, 5, 9] and len(both) == 4


@pytest.mark.parametrize(
    ("lines", "values", "words"),
    [
        (["valence,arousal", "0.25,-0.1", "-5,-5"], {"valence": [0.25, np.nan], "arousal": [-0.1, np.nan]}, None),
        (["valence, arousal", "0.25, -0.1"], {"valence": [0.25], "arousal": [-0.1]}, None),
        (["Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other", "7", "-1"], {}, ["other", None]),
        (["Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise", "4"], {}, ["happiness"]),
        (["AU1,AU2,AU4", "1,0,-1"], {"AU01": [1], "AU02": [0], "AU04": [np.nan]}, None),
    ],
)
def test_files_of_the_challenges_one_video_each(
    tmp_path: Path, lines: list[str], values: dict[str, list[float]], words: list[str | None] | None
) -> None:
    found = read_outputs(text(tmp_path, "12-24-1920x1080.txt", *lines))
    assert found.tool == "abaw" and found.expression == words
    assert found.path[0] == "12-24-1920x1080/00001.jpg"  # as the challenge's cropped frames are called
    assert set(found.values) == set(values)
    for name, expected in values.items():
        np.testing.assert_array_equal(found.values[name], expected)


@pytest.mark.parametrize("units", ["AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26", "aus"])
def test_multi_task_files_of_annotations_and_of_submissions(tmp_path: Path, units: str) -> None:
    line = "130-25/00007.jpg,0.5,-5,-1," + ",".join(["1"] + ["0"] * 10 + ["-1"])
    found = read_outputs(text(tmp_path, "predictions.txt", f"image,valence,arousal,expression,{units}", line))
    assert found.path == ["130-25/00007.jpg"] and found.expression == [None]
    assert found.values["valence"][0] == 0.5 and np.isnan(found.values["arousal"][0])
    assert found.values["AU01"][0] == 1 and np.isnan(found.values["AU26"][0]) and len(found.values) == 14


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["AU1,AU2", "1,0", "1"], "line 3 has 1 values, expected 2 as the header says"),
        (
            ["Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other", "8"],
            "line 2 has the expression 8",
        ),
        (["valence,arousal", "high,0"], "a value is no number"),
    ],
)
def test_broken_files_of_the_challenges(tmp_path: Path, lines: list[str], sentence: str) -> None:
    with pytest.raises(TableError, match=sentence):
        read_outputs(text(tmp_path, "v.txt", *lines))


def test_a_header_that_is_none_of_the_challenges_says_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="'pitch' in the header of an ABAW file; expected 'valence,arousal'"):
        read_outputs(text(tmp_path, "v.txt", "valence,pitch", "0,0"), "abaw")


def test_a_folder_is_all_its_files(tmp_path: Path) -> None:
    for name, unit in (("a", "AU12"), ("b", "AU12"), ("c", "AU04")):
        text(tmp_path, f"{name}.csv", f"frame, confidence, success, {unit}_r", "1, 0.9, 1, 2")
    text(tmp_path, "notes.md", "not an output")
    with pytest.raises(TableError, match=r"c\.csv and .*a\.csv differ in the columns AU04_intensity, AU12_intensity"):
        read_outputs(tmp_path)
    (tmp_path / "c.csv").unlink()
    assert read_outputs(tmp_path).path == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "lines", "kind", "sentence"),
    [
        ("gone.csv", None, None, "no such file; give the file or folder that a tool wrote"),
        ("x.csv", ["a,b", "1,2"], None, r"the columns of no format that we know \(a, b ...\); say which with --format"),
        ("x.csv", ["a,b", "1,2"], "openfase", "did you mean 'openface'"),
        ("x.csv", ["frame,AU12_r", "1,2"], "openface", "no column 'confidence'; found frame, AU12_r"),
        ("x.csv", ["confidence,success,AU12_r", "0.9,1,two"], None, "row 0, column 'AU12_r': 'two' is no number"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, name: str, lines: list[str] | None, kind: str | None, sentence: str
) -> None:
    path = tmp_path / name if lines is None else text(tmp_path, name, *lines)
    with pytest.raises(TableError, match=sentence) as caught:
        read_outputs(path, kind)
    assert "\n" not in str(caught.value)


def test_every_format_is_found_by_its_columns_alone(tmp_path: Path) -> None:
    made = {
        "mien.csv": ("mien", pd.concat([video_table(seconds=1), without_face("w.mp4")])),
        "photos.csv": ("mien", photo_table(3)),
    }
    for name, (kind, table) in made.items():
        table.to_csv(tmp_path / name, index=False)
        found = read_outputs(tmp_path / name)
        assert found.tool == kind and [k for k, one in FORMATS.items() if one.fits(list(table.columns))] == [kind]
    assert set(FORMATS) == {"mien", "evaluation", "openface", "fex", "libreface", "abaw"}


@pytest.mark.skipif("MIEN_DATA" not in os.environ, reason="MIEN_DATA is not set")
@pytest.mark.parametrize(
    ("name", "kind", "rows", "column", "value"),
    [
        ("OpenFace_Test", "openface", 100, "AU01_intensity", 0.6773),
        ("Feat_Test", "fex", 1, "happiness", 0.98699605),
    ],
)
def test_files_that_the_tools_themselves_wrote(name: str, kind: str, rows: int, column: str, value: float) -> None:
    found = read_outputs(Path(os.environ["MIEN_DATA"]) / "fixtures" / f"{name}.csv")
    assert (found.tool, len(found), found.frame[0]) == (kind, rows, 0)
    assert found.values[column][0] == value and found.answered.all()
