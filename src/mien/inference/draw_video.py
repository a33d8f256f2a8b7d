"""An annotated copy of a video: the source's frames, times and sound, with the faces drawn in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from mien.files import replacing
from mien.inference.draw import draw_faces
from mien.inference.results import Faces
from mien.inference.video import Frame, open_video, start_s

TICKS = Fraction(1, 90_000)  # seconds; no frame time of a common video is rounded by more than 6 microseconds
QUALITY = "20"  # of x264, 0 lossless to 51


@contextmanager
def drawing(path: Path, sound_of: str | None = None) -> Iterator[Callable[[Frame, Faces], None]]:
    """Gives a function that adds a frame with its faces; the H.264 file stands at ``path`` when the block ends well.

    Args:
        path: the file to be, ``.mp4``.
        sound_of: the video whose sound is copied as it is, if it has any.

    Raises:
        MienError: the file cannot be written.
    """
    import av

    with ExitStack() as stack:
        partial = stack.enter_context(replacing(path))
        out = stack.enter_context(av.open(str(partial), "w", format="mp4"))
        sound = _Sound(out, stack.enter_context(open_video(sound_of)) if sound_of else None)
        stream: Any = None

        def add(frame: Frame, faces: Faces) -> None:
            nonlocal stream
            drawn = draw_faces(frame.image, faces)
            even = drawn[: drawn.shape[0] // 2 * 2, : drawn.shape[1] // 2 * 2]  # half the colour pixels: sides are even
            if stream is None:
                stream = _video_stream(out, even.shape[1], even.shape[0])
                sound.begin()
            picture = av.VideoFrame.from_ndarray(even.copy(), format="rgb24")
            picture.pts, picture.time_base = round(frame.time_s / TICKS), TICKS
            out.mux(stream.encode(picture))
            sound.until(frame.time_s)

        yield add
        if stream is not None:
            out.mux(stream.encode())
            sound.until(float("inf"))


def _video_stream(out: Any, width: int, height: int) -> Any:
    stream = out.add_stream("libx264", options={"crf": QUALITY, "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = stream.time_base = TICKS
    return stream


class _Sound:
    """Copies the packets of the source's first sound track, in step with the pictures."""

    def __init__(self, out: Any, source: Any) -> None:
        self._out = out
        self._source = source.streams.audio[0] if source is not None and source.streams.audio else None
        self._packets: Iterator[Any] = iter(())
        self._next: Any = None

    def begin(self) -> None:
        """Open the track; all tracks must be known before the first packet is written."""
        if self._source is not None:
            self._stream = self._out.add_stream_from_template(self._source)
            shift = round(start_s(self._source.container) / self._source.time_base)
            self._packets = (
                _earlier(p, shift) for p in self._source.container.demux(self._source) if p.dts is not None
            )
            self._next = next(self._packets, None)

    def until(self, time_s: float) -> None:
        """Copy what sounds before ``time_s``."""
        while self._next is not None and float(self._next.dts * self._next.time_base) <= time_s:
            self._next.stream = self._stream
            self._out.mux(self._next)
            self._next = next(self._packets, None)


def _earlier(packet: Any, ticks: int) -> Any:
    """The packet on a time line that begins at 0, as that of ``Frame.time_s`` does."""
    packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
    return packet
