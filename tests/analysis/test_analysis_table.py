"""Reading an analysis table, and finding people in it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from faces_table import photo_table, video_table, without_face
from inference.made import LABELS, faces
from mien.analysis.overview import overview
from mien.analysis.table import Person, check_analysis, labels_in, people_in, read_analysis, videos_of
from mien.errors import TableError
from mien.inference.results import Faces
from mien.inference.sinks import write_tables
from mien.inference.table import to_arrow


def write(table: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_json(path, orient="records", lines=True, double_precision=15)
    return path


@pytest.fixture
def mixed() -> pd.DataFrame:
    """A video of two, photos with awkward names, an empty frame and a file that failed."""
    photos = photo_table(3)
    photos["path"] = ["NA", "nan", "3"]
    failed = without_face("broken.jpg", "error: broken.jpg: empty")
    return pd.concat([video_table(seconds=2), photos, without_face("talk.mp4"), failed], ignore_index=True)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_every_format_gives_the_same_table(ending: str, mixed: pd.DataFrame, tmp_path: Path) -> None:
    found, expected = read_analysis(write(mixed, tmp_path / f"faces{ending}")), check_analysis(mixed)
    assert {"NA", "nan", "3"} < set(found["path"])  # names of files, not missing values and numbers
    assert [*found] == [*expected] and len(found) == len(expected)
    for name in expected:
        if pd.api.types.is_numeric_dtype(expected[name]):
            np.testing.assert_allclose(found[name], expected[name], atol=1e-9, err_msg=name)
        else:
            assert found[name].fillna("").tolist() == expected[name].fillna("").tolist(), name


def test_arrow_and_pandas_are_both_taken(mixed: pd.DataFrame) -> None:
    assert len(check_analysis(pa.Table.from_pandas(mixed))) == len(mixed)


def test_the_given_table_stays_as_it_was(mixed: pd.DataFrame) -> None:
    before = mixed.copy()
    check_analysis(mixed)
    pd.testing.assert_frame_equal(mixed, before)


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    table = photo_table(2)
    with pytest.raises(TableError, match=r"no such file.*mien analyze"):
        read_analysis(tmp_path / "none.csv")
    with pytest.raises(TableError, match=r"Unknown extension.*'\.xlsx'"):
        read_analysis(tmp_path / "faces.xlsx")
    with pytest.raises(TableError, match=r"no column track_id, status; expected"):
        read_analysis(write(table.drop(columns=["track_id", "status"]), tmp_path / "a.csv"))
    with pytest.raises(TableError, match="no rows"):
        read_analysis(write(table[:0], tmp_path / "b.csv"))
    with pytest.raises(TableError, match=r"AU12 should hold numbers, but row 1 holds 'much'"):
        read_analysis(write(table.assign(AU12=["0.5", "much"]), tmp_path / "c.csv"))
    for name in ("d.csv", "d.parquet", "d.jsonl"):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(TableError, match="cannot be read"):
            read_analysis(tmp_path / name)


def test_labels_are_those_with_values(mixed: pd.DataFrame) -> None:
    labels = labels_in(mixed.assign(AU12=np.nan).drop(columns=["arousal", "fear"]))
    assert "AU12" not in labels["au"] and "AU12" in labels["au_intensity"]
    assert "fear" not in labels["expression"]
    assert "va" not in labels  # valence alone is no plane


def test_people_are_tracks_of_videos(mixed: pd.DataFrame) -> None:
    table = check_analysis(mixed)
    people = people_in(table)
    assert videos_of(table) == ["talk.mp4"]
    assert list(people) == [Person("talk.mp4", 0), Person("talk.mp4", 1)]
    assert all((np.diff(rows["time_s"]) > 0).all() for rows in people.values())


def test_those_seen_longest_come_first() -> None:
    table = video_table(seconds=2)
    late = table[(table["track_id"] == 1) | (table["time_s"] > 1)]
    assert [person.track for person in people_in(check_analysis(late))] == [1, 0]


def test_without_tracks_faces_go_by_their_order() -> None:
    assert len(people_in(check_analysis(video_table(seconds=1).assign(track_id=np.nan)))) == 2


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_what_mien_analyze_writes_is_read(ending: str, tmp_path: Path) -> None:
    """The seam: rows of ``Faces``, through the sinks, into the numbers."""
    found = [faces(2, seed=i, frame=i, path="v.mp4") for i in range(3)]
    none = Faces.none(LABELS, path="v.mp4", index=(3, 0.12))
    photo = faces(1, path="p.png", time_s=np.full(1, np.nan), track_id=np.full(1, -1), score=np.full(1, np.nan))
    failed = Faces.none(LABELS, path="x.jpg", status="error: x.jpg: empty")
    write_tables(tmp_path / f"t{ending}", [to_arrow(part) for part in (*found, none, photo, failed)])
    table = read_analysis(tmp_path / f"t{ending}")
    assert labels_in(table) == {task: names for task, names in LABELS.items() if task != "compound"}
    assert [len(rows) for rows in people_in(table).values()] == [3, 3]
    person = people_in(table)[Person("v.mp4", 1)]
    np.testing.assert_allclose(person["AU12_intensity"], [part.au_intensity[1, 0] for part in found], rtol=1e-6)
    counts = overview(table)
    assert (counts.files, counts.frames, counts.faces, counts.failed) == (3, 5, 7, {"x.jpg": "empty"})
