"""Annotated copies of what is analysed, in a folder."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2

from mien.files import atomic_write
from mien.images import read_image
from mien.inference.draw import draw_faces
from mien.inference.draw_video import drawing
from mien.inference.results import Faces
from mien.inference.sources import Source
from mien.inference.video import Frame

JPEG_QUALITY = 92


class Annotator:
    """Draws what an analysis finds; a ``mien.inference.job.Watcher``.

    Photos become ``.jpg``, videos and cameras ``.mp4``, in the same folders below ``folder`` as among the sources.
    """

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        self.folder = folder
        files = [os.path.abspath(source.name) for source in sources if source.kind != "webcam"]  # noqa: PTH100
        self._root = os.path.commonpath([os.path.dirname(file) for file in files]) if files else ""  # noqa: PTH120
        self._source: Source | None = None
        self._open = ExitStack()
        self._add: Callable[[Frame, Faces], None] | None = None

    def begin(self, source: Source) -> None:
        """A video or camera is next."""
        self._source, self._add = source, None

    def found(self, faces: Faces, frame: Frame | None) -> None:
        """Draw a photo or a frame."""
        if frame is None:
            self._photo(faces)
            return
        assert self._source is not None  # frames come after ``begin``
        if self._add is None:
            sound_of = self._source.name if self._source.kind == "video" else None
            self._add = self._open.enter_context(drawing(self._place(self._source.name, ".mp4"), sound_of))
        self._add(frame, faces)

    def end(self, source: Source) -> None:
        """Finish the video's copy."""
        self._open.close()

    def _photo(self, faces: Faces) -> None:
        if faces.status.startswith("error"):
            return
        drawn = cv2.cvtColor(draw_faces(read_image(faces.path), faces), cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        atomic_write(self._place(faces.path, ".jpg"), data.tobytes())

    def _place(self, name: str, ending: str) -> Path:
        """Where a source's copy goes; the old ending stays in the name, since a.png and a.jpg may lie side by side."""
        if self._root and Path(name).exists():
            name = os.path.relpath(os.path.abspath(name), self._root)  # noqa: PTH100
        name = name.replace(":", "_")
        return self.folder / (name if name.lower().endswith(ending) else name + ending)
