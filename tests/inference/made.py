"""Faces, pictures and videos made up for the tests of inference."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from mien.faces.detect import Detections
from mien.inference.base import Predictor
from mien.inference.results import Faces
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec
from mien.preprocessing import Preprocessing

LABELS = {
    "expression": ("neutral", "happiness", "fear"),
    "au": ("AU01", "AU12"),
    "au_intensity": ("AU12",),
    "va": ("valence", "arousal"),
    "compound": ("happily_surprised", "awed"),
}


def faces(n: int, seed: int = 0, frame: int = 0, **about: Any) -> Faces:
    """``n`` faces of one frame with random values that keep to their ranges."""
    rng = np.random.default_rng(seed)

    def shares(width: int) -> np.ndarray:
        raw = rng.random((n, width)).astype(np.float32)
        return raw / raw.sum(axis=1, keepdims=True)

    values = {
        "expression": shares(3),
        "au": rng.random((n, 2), np.float32),
        "au_intensity": 5 * rng.random((n, 1), np.float32),
        "va": 2 * rng.random((n, 2), np.float32) - 1,
        "compound": shares(2),
    }
    corner = rng.random((n, 2), np.float32) * 50
    defaults: dict[str, Any] = {
        "xyxy": np.concatenate([corner, corner + 40], axis=1),
        "landmarks": (corner[:, None] + 40 * rng.random((n, 5, 2), np.float32)).astype(np.float32),
        "frame": np.full(n, frame),
        "score": rng.random(n, np.float32),
        "track_id": np.arange(n),
        "time_s": np.full(n, frame / 25),
        "thresholds": {"AU12": 0.25},
        "index": (frame, frame / 25),
    }
    return Faces(labels=LABELS, values=values, **(defaults | about))


def write_video(path: Path, images: Sequence[np.ndarray], times_s: Sequence[float], sound: bool = False) -> Path:
    """An H.264 file whose frames have exactly these times; with ``sound`` a tone of the same length beside them."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", options={"crf": "10", "preset": "ultrafast", "bf": "0"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 90_000)
        tone = out.add_stream("aac", rate=44_100, layout="mono") if sound else None
        for image, time in zip(images, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = round(time * 90_000), stream.codec_context.time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if tone is not None:
            samples = np.sin(np.arange(int(44_100 * times_s[-1])) * 0.06).astype(np.float32)[None]
            chunk = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            chunk.sample_rate, chunk.pts = 44_100, 0
            out.mux(tone.encode(chunk))
            out.mux(tone.encode())
    return path


RED = (220, 20, 20)


def scene(squares: Sequence[tuple[int, int, int]], side: int = 160, level: int = 90) -> np.ndarray:
    """A grey picture with a red square (x, y, side) for each face that ``RedDetector`` is to find."""
    image = np.full((side, side, 3), level, np.uint8)
    for x, y, size in squares:
        image[y : y + size, x : x + size] = RED
    return image


class RedDetector:
    """Finds red squares, from left to right."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
        self.calls.append(len(images))
        return [self._one(image.astype(int)) for image in images]

    def _one(self, image: np.ndarray) -> Detections:
        red = ((image[..., 0] - image[..., 1]) > 100).astype(np.uint8)
        _, _, stats, centres = cv2.connectedComponentsWithStats(red)
        order = [i for i in np.argsort(stats[1:, 0]) + 1 if stats[i, cv2.CC_STAT_AREA] > 50]
        x, y, width, height = stats[order, :4].astype(np.float32).T if order else np.zeros((4, 0), np.float32)
        points = np.repeat(centres[order][:, None].astype(np.float32), 5, axis=1)
        return Detections(np.stack([x, y, x + width, y + height], 1), np.ones(len(order), np.float32), points)


class Reddish:
    """A network whose valence is the mean of the crop's red channel, scaled to [-1, 1]; the rest is constant."""

    def __init__(self, cut: Preprocessing | None = None) -> None:
        self.batches: list[int] = []
        self.cut = cut or Preprocessing(size=16, context=1.0, grey=False)

    def predictor(self) -> Predictor:
        """It, ready to read faces."""
        spec = ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=self.cut)
        info = ModelInfo(spec=spec, thresholds={"AU12": 0.25}, weights_sha256="0" * 64)
        return Predictor(info, "reddish", "cpu", self.run)

    def run(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """(n, 3, 16, 16) RGB in [0, 1] to outputs in final units."""
        self.batches.append(len(image))
        n, red = len(image), 2 * image[:, 0].mean(axis=(1, 2)) - 1
        return {
            "expression": np.tile(np.array([[0.2, 0.7, 0.1]], np.float32), (n, 1)),
            "au": np.full((n, 2), 0.3, np.float32),
            "au_intensity": np.full((n, 1), 2.5, np.float32),
            "va": np.stack([red, 0 * red], axis=1).astype(np.float32),
            "compound": np.full((n, 2), 0.5, np.float32),
        }
