"""How a picture of a face becomes the network's input: one record, used before training, at inference and in exports.

The record travels with the weights (``model.json``), so that a picture is cut for the network as it was in training.
"""

from collections.abc import Callable
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mien.errors import ImageError
from mien.geometry import similarity
from mien.resampling import sampled

Image = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]
Finder = Callable[[Image, Array | None], npt.NDArray[np.floating] | None]
"""(picture, box (4,) or None) -> the five landmarks (5, 2) of the face there, None where it is not found."""


class Preprocessing(BaseModel):
    """Crop geometry, size and colour of the network's input.

    Attributes:
        size: side of the square input, in pixels.
        context: side of the cut square over the longer side of the face box. 1.0 is the box itself. A picture without
            a box is taken whole, since most databases come as face crops.
        align: turn and scale the face by its five landmarks, where they are known, so that eyes and mouth come to lie
            at the places of ``mien.geometry.TEMPLATE``; without landmarks the box is cut as it stands.
        align_context: side of the aligned square over that of the template. 1.0 cuts from brow to chin.
        grey: whether colour is dropped. A grey picture is three equal channels to the network.
        mean, std: per channel of an RGB picture in [0, 1]; the network itself subtracts and divides.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(64, ge=16, le=512)
    context: float = Field(1.3, ge=0.5, le=4.0)
    align: bool = False
    align_context: float = Field(1.2, ge=0.5, le=4.0)
    grey: bool = True
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if min(self.std) <= 0:
            raise ValueError(f"std must be above 0 in every channel, got {self.std}")
        return self

    def crop(
        self, image: Image, xyxy: npt.ArrayLike | None = None, pad: int = 0, landmarks: npt.ArrayLike | None = None
    ) -> Image:
        """The face square of ``image``, resized.

        Args:
            image: (H, W, 3) uint8 RGB.
            xyxy: face box (x1, y1, x2, y2) in pixels of ``image``; without one the whole picture is the face.
            pad: pixels of the result to add around the square on every side, at the same scale: room for augmentation.
                The centre of a padded crop is the crop without padding.
            landmarks: (5, 2) pixels, see ``mien.geometry``; used when ``align``, and then instead of the box.

        Returns:
            (S, S, 3) uint8 RGB with S = size + 2 pad, or (S, S, 1) when ``grey``. Parts of the square outside the
            picture repeat its edge; a whole picture that is not square is padded so, to keep the face's proportions.

        Raises:
            ImageError: the box has no area, or the landmarks show no face.
        """
        if self.align and landmarks is not None:
            centre, turn = self._upright(landmarks)
        else:
            centre, turn = self._square(image.shape[:2], xyxy)
        # Pixel centres lie at half-integers; measured from the square's middle, they do not depend on the padding.
        away = np.arange(self.size + 2 * pad) + 0.5 - (self.size + 2 * pad) / 2
        x = centre[0] + turn[0, 0] * away[None, :] + turn[0, 1] * away[:, None]
        y = centre[1] + turn[1, 0] * away[None, :] + turn[1, 1] * away[:, None]
        out = sampled(image, x, y, float(np.sqrt(np.linalg.det(turn))))
        return cv2.cvtColor(out, cv2.COLOR_RGB2GRAY)[..., None].astype(np.uint8) if self.grey else out

    def _square(self, shape: tuple[int, int], xyxy: npt.ArrayLike | None) -> tuple[Array, Array]:
        """Centre of the square around the box, and pixels of the picture per pixel of the crop as a (2, 2) matrix."""
        if xyxy is None:
            centre, length = np.array([shape[1] / 2, shape[0] / 2]), float(max(shape))
        else:
            x1, y1, x2, y2 = np.asarray(xyxy, dtype=float)
            if not (x2 > x1 and y2 > y1):
                raise ImageError(f"the face box ({x1:g}, {y1:g}, {x2:g}, {y2:g}) is empty; expected x1 < x2, y1 < y2")
            centre, length = np.array([(x1 + x2) / 2, (y1 + y2) / 2]), self.context * max(x2 - x1, y2 - y1)
        return centre, np.eye(2) * (length / self.size)

    def _upright(self, landmarks: npt.ArrayLike) -> tuple[Array, Array]:
        """As ``_square``, with the face upright: the template's unit square, ``align_context`` times as large."""
        matrix = similarity(landmarks)
        back = np.linalg.inv(matrix[:, :2]).astype(np.float64)
        centre: Array = back @ (np.full(2, 0.5) - matrix[:, 2])
        return centre, back * (self.align_context / self.size)
