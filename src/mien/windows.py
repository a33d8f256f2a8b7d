"""Windows over clips: pure functions on numbers of frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mien.errors import MienError

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Windows:
    """W windows of T places.

    Attributes:
        index: (W, T) which frame stands at each place; after a clip's end its last frame is repeated.
        mask: (W, T) True where it is not such a repetition.
    """

    index: IntArray
    mask: BoolArray


def windows_over(clips: Sequence[IntArray], length: int, stride: int) -> Windows:
    """Windows that begin every ``stride`` frames until the clip is covered, clip after clip.

    A clip shorter than a window, even one frame, gives one window. Where a window begins does not depend on the frames
    after it: what a causal model said stays said when the clip goes on.

    Args:
        clips: per clip, its frames (n,) in the order of time, n >= 1.
        length, stride: in frames, 1 <= stride <= length.

    >>> windows_over([np.array([7, 8, 9])], length=2, stride=1).index.tolist()
    [[7, 8], [8, 9]]
    >>> windows_over([np.array([7, 8, 9])], length=4, stride=2)
    Windows(index=array([[7, 8, 9, 9]]), mask=array([[ True,  True,  True, False]]))
    """
    if not 1 <= stride <= length:
        raise MienError(f"Windows of {length} frames every {stride}: give a stride from 1 to the window's length")
    index, mask = [np.empty((0, length), np.int64)], [np.empty((0, length), bool)]
    for frames in clips:
        starts = np.arange(0, max(len(frames) - length + stride, 1), stride)
        place = starts[:, None] + np.arange(length)
        index.append(frames[np.minimum(place, len(frames) - 1)])
        mask.append(place < len(frames))
    return Windows(np.concatenate(index), np.concatenate(mask))


def merged(values: FloatArray, windows: Windows, count: int, earliest: bool = False) -> FloatArray:
    """One answer per frame: the mean over the windows that it is in, or that of the earliest.

    The earliest is for causal models: it has seen most of the past, and later windows, which come with later frames,
    change nothing.

    Args:
        values: (W, T, L), what was said at each place.
        windows: where these places are.
        count: n, how many frames there are; every one is in a window.

    Returns:
        (n, L)
    """
    frames, said = windows.index[windows.mask], values[windows.mask]
    if earliest:
        _, first = np.unique(frames, return_index=True)
        return said[first]
    total = np.zeros((count, *values.shape[2:]), np.float64)
    np.add.at(total, frames, said)
    often = np.bincount(frames, minlength=count).reshape(-1, *[1] * (values.ndim - 2))
    return (total / often).astype(np.float32)
