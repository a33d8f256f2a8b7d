"""A table comes back from every format as it went: values, gaps, types, votes, notes, pictures."""

import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from mien.cli.table import app
from mien.data.interchange import FORMATS
from mien.data.table import LabelTable
from mien.errors import MienError, TableError

CLASSES = {"expression": ("neutral", "happiness", "fear")}
NOTES = {"AU12": "soft: by the network 0123 where no annotator gave it", "valence": "derived, not annotated"}


def png(seed: int) -> bytes:
    return cv2.imencode(".png", np.random.default_rng(seed).integers(0, 255, (6, 6, 3), np.uint8))[1].tobytes()


def columns() -> dict[str, Any]:
    """Every kind of column, and in each a null."""
    return {
        "database": ["d"] * 4,
        "split": ["train", "train", "test", "test_leaked"],
        "subject": ["ann", None, "bob", "bob"],
        "frame": pa.array([0, None, 2**40, 3], pa.int64()),
        "expression": ["fear", None, "happiness", None],
        "votes_fear": pa.array([0.1, None, 0.0, 0.7], pa.float32()),
        "votes_happiness": pa.array([0.9, None, 3.0, 0.3], pa.float32()),
        "AU12": pa.array([1, 0, None, None], pa.int8()),
        "AU01": pa.array([None, 0, 1, None], pa.int8()),
        "AU12_intensity": pa.array([4.7, None, 0.0, 1e-7], pa.float32()),
        "valence": pa.array([-0.3, 1.0, None, 0.1], pa.float32()),
        "points": pa.array([[1.0, 2.5], None, [], [3.0]], pa.list_(pa.float64())),
        "sure": pa.array([True, None, False, True]),
        "digest": pa.array([b"\x00\xff", None, b"", b"a"], pa.binary()),
    }


def embedded() -> LabelTable:
    table = pa.table({**columns(), "image": pa.array([png(n) for n in range(4)], pa.binary())})
    return LabelTable(table, classes=CLASSES, notes=NOTES)


def back_from(kind: str, table: LabelTable, folder: Path) -> LabelTable:
    assert FORMATS[kind].export(table, folder / "out") == []
    rows, faults = FORMATS[kind].convert(folder / "out", folder / "back.parquet")
    assert (rows, faults) == (len(table), [])
    return LabelTable(folder / "back.parquet")


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_is_lost(kind: str, tmp_path: Path) -> None:
    table = embedded()
    back = back_from(kind, table, tmp_path)
    assert back.schema == table.schema and back.notes == NOTES and back.labels == table.labels
    assert in_order(back).equals(in_order(table))


def in_order(table: LabelTable) -> pa.Table:
    """By picture: Hugging Face has a file for each split, so rows come split by split."""
    return table.read(table.columns).sort_by("image").combine_chunks()


@pytest.mark.parametrize("kind", FORMATS)
def test_pictures_in_files_become_bytes_and_keep_their_name(kind: str, tmp_path: Path) -> None:
    for n in range(2):
        (tmp_path / f"{n}.png").write_bytes(png(n))
    rows = {"path": ["0.png", "gone.png", "1.png"], "AU12": pa.array([1, 1, 0], pa.int8())}
    LabelTable(pa.table(rows), root=tmp_path).write(tmp_path / "faces.parquet")
    (fault,) = FORMATS[kind].export(LabelTable(tmp_path / "faces.parquet"), tmp_path / "out")
    assert (fault.kind, fault.file, fault.line, fault.rows) == ("missing picture", "gone.png", 2, 1)
    FORMATS[kind].convert(tmp_path / "out", tmp_path / "back.parquet")
    back = LabelTable(tmp_path / "back.parquet").read(["source_path", "AU12", "image"]).to_pydict()
    assert back == {"source_path": ["0.png", "1.png"], "AU12": [1, 0], "image": [png(0), png(1)]}


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_no_such_format_is_one_sentence(kind: str, tmp_path: Path) -> None:
    for source in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(TableError, match=r"expected|check the path"):
            FORMATS[kind].convert(source, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_a_column_that_has_no_form_in_json_is_named(tmp_path: Path) -> None:
    table = LabelTable(pa.table({"image": [png(0)], "when": pa.array([0], pa.timestamp("s"))}))
    with pytest.raises(TableError, match=r"column 'when' holds timestamp\[s\]; make it text"):
        FORMATS["webdataset"].export(table, tmp_path)


def test_nan_and_dictionaries_travel(tmp_path: Path) -> None:
    codes = pa.array(["x", None, "x"]).dictionary_encode()
    table = LabelTable(pa.table({"image": [png(n) for n in range(3)], "lab": codes, "z": [math.nan, 1.0, None]}))
    for kind in FORMATS:
        back = back_from(kind, table, tmp_path / kind).read(["lab", "z"]).to_pydict()
        assert back["lab"] == ["x", None, "x"] and math.isnan(back["z"][0]) and back["z"][1:] == [1.0, None]


def test_the_verbs_say_what_they_did_and_list_what_they_could_not(tmp_path: Path) -> None:
    def mien(*args: object) -> str:
        result = CliRunner().invoke(app, [str(arg) for arg in args])
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    embedded().write(tmp_path / "faces.parquet")
    said = mien("export", tmp_path / "faces.parquet", "--format", "fiftyone", "--out", tmp_path / "out")
    assert "4 rows; FiftyOne" in said and not (tmp_path / "out/faults.csv").exists()
    (tmp_path / "out/data/000000002.png").unlink()
    said = mien("import", tmp_path / "out", "--format", "fiftyone", "--out", tmp_path / "back.parquet")
    assert "missing picture: 1 times, 1 faces left out" in said and "back.parquet: 3 rows. Next" in said
    assert "labels.json/000000002" in (tmp_path / "back.faults.csv").read_text()
    result = CliRunner().invoke(app, ["import", "x", "--format", "fiftytwo", "--out", "y"])
    assert isinstance(result.exception, MienError) and "did you mean 'fiftyone'?" in str(result.exception)


def test_hugging_face_files_say_what_is_a_picture_and_which_split(tmp_path: Path) -> None:
    FORMATS["huggingface"].export(embedded(), tmp_path)
    files = sorted(path.name for path in (tmp_path / "data").iterdir())
    assert files == [f"{split}-00000-of-00001.parquet" for split in ("test", "test_leaked", "train")]
    schema = pq.read_schema(tmp_path / "data" / files[2])
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"} and features["AU12"] == {"dtype": "int8", "_type": "Value"}
    assert features["votes_fear"]["dtype"] == "float32" and features["points"]["_type"] == "Sequence"
    assert (
        set(features) == set(schema.names) and str(schema.field("image").type) == "struct<bytes: binary, path: string>"
    )
