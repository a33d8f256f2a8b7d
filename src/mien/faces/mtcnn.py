"""The default detector: three small networks, each looking closer at what the one before let through."""

from collections.abc import Sequence
from importlib import resources
from itertools import groupby
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from mien.errors import MienError
from mien.faces.boxes import patches, squares, suppress
from mien.faces.detect import Detections
from mien.preprocessing import Image
from mien.sessions import open_session

Array = npt.NDArray[np.float32]

CELL = 12  # pixels that the first network sees at once: a face of this side in its level of the pyramid
STEP = 2  # pixels between two of its places
SHRINK = 0.709  # from one level to the next: half the area
LARGEST_LEVEL = 1_500_000  # pixels of the first level, which bounds memory; see ``Mtcnn``
AT_ONCE = 256  # patches through the second and third network
SAME_LEVEL, SAME_PICTURE, SAME_FACE = 0.5, 0.7, 0.7  # overlap from which two boxes are the same


class _Boxes(NamedTuple):
    """Candidates of several pictures."""

    picture: npt.NDArray[np.int64]
    xyxy: Array
    score: Array


class Mtcnn:
    """MTCNN on ONNX Runtime, with weights that lie in the package: nothing is downloaded.

    Args:
        min_face: side in pixels of the smallest face to look for. In pictures in which that would make the search
            larger than 1.5 million pixels (17 megapixels at the default of 40) it grows with the picture.
        thresholds: face scores from which a candidate passes each of the three networks.
        device, threads: see ``mien.sessions.open_session``.

    *Source*: Zhang et al. 2016, "Joint face detection and alignment using multi-task cascaded convolutional networks"
    (arXiv 1604.02878); weights of github.com/ipazc/mtcnn 1.0 (MIT).
    """

    def __init__(
        self,
        min_face: int = 40,
        thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8),
        device: str | None = "cpu",
        threads: int | None = None,
    ) -> None:
        if min_face < CELL:
            raise MienError(f"min_face = {min_face}; expected at least {CELL} pixels")
        self.min_face, self.thresholds = min_face, thresholds
        folder = resources.files("mien.faces") / "weights"
        self._pnet, self._rnet, self._onet = (
            open_session((folder / f"{name}.onnx").read_bytes(), name, device, threads)[0]
            for name in ("pnet", "rnet", "onet")
        )

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """The faces of each picture, (H, W, 3) uint8 RGB of any sizes, best first.

        Pictures of one size that follow each other go through the first network together, and candidates of all
        pictures through the others.
        """
        found = [np.zeros((0, 4), np.float32)] * len(images)
        for _, group in groupby(enumerate(images), lambda item: item[1].shape):
            numbers, same = zip(*group, strict=True)
            for number, boxes in zip(numbers, self._propose(same), strict=True):
                found[number] = boxes
        picture = np.repeat(np.arange(len(images)), [len(boxes) for boxes in found])
        candidates = self._reject(images, picture, np.concatenate([*found, np.zeros((0, 4), np.float32)]))
        detections = self._look_closely(images, candidates.picture, squares(candidates.xyxy))
        return [self._best(detections[np.flatnonzero(candidates.picture == number)]) for number in range(len(images))]

    def refine(self, image: Image, xyxy: Array) -> Detections:
        """What is at each of the boxes (n, 4), one row a box in order, by the last network alone."""
        return self._look_closely([image], np.zeros(len(xyxy), np.int64), squares(xyxy))

    def _propose(self, images: Sequence[Image]) -> list[Array]:
        """(n, 4) boxes of each of several pictures of one size, from the first network on a pyramid."""
        height, width = images[0].shape[:2]
        levels: list[list[tuple[Array, Array]]] = [[] for _ in images]
        sources, half = list(images), 0.5
        for scale in self._scales(height, width):
            while scale <= half:  # large pictures are halved on the way: a level need not begin at the full size
                sources, half = [_resized(source, width * half, height * half) for source in sources], half / 2
            size = (max(CELL, round(width * scale)), max(CELL, round(height * scale)))
            level = np.stack([_resized(source, *size) for source in sources])
            offset, score = self._pnet.run(["offset", "score"], {"image": level})
            stretch = np.array([width / size[0], height / size[1]] * 2, np.float32)
            for number in range(len(images)):
                down, across = np.nonzero(score[number] > self.thresholds[0])
                corner = np.stack([across, down, across, down], 1) * STEP + np.array([1, 1, CELL, CELL])
                moved = corner + offset[number][:, down, across].T * (CELL - 1)
                boxes, sure = (moved * stretch).astype(np.float32), score[number][down, across]
                kept = suppress(boxes, sure, SAME_LEVEL)
                levels[number].append((boxes[kept], sure[kept]))
        return [_joined(pairs) for pairs in levels]

    def _scales(self, height: int, width: int) -> list[float]:
        """Sizes of the pyramid's levels as shares of the picture."""
        smallest = max(self.min_face, CELL * float(np.sqrt(height * width / LARGEST_LEVEL)))
        scale, scales = CELL / smallest, []
        while min(height, width) * scale >= CELL:
            scales.append(scale)
            scale *= SHRINK
        return scales

    def _reject(self, images: Sequence[Image], picture: npt.NDArray[np.int64], xyxy: Array) -> _Boxes:
        """The second network: candidates that still look like a face, moved nearer to it."""
        boxes = squares(xyxy)
        offset, score = self._run(self._rnet, ["offset", "score"], 24, images, picture, boxes)
        passed = np.flatnonzero(score > self.thresholds[1])
        picture, boxes, score = picture[passed], _moved(boxes[passed], offset[passed]), score[passed]
        kept = [np.flatnonzero(picture == number) for number in range(len(images))]
        best = [rows[suppress(boxes[rows], score[rows], SAME_PICTURE)] for rows in kept]
        order = np.concatenate([*best, np.zeros(0, np.int64)])
        return _Boxes(picture[order], boxes[order], score[order])

    def _look_closely(self, images: Sequence[Image], picture: npt.NDArray[np.int64], boxes: Array) -> Detections:
        """The third network: score, place and landmarks of each candidate."""
        outputs = ["offset", "score", "landmarks"]
        offset, score, points = self._run(self._onet, outputs, 48, images, picture, boxes)
        corner, side = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
        landmarks = corner + side * np.stack([points[:, :5], points[:, 5:]], axis=2)
        return Detections(_moved(boxes, offset), score, landmarks.astype(np.float32))

    def _best(self, found: Detections) -> Detections:
        """One row a face, the best first."""
        sure = found[np.flatnonzero(found.score > self.thresholds[2])]
        return sure[suppress(sure.xyxy, sure.score, SAME_FACE, of="smaller")]

    def _run(
        self,
        net: ort.InferenceSession,
        outputs: list[str],
        side: int,
        images: Sequence[Image],
        picture: npt.NDArray[np.int64],
        boxes: Array,
    ) -> list[Array]:
        """Outputs of a network for the patches under ``boxes``, which come picture by picture."""
        widths = {"offset": (4,), "landmarks": (10,), "score": ()}
        parts: list[list[Array]] = [[np.zeros((0, *widths[name]), np.float32)] for name in outputs]
        for start in range(0, len(boxes), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            numbers, near = picture[rows], boxes[rows]
            here = dict.fromkeys(numbers.tolist())
            cut = np.concatenate([patches(images[n], near[numbers == n], side) for n in here])
            for part, values in zip(parts, net.run(outputs, {"image": cut}), strict=True):
                part.append(values)
        return [np.concatenate(part) for part in parts]


def _resized(image: Image, width: float, height: float) -> Image:
    return np.asarray(cv2.resize(image, (round(width), round(height)), interpolation=cv2.INTER_AREA), np.uint8)


def _moved(boxes: Array, offset: Array) -> Array:
    """Boxes shifted by offsets that are shares of their sides."""
    sides = boxes[:, 2:] - boxes[:, :2]
    moved: Array = (boxes + offset * np.concatenate([sides, sides], axis=1)).astype(np.float32)
    return moved


def _joined(levels: list[tuple[Array, Array]]) -> Array:
    """The boxes of all levels of one picture, without those that overlap a better one."""
    if not levels:
        return np.zeros((0, 4), np.float32)
    boxes, score = (np.concatenate(part) for part in zip(*levels, strict=True))
    best: Array = boxes[suppress(boxes, score, SAME_PICTURE)]
    return best
