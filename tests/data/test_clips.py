"""Clips in a table: found by name, ordered by time, cut at gaps."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mien.data.clips import clips_of
from mien.data.table import LabelTable
from mien.errors import TableError


def found(rows: list[int] | None = None, **columns: Any) -> list[list[int]]:
    table = LabelTable(pa.table(columns))
    chosen = np.arange(len(table)) if rows is None else np.array(rows)
    return [clip.tolist() for clip in clips_of(table, chosen)]


def test_frames_are_put_in_order_and_clips_told_apart() -> None:
    assert found(clip=["a", "b", "a", "a"], frame=[2, 0, 0, 1]) == [[2, 3, 0], [1]]


def test_places_are_among_the_rows_that_were_asked_for() -> None:
    """Not row numbers of the table: [[3, 2]] would be wrong."""
    assert found(rows=[2, 3], clip=["a", "b", "a", "a"], frame=[2, 0, 5, 4]) == [[1, 0]]


def test_equal_names_in_two_databases_or_of_two_people_are_two_clips() -> None:
    assert found(clip=["a", "a"], frame=[0, 0], database=["A", "B"]) == [[0], [1]]
    assert found(clip=["a", "a"], frame=[0, 0], subject=["ann", "bob"]) == [[0], [1]]


def test_a_row_without_a_clip_is_a_clip_of_its_own() -> None:
    assert found(clip=[None, "a", None], frame=[0, 1, 0]) == [[0], [1], [2]]


def test_time_goes_before_numbers_unless_a_time_is_missing() -> None:
    assert found(clip=["a", "a"], frame=[0, 1], time_s=[0.5, 0.1]) == [[1, 0]]
    assert found(clip=["a", "a"], frame=[0, 1], time_s=[0.5, None]) == [[0, 1]]


def test_a_gap_cuts_and_a_few_missing_frames_do_not() -> None:
    assert found(clip=["a"] * 4, frame=[0, 5, 10, 41]) == [[0, 1, 2], [3]]
    assert found(clip=["a"] * 4, frame=[0, 5, 10, 40]) == [[0, 1, 2, 3]]
    assert found(clip=["a"] * 3, time_s=[0.0, 1.0, 2.1]) == [[0, 1], [2]]


def test_what_is_missing_is_said() -> None:
    with pytest.raises(TableError, match="no column 'clip', so nobody can say which rows are frames of one film"):
        found(frame=[0])
    with pytest.raises(TableError, match="neither a column 'time_s' nor 'frame'"):
        found(clip=["a"])
    with pytest.raises(TableError, match="clip 'a': row 1 has neither 'time_s' nor 'frame'"):
        found(clip=["a", "a"], frame=[0, None])


def test_the_same_frame_twice_is_refused() -> None:
    with pytest.raises(TableError, match="clip 'a': rows 0 and 2 are both its frame at 3; give each person's frames"):
        found(clip=["a", "a", "a"], frame=[3, 1, 3])
