"""Frames of a video file or a webcam, with their own times, one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import numpy as np

from mien.errors import VideoError
from mien.images import MAX_PIXELS
from mien.memory import is_out_of_memory
from mien.preprocessing import Image

VIDEO_SUFFIXES = frozenset(
    [".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv", ".ts", ".mts", ".3gp", ".ogv"]
)

MICROSECONDS = 1_000_000  # in which containers state their start and length


@dataclass(frozen=True)
class Frame:
    """One picture of a video.

    Attributes:
        index: its number, from 0.
        time_s: when it is shown, in seconds from the start, by the container's own timestamps.
        image: (H, W, 3) uint8 RGB, upright.
    """

    index: int
    time_s: float
    image: Image

    @property
    def pixels(self) -> int:
        """What it holds in memory."""
        height, width = self.image.shape[:2]
        return int(height * width)


@dataclass(frozen=True)
class VideoInfo:
    """What a container says of its video before it is decoded: guesses that may be wrong or 0 for unknown."""

    frames: int
    duration_s: float


def video_info(path: str | Path) -> VideoInfo:
    """How long a video says it is.

    Raises:
        VideoError: as ``read_video``.
    """
    with open_video(path) as container:
        stream = container.streams.video[0]
        duration = container.duration / MICROSECONDS if container.duration else 0.0
        rate = float(stream.average_rate or 0)
        return VideoInfo(stream.frames or round(duration * rate), duration)


def read_video(path: str | Path) -> Iterator[Frame]:
    """The frames of a video file, decoded as they are asked for: memory does not grow with its length.

    A frame without a timestamp gets the time of the one before it plus a frame's length. Times never go backwards.

    Raises:
        VideoError: no such file, no video in it, no frame can be decoded, or a frame of more than 64 megapixels. What
            could be decoded before a break comes first.
    """
    import av

    with open_video(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"  # further threads would take cores from the search, which is slower than decoding
        step = float(1 / stream.average_rate) if stream.average_rate else 1 / 25
        start, last, index = start_s(container), -step, -1
        try:
            for index, frame in enumerate(container.decode(stream)):
                if frame.width * frame.height > MAX_PIXELS:
                    limit = MAX_PIXELS // 1_000_000
                    size = f"{frame.width} x {frame.height}"
                    raise VideoError(f"{path}: frames of {size} pixels are more than {limit} million; reduce it first")
                last = last + step if frame.time is None else max(frame.time - start, last)
                yield Frame(index, last, upright(frame.to_ndarray(format="rgb24"), frame.rotation))
        except av.error.FFmpegError as error:
            if is_out_of_memory(error):
                raise  # the video is whole
            done = f"broken after {index + 1} frames ({_reason(error)})"
            raise VideoError(f"{path}: {done}; copy the file again") from None
        if index < 0:
            raise VideoError(f"{path}: no frame in the video; copy the file again")


def read_webcam(number: int = 0) -> Iterator[Frame]:
    """Frames of a camera until it stops; ``time_s`` counts from the first.

    Raises:
        VideoError: no such camera.
    """
    camera = cv2.VideoCapture(number)
    try:
        if not camera.isOpened():
            raise VideoError(f"Camera {number} cannot be opened; check that it is connected and not in use")
        begun, index = monotonic(), 0
        while True:
            there, bgr = camera.read()
            if not there:
                return
            yield Frame(index, monotonic() - begun, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8))
            index += 1
    finally:
        camera.release()


@contextmanager
def open_video(path: str | Path) -> Iterator[Any]:
    """An open PyAV container that has a video stream; raises as ``read_video``."""
    import av

    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise VideoError(f"{path}: cannot read the video ({_reason(error)}); check that the file is whole") from None
    with container:
        if not container.streams.video:
            kinds = ", ".join(stream.type for stream in container.streams)
            only = f", only {kinds}" if kinds else ""
            raise VideoError(f"{path}: no pictures in it{only}; expected a video")
        yield container


def start_s(container: Any) -> float:
    """When a container's earliest track begins, in its own time; recordings of streams do not begin at 0."""
    return container.start_time / MICROSECONDS if container.start_time else 0.0


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def upright(image: Image, rotation_deg: int) -> Image:
    """A picture turned counter-clockwise by the degrees that a phone noted beside its pixels."""
    return np.ascontiguousarray(np.rot90(image, round(rotation_deg / 90) % 4)) if rotation_deg else image
