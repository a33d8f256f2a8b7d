"""Tables on disk: three formats of file, three of columns, and a journal that survives a break."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.made import LABELS, faces
from mien.errors import MienError
from mien.inference.formats import FORMATS
from mien.inference.journal import Journal
from mien.inference.results import Faces
from mien.inference.sinks import check_ending, write_tables
from mien.inference.table import schema, to_arrow

NOBODY = to_arrow(Faces.none(LABELS, path='say "no", ü.jpg', index=(1, 0.04)))
ROWS = [to_arrow(faces(2, path="v.mp4")), NOBODY]
READ = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".jsonl": lambda path: pd.read_json(path, lines=True)}


@pytest.mark.parametrize("ending", READ)
def test_every_kind_of_file_reads_back_alike(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table{ending}"
    write_tables(path, ROWS)
    back, expected = READ[ending](path), pa.concat_tables(ROWS).to_pandas()
    assert list(back.columns) == list(expected.columns)
    assert back["path"].tolist() == ["v.mp4", "v.mp4", 'say "no", ü.jpg']
    pd.testing.assert_frame_equal(
        back[["AU12", "valence", "x1"]], expected[["AU12", "valence", "x1"]], check_dtype=False
    )
    assert back["expression"].isna().tolist() == [False, False, True]


def test_an_unknown_ending_is_refused_before_the_work() -> None:
    with pytest.raises(MienError, match=r"t\.xls: tables are written as \.csv, \.parquet, \.jsonl"):
        check_ending(Path("t.xls"))


def test_a_table_that_breaks_leaves_the_old_one(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.Table]:
        yield ROWS[0]
        raise OSError(28, "No space left on device")

    path = tmp_path / "t.csv"
    path.write_text("old")
    with pytest.raises(MienError, match="No space left"):
        write_tables(path, broken())
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_openface_columns() -> None:
    back = FORMATS["openface"](pa.concat_tables(ROWS), {"AU12": 0.25}).to_pandas()
    assert list(back.columns)[:6] == ["input", "frame", "face_id", "timestamp", "confidence", "success"]
    assert back["frame"].tolist() == [1, 1, 2], "OpenFace counts from 1"
    assert back["success"].tolist() == [1, 1, 0]
    first = faces(2)
    assert back["AU12_c"].tolist() == [*first.au_present[:, 1].astype(int), 0]
    assert back["AU12_r"].iloc[:2].tolist() == pytest.approx(first.au_intensity[:, 0].tolist())
    assert not back.isna().any().any()


def test_fex_columns() -> None:
    found = faces(2)
    back = FORMATS["fex"](pa.concat_tables(ROWS), {}).to_pandas()
    width = back["FaceRectWidth"].iloc[:2].tolist()
    assert width == pytest.approx((found.xyxy[:, 2] - found.xyxy[:, 0]).tolist()), "a width, not the right edge"
    assert back["happiness"].iloc[1] == pytest.approx(found.expression[1, 1])
    assert back["input"].tolist()[0] == "v.mp4" and back["frame"].tolist() == [0, 0, 1]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_a_model_that_has_one_task(name: str) -> None:
    labels = {"va": LABELS["va"]}
    out = FORMATS[name](to_arrow(Faces.none(labels, path="a.jpg")), {})
    assert out.num_rows == 1


def test_a_journal_goes_on_and_keeps_the_order(tmp_path: Path) -> None:
    out, kinds = tmp_path / "t.csv", schema(LABELS)
    first = Journal(out, {"model": "m"}, kinds)
    first.keep(["v.mp4"], ROWS[:1])
    first.keep(["a.jpg", "b.jpg"], [NOBODY, NOBODY])

    def cut_off() -> Iterator[pa.Table]:
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.keep(["w.mp4"], cut_off())
    again = Journal(out, {"model": "m"}, kinds)
    assert again.done == {"v.mp4", "a.jpg", "b.jpg"}, "a video that was cut off is not done"
    again.keep(["w.mp4"], ROWS[:1])
    rows = pa.concat_tables(again.rows()).to_pylist()
    assert rows == pa.concat_tables([ROWS[0], NOBODY, NOBODY, ROWS[0]]).to_pylist()
    again.close()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_of_another_job_is_not_gone_on_with(tmp_path: Path) -> None:
    Journal(tmp_path / "t.csv", {"model": "m", "every": 1}, schema(LABELS))
    with pytest.raises(MienError, match="another model or other options"):
        Journal(tmp_path / "t.csv", {"model": "m", "every": 2}, schema(LABELS))


def test_a_broken_part_says_what_to_do(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "t.csv", {}, schema(LABELS))
    journal.keep(["v.mp4"], ROWS[:1])
    (part,) = journal.folder.glob("*.parquet")
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(MienError, match=r"is broken .* delete it"):
        Journal(tmp_path / "t.csv", {}, schema(LABELS))


def test_the_parts_are_plain_parquet(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "t.csv", {}, schema(LABELS))
    journal.keep(["v.mp4"], ROWS[:1])
    (part,) = journal.folder.glob("*.parquet")
    assert json.loads(pq.read_schema(part).metadata[b"mien.sources"]) == ["v.mp4"]
    assert pq.read_table(part).num_rows == 2
