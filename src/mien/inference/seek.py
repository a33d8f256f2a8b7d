"""Single frames of a video, without decoding the rest of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

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
            wanted = start + time_s - SLACK_S
            try:
                container.seek(int(max(wanted, 0) * MICROSECONDS))  # to the key frame before
                found = next((f for f in container.decode(stream) if f.time is not None and f.time >= wanted), None)
            except av.error.FFmpegError as error:
                raise VideoError(
                    f"{path}: cannot go to {time_s:.2f} s ({error.strerror}); copy the file again"
                ) from None
            if found is None:
                raise VideoError(f"{path}: no frame at {time_s:.2f} s; is this the video that was analysed?")
            yield upright(found.to_ndarray(format="rgb24"), found.rotation)
