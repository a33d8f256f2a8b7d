"""What a face detector is and gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeGuard

import numpy as np
import numpy.typing as npt

from mien.choose import choose
from mien.errors import MienError
from mien.preprocessing import Image

Array = npt.NDArray[np.float32]
SURE = 0.7  # score from which a place that was looked at counts as a face


@dataclass(frozen=True)
class Detections:
    """The n faces of one picture, best first.

    Attributes:
        xyxy: (n, 4) float32 pixels; may reach beyond the picture.
        score: (n,) float32 in [0, 1].
        landmarks: (n, 5, 2) float32 pixels: eye, eye, nose, mouth corner, mouth corner, left in the picture first.
    """

    xyxy: Array
    score: Array
    landmarks: Array

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        for name, shape in (("xyxy", (n, 4)), ("score", (n,)), ("landmarks", (n, 5, 2))):
            if getattr(self, name).shape != shape:
                raise MienError(f"Detections.{name} has the shape {getattr(self, name).shape}, expected {shape}")

    @classmethod
    def empty(cls) -> Self:
        """No face."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, rows: slice | npt.NDArray[Any]) -> "Detections":
        return Detections(self.xyxy[rows], self.score[rows], self.landmarks[rows])


class Detector(Protocol):
    """Finds faces; see ``DETECTORS`` for those that come with mien, and bring your own if you like."""

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """The faces of each picture, (H, W, 3) uint8 RGB of any size."""


class Refiner(Detector, Protocol):
    """A detector that can also look at places where faces are expected, which is much cheaper than a search."""

    def refine(self, image: Image, xyxy: Array) -> Detections:
        """What is at each of the boxes, one row a box; the score says whether it still is a face."""


def is_refiner(detector: Detector) -> TypeGuard[Refiner]:
    """Whether it can look at expected places."""
    return hasattr(detector, "refine")


def _mtcnn(**options: Any) -> Detector:
    from mien.faces.mtcnn import Mtcnn

    return Mtcnn(**options)


DETECTORS: dict[str, Callable[..., Detector]] = {"mtcnn": _mtcnn}
YUNET_SUFFIX = ".onnx"


def make_detector(
    name: str = "mtcnn",
    *,
    min_face: int = 40,
    device: str = "cpu",
    threads: int | None = None,
) -> Detector:
    """A detector by name.

    Args:
        name: of ``DETECTORS``; or the path of a YuNet model, ``.onnx``, which runs on the processor always.
        min_face: side in pixels of the smallest face to look for.
        device: ``cpu`` or ``cuda``.
        threads: of the processor; half of the cores when None.

    Raises:
        MienError: no such detector or device.
    """
    if name.lower().endswith(YUNET_SUFFIX):
        from mien.faces.yunet import Yunet

        return Yunet(name, min_face, threads)
    options = {"min_face": min_face, "device": device, "threads": threads}
    return choose(DETECTORS, name, "detector")(**options)
