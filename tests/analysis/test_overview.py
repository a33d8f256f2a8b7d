"""Counts and warnings."""

import numpy as np
import pandas as pd

from faces_table import photo_table, video_table, without_face
from mien.analysis.overview import overview
from mien.analysis.table import check_analysis


def test_counts_by_hand() -> None:
    failed = without_face("b.mp4", "error: b.mp4: gone")
    parts = [video_table(seconds=2), photo_table(3), without_face("empty.png"), failed]
    found = overview(check_analysis(pd.concat(parts, ignore_index=True)))
    assert (found.files, found.videos, found.frames, found.faces, found.people) == (6, 1, 54, 103, 2)
    np.testing.assert_allclose(found.empty, 1 / 54)  # of frames, not of 104 rows: a frame has two faces
    assert found.failed == {"b.mp4": "gone"} and found.warnings == ()


def test_a_table_without_a_face() -> None:
    found = overview(check_analysis(without_face("a.mp4", frames=5)))
    assert (found.frames, found.faces, found.people, found.empty) == (5, 0, 0, 1.0)
    failed = overview(check_analysis(without_face("a.mp4", "error: broken")))
    assert failed.frames == 0 and np.isnan(failed.empty)


def test_each_weakness_is_told() -> None:
    table = check_analysis(video_table(seconds=6))
    small = table.assign(x2=np.where(table.index < 30, table["x1"] + 20, table["x2"]))
    assert "10 % of the faces are smaller than 48 pixels" in overview(small).warnings[0]
    one = table.assign(y2=np.where(table.index < 1, table["y1"] + 20, table["y2"]))
    assert "Less than 1 % of the faces" in overview(one).warnings[0]
    assert "detector score below 0.9" in overview(table.assign(score=0.5)).warnings[0]
    assert overview(table.assign(score=np.nan)).warnings == ()  # crops were not searched for
    gap = table[(table["track_id"] == 0) | ~table["time_s"].between(2, 4)]
    assert "1 of 2 people are out of sight for more than 1 s at a time, longest 2.1 s" in overview(gap).warnings[0]
    brief = table[(table["track_id"] == 0) | (table["time_s"] < 0.5)]
    assert "1 of 2 tracks last less than 1 s" in overview(brief).warnings[0]
    assert "no track" in overview(table.assign(track_id=np.nan)).warnings[0]
    assert "fewer than 5 frames a second" in overview(check_analysis(video_table(seconds=6, rate=2))).warnings[0]
