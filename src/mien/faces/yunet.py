"""An optional detector: YuNet by OpenCV, from a model file that the user brings."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mien.errors import MienError
from mien.faces.boxes import suppress
from mien.faces.detect import Detections
from mien.preprocessing import Image
from mien.sessions import thread_count

Array = npt.NDArray[np.float32]

SMALLEST, LARGEST = 12, 256  # side of a face in the searched picture; the network was trained for about 10-300 pixels
SURE_FROM = 0.7  # score of a face
SAME_FACE = 0.3  # overlap from which two boxes are the same
MOST = 5000  # candidates before suppression, OpenCV's own number
LARGEST_LEVEL = 1_500_000  # pixels that are searched at once, which bounds memory; as in ``Mtcnn``


class Yunet:
    """YuNet in OpenCV, on the processor.

    The picture is scaled so that a face of ``min_face`` gets 12 pixels, and again to a quarter of that until its
    largest faces are within the network's range. It has no ``refine``: a video is searched frame by frame, and cut
    faces are read as they come, not turned upright.

    Args:
        path: of the model, such as ``face_detection_yunet_2023mar.onnx`` of the OpenCV Zoo (MIT).
        min_face: side in pixels of the smallest face to look for; grows in very large pictures, as in ``Mtcnn``.
        threads: OpenCV has one number for the whole process, which this sets; None leaves it.

    Raises:
        MienError: the file is missing or is no YuNet model; ``min_face`` or ``threads`` is too small.

    *Source*: Wu, Peng & Yu 2023, "YuNet: A tiny millisecond-level face detector"; ``cv2.FaceDetectorYN``.
    """

    def __init__(self, path: str | Path, min_face: int = 40, threads: int | None = None) -> None:
        if min_face < SMALLEST:
            raise MienError(f"min_face = {min_face}; expected at least {SMALLEST} pixels")
        if threads is not None:
            cv2.setNumThreads(thread_count(threads))
        self.min_face = min_face
        self._net, self._one_at_a_time = _load(Path(path)), Lock()  # it remembers the size of its input

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """The faces of each picture, (H, W, 3) uint8 RGB of any sizes, best first."""
        return [self._one(image) for image in images]

    def _one(self, image: Image) -> Detections:
        found = np.concatenate([self._level(image, scale) for scale in self._scales(*image.shape[:2])])
        boxes = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4]], axis=1)
        kept = suppress(boxes, found[:, 14], SAME_FACE)
        # OpenCV's "right eye" is the person's own, so the left one in the picture: the order is ours already.
        return Detections(boxes, found[:, 14], found[:, 4:14].reshape(-1, 5, 2))[kept]

    def _scales(self, height: int, width: int) -> list[float]:
        """Sizes of the searched pictures as shares of the whole."""
        smallest = max(self.min_face, SMALLEST * float(np.sqrt(height * width / LARGEST_LEVEL)))
        scales = [SMALLEST / smallest]
        while max(height, width) * scales[-1] > LARGEST:
            scales.append(scales[-1] / 4)
        return scales

    def _level(self, image: Image, scale: float) -> Array:
        """(n, 15) in pixels of ``image``: x, y, width, height, five points, score."""
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        level = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        with self._one_at_a_time:
            found = _search(self._net, level.astype(np.uint8))
        stretch = np.array([image.shape[1] / size[0], image.shape[0] / size[1]] * 7 + [1], np.float32)
        return (found * stretch).astype(np.float32)


def _load(path: Path) -> Any:
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise MienError(f"Cannot read the detector {path} ({error.strerror}); check the path") from error
    try:
        net = cv2.FaceDetectorYN.create("onnx", content, np.zeros(0, np.uint8), (64, 64), SURE_FROM, SAME_FACE, MOST)
        _search(net, np.zeros((64, 64, 3), np.uint8))
    except cv2.error as error:
        raise MienError(
            f"OpenCV {cv2.__version__} cannot run {path} as a YuNet face detector ({error.err or error}); expected a "
            "file such as face_detection_yunet_2023mar.onnx of the OpenCV Zoo"
        ) from error
    return net


def _search(net: Any, image: Image) -> Array:
    """(n, 15) as OpenCV gives them, for (H, W, 3) RGB."""
    net.setInputSize((image.shape[1], image.shape[0]))
    _, found = net.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return np.zeros((0, 15), np.float32) if found is None else np.asarray(found, np.float32)
