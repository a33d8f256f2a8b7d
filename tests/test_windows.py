"""Windows over clips: where they begin, what fills them, and how their answers become one per frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import MienError
from mien.windows import merged, windows_over

T, F = True, False


def test_windows_begin_every_stride_until_the_clip_is_covered() -> None:
    found = windows_over([np.arange(10, 17)], length=4, stride=2)
    assert found.index.tolist() == [[10, 11, 12, 13], [12, 13, 14, 15], [14, 15, 16, 16]]
    assert found.mask.tolist() == [[T, T, T, T], [T, T, T, T], [T, T, T, F]]


def test_a_clip_of_the_windows_own_length_is_one_window() -> None:
    assert windows_over([np.arange(4)], length=4, stride=2).index.tolist() == [[0, 1, 2, 3]]


def test_one_frame_is_repeated() -> None:
    found = windows_over([np.array([5])], length=3, stride=1)
    assert found.index.tolist() == [[5, 5, 5]] and found.mask.tolist() == [[T, F, F]]


def test_clips_never_share_a_window() -> None:
    found = windows_over([np.array([0, 1, 2]), np.array([3])], length=2, stride=2)
    assert found.index.tolist() == [[0, 1], [2, 2], [3, 3]]
    assert found.mask.tolist() == [[T, T], [T, F], [T, F]]


def test_no_clip_gives_no_window() -> None:
    assert windows_over([], length=3, stride=1).index.shape == (0, 3)


@pytest.mark.parametrize(("length", "stride"), [(4, 5), (4, 0), (0, 0)])
def test_a_stride_that_leaves_frames_out_is_refused(length: int, stride: int) -> None:
    with pytest.raises(MienError, match="a stride from 1 to the window's length"):
        windows_over([np.arange(9)], length, stride)


@given(st.integers(1, 40), st.integers(1, 9), st.data())
def test_every_frame_is_read_and_later_frames_move_no_window(count: int, length: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, length))
    found = windows_over([np.arange(count)], length, stride)
    assert set(found.index[found.mask].tolist()) == set(range(count))
    longer = windows_over([np.arange(count + 7)], length, stride)
    assert longer.index[: len(found.index), 0].tolist() == found.index[:, 0].tolist()


def test_overlapping_answers_are_averaged_and_padding_says_nothing() -> None:
    windows = windows_over([np.array([0, 1, 2])], length=2, stride=1)  # [0 1] [1 2]
    values = np.array([[[1.0], [2.0]], [[4.0], [8.0]]], np.float32)
    assert merged(values, windows, 3).tolist() == [[1.0], [3.0], [8.0]]
    padded = windows_over([np.array([1, 0])], length=4, stride=4)
    values = np.array([[[1.0], [2.0], [np.nan], [99.0]]], np.float32)
    assert merged(values, padded, 2).tolist() == [[2.0], [1.0]]


def test_the_earliest_answer_is_kept_for_causal_models() -> None:
    windows = windows_over([np.array([2, 1, 0])], length=2, stride=1)  # [2 1] [1 0]
    values = np.array([[[1.0], [2.0]], [[4.0], [8.0]]], np.float32)
    assert merged(values, windows, 3, earliest=True).tolist() == [[8.0], [2.0], [1.0]]
