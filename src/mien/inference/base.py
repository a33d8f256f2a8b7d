"""What every predictor is: faces in, arrays in final units out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mien.errors import MienError
from mien.models.info import ModelInfo
from mien.models.postprocess import postprocess
from mien.preprocessing import Image

FloatArray = npt.NDArray[np.float32]
AT_ONCE = 64
"""Faces that the network gets at a time: more gain no speed, and memory grows with them."""


@dataclass(frozen=True)
class Predictor:
    """A network ready to read faces.

    Attributes:
        info: what it is: labels, crop, thresholds, history.
        name: the file or folder that it came from.
        device: what it runs on: ``cpu``, ``cuda`` or ``cuda:1``.
        run: the network's own outputs, one per task, for at most ``AT_ONCE`` faces as (n, 3, S, S) float32 RGB in
            [0, 1].
    """

    info: ModelInfo
    name: str
    device: str
    run: Callable[[FloatArray], dict[str, FloatArray]] = field(repr=False)

    def __call__(self, crops: Image) -> dict[str, FloatArray]:
        """What cut faces show.

        Args:
            crops: (B, S, S, 1 or 3) uint8, grey or RGB, as ``info.spec.preprocessing.crop`` cuts them; B may be 0.

        Returns:
            Float32 arrays for the tasks of ``info.spec.labels``: expression, compound (B, C) probabilities, calibrated
            as ``info`` says, rows sum to 1; au (B, A) probabilities; au_intensity (B, I) in [0, 5]; va (B, 2) in
            [-1, 1].

        Raises:
            MienError: another shape or type.
        """
        self._check(crops)
        if len(crops) == 0:
            return {task: np.empty((0, len(names)), np.float32) for task, names in self.info.spec.labels.items()}
        parts = [self.run(network_input(crops[i : i + AT_ONCE])) for i in range(0, len(crops), AT_ONCE)]
        values = parts[0] if len(parts) == 1 else {t: np.concatenate([part[t] for part in parts]) for t in parts[0]}
        return postprocess(values, self.info.spec.labels, self.info.calibration)

    def _check(self, crops: Image) -> None:
        side = self.info.spec.preprocessing.size
        if crops.dtype != np.uint8:
            raise MienError(f"Faces come as uint8 pixels 0-255, got {crops.dtype}; do not divide them by 255")
        if crops.ndim != 4 or crops.shape[1:3] != (side, side) or crops.shape[3] not in (1, 3):
            raise MienError(
                f"Faces for {self.name} come as (B, {side}, {side}, 1 or 3), got {crops.shape}; "
                "cut them with info.spec.preprocessing.crop"
            )


def network_input(crops: Image) -> FloatArray:
    """(B, S, S, 1 or 3) uint8 to (B, 3, S, S) float32 in [0, 1]; grey becomes three equal channels."""
    faces, height, width, channels = crops.shape
    out = np.empty((faces, 3, height, width), np.float32)
    for channel in range(channels):
        np.multiply(crops[..., channel], np.float32(1 / 255), out=out[:, channel])
    if channels == 1:
        out[:, 1:] = out[:, :1]
    return out
