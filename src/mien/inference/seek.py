"""Single frames of a video, without decoding the rest of it."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from mien.errors import VideoError
from mien.inference.video import MICROSECONDS, open_video, start_s, upright
from mien.preprocessing import Image

SLACK_S = 0.002  # times come back from text files a little rounded


def frames_at(path: str | Path, times_s: Iterable[float]) -> Iterator[Image]:
    """The picture shown at each time, (H, W, 3) uint8 RGB, upright; times as ``Frame.time_s``, in any order.

    Raises:
        VideoError: as ``read_video``, or a time is beyond the last frame.
    """
    import av

    with open_video(path) as container:
        stream = container.streams.video[0]
        start = start_s(container)
        for time_s in times_s:
            try:
                found = _shown(container, stream, start + time_s - SLACK_S)
            except av.error.FFmpegError as error:
                raise VideoError(
                    f"{path}: cannot go to {time_s:.2f} s ({error.strerror}); copy the file again"
                ) from None
            if found is None:
                raise VideoError(f"{path}: no frame at {time_s:.2f} s; is this the video that was analysed?")
            yield upright(found.to_ndarray(format="rgb24"), found.rotation)


def _shown(container: Any, stream: Any, wanted: float) -> Any:
    """The first frame from ``wanted`` on, or None. Where a container seeks too far, from the start on."""
    for goal in (wanted, 0.0):
        container.seek(int(max(goal, 0.0) * MICROSECONDS))  # to the key frame before
        frames = (frame for frame in container.decode(stream) if frame.time is not None)
        first = next(frames, None)
        if goal == 0.0 or (first is not None and first.time <= wanted + 2 * SLACK_S):
            return next((frame for frame in chain([first], frames) if frame and frame.time >= wanted), None)
    return None
