"""What every predictor is: faces in, arrays in final units out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mien.errors import MienError
from mien.models.info import ModelInfo
from mien.models.postprocess import postprocess
from mien.preprocessing import Image
from mien.windows import IntArray, merged, windows_over

FloatArray = npt.NDArray[np.float32]
AT_ONCE = 64
"""Faces that the network gets at a time: more gain no speed, and memory grows with them."""
FEATURES = "features"
"""The one output of the first half of a model of clips."""


@dataclass(frozen=True)
class OverTime:
    """The second half of a model of clips, which reads the frames of a window together.

    Attributes:
        run: outputs in final units per task (W, T, labels), of windows (W, T, F) of frames' features.
        causal: a frame's outputs never change when later frames come.
    """

    run: Callable[[FloatArray], dict[str, FloatArray]] = field(repr=False)
    causal: bool


@dataclass(frozen=True)
class Predictor:
    """A network ready to read faces.

    Attributes:
        info: what it is: labels, crop, thresholds, history.
        name: the file or folder that it came from.
        device: what it runs on: ``cpu``, ``cuda`` or ``cuda:1``.
        run: the network's own outputs, one per task, for at most ``AT_ONCE`` faces as (n, 3, S, S) float32 RGB in
            [0, 1]; of a model of clips ``FEATURES`` (n, F), what it sees of each frame.
        over_time: what reads these features; None for a network of single faces.
    """

    info: ModelInfo
    name: str
    device: str
    run: Callable[[FloatArray], dict[str, FloatArray]] = field(repr=False)
    over_time: OverTime | None = None

    def __call__(self, crops: Image) -> dict[str, FloatArray]:
        """What cut faces show, each by itself: a model of clips takes each for a clip of one frame.

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
        if self.over_time is not None:
            return self._read(crops, [np.array([frame]) for frame in range(len(crops))])
        return self.calibrated(self._run(crops))

    def clip(self, crops: Image) -> dict[str, FloatArray]:
        """What the frames of one person show, read together by a model of clips.

        Args:
            crops: as of a call, in the order of time; at least one.

        Returns:
            As of a call.

        Raises:
            MienError: another shape or type, no frame, or a network of single faces.
        """
        self._check(crops)
        if self.over_time is None or len(crops) == 0:
            lacking = "no frames" if self.over_time else f"{self.name}, which reads faces one by one"
            raise MienError(f"A clip needs frames and a model of clips, got {lacking}; see 'temporal' in the docs")
        return self._read(crops, [np.arange(len(crops))])

    def features(self, crops: Image) -> FloatArray:
        """(B, F): what a model of clips sees of each of some frames; ``crops`` as of a call."""
        self._check(crops)
        return self._run(crops)[FEATURES]

    def calibrated(self, values: dict[str, FloatArray]) -> dict[str, FloatArray]:
        """Outputs (n, labels) as they are to be read."""
        return postprocess(values, self.info.spec.labels, self.info.calibration)

    def _run(self, crops: Image) -> dict[str, FloatArray]:
        return _in_parts(lambda part: self.run(network_input(part)), crops)

    def _read(self, crops: Image, clips: list[IntArray]) -> dict[str, FloatArray]:
        how, over_time = self.info.spec.temporal, self.over_time
        assert how is not None and over_time is not None
        features, windows = self.features(crops), windows_over(clips, how.window, how.stride)
        said = _in_parts(over_time.run, features[windows.index])
        return self.calibrated(
            {t: merged(values, windows, len(crops), earliest=over_time.causal) for t, values in said.items()}
        )

    def _check(self, crops: Image) -> None:
        side = self.info.spec.preprocessing.size
        if crops.dtype != np.uint8:
            raise MienError(f"Faces come as uint8 pixels 0-255, got {crops.dtype}; do not divide them by 255")
        if crops.ndim != 4 or crops.shape[1:3] != (side, side) or crops.shape[3] not in (1, 3):
            raise MienError(
                f"Faces for {self.name} come as (B, {side}, {side}, 1 or 3), got {crops.shape}; "
                "cut them with info.spec.preprocessing.crop"
            )


def _in_parts(run: Callable[[Any], dict[str, FloatArray]], rows: npt.NDArray[Any]) -> dict[str, FloatArray]:
    parts = [run(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE)]
    return parts[0] if len(parts) == 1 else {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def network_input(crops: Image) -> FloatArray:
    """(B, S, S, 1 or 3) uint8 to (B, 3, S, S) float32 in [0, 1]; grey becomes three equal channels."""
    faces, height, width, channels = crops.shape
    out = np.empty((faces, 3, height, width), np.float32)
    for channel in range(channels):
        np.multiply(crops[..., channel], np.float32(1 / 255), out=out[:, channel])
    if channels == 1:
        out[:, 1:] = out[:, :1]
    return out
