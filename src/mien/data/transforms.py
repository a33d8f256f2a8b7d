"""Random changes of training faces that keep their labels true.

All randomness of a batch is drawn first, for the whole batch, from one generator: the same seed gives the same
pictures, whatever thread or process makes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mien.config import Augment
from mien.preprocessing import Image

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Changes:
    """What happens to each of B faces; every field has B rows.

    Attributes:
        matrix: (B, 2, 3) affine map from the padded face to the result, in pixels.
        gain, bias: (B, 3) per channel, for faces in [0, 1].
        grey: whether colour is dropped.
        blur: sigma in pixels, 0 for none; jpeg: quality 1-100, 0 for none.
        erase: (B, 4) x1, y1, x2, y2 of the covered rectangle in pixels, empty for none; cover: its brightness.
        coarse: side in pixels of a smaller picture in between, 0 for none; grain: sigma of the noise, and its seed.
    """

    matrix: npt.NDArray[np.float64]
    gain: FloatArray
    bias: FloatArray
    grey: npt.NDArray[np.bool_]
    blur: FloatArray
    jpeg: npt.NDArray[np.int64]
    erase: npt.NDArray[np.int64]
    cover: FloatArray
    coarse: npt.NDArray[np.int64]
    grain: FloatArray
    seed: npt.NDArray[np.int64]

    def part(self, index: slice | npt.NDArray[np.int64]) -> "Changes":
        """The changes of some faces of the batch: one process's share, or each as often as it is named."""
        return Changes(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


def draw_changes(settings: Augment, count: int, size: int, pad: int, rng: np.random.Generator) -> Changes:
    """Draw the changes of ``count`` faces of ``size`` pixels that have ``pad`` more on every side."""
    flip = np.where(rng.random(count) < settings.flip, -1.0, 1.0)
    angle = np.deg2rad(rng.normal(0, 1, count).clip(-2.5, 2.5) * settings.rotate_deg)
    zoom = np.exp(rng.normal(0, 1, count).clip(-2.5, 2.5) * settings.scale)
    shift = rng.normal(0, 1, (count, 2)).clip(-2.5, 2.5) * settings.shift * size
    contrast = np.exp(rng.normal(0, 1, (count, 1)).clip(-2.5, 2.5) * settings.contrast)
    colour = np.exp(rng.normal(0, 1, (count, 3)).clip(-2.5, 2.5) * settings.colour)
    brightness = rng.normal(0, 1, (count, 1)).clip(-2.5, 2.5) * settings.brightness
    gain = (contrast * colour).astype(np.float32)
    bias = (0.5 * (1 - contrast) + brightness + np.zeros((1, 3))).astype(np.float32)  # contrast turns about mid-grey
    return Changes(
        matrix=_matrices(flip, angle, zoom, shift, size, pad),
        gain=gain,
        bias=bias,
        grey=rng.random(count) < settings.grey,
        blur=np.where(rng.random(count) < settings.blur, rng.uniform(0.3, size / 40, count), 0).astype(np.float32),
        jpeg=np.where(rng.random(count) < settings.jpeg, rng.integers(20, 80, count), 0),
        erase=_rectangles(rng, rng.random(count) < settings.erase, size),
        cover=rng.random(count).astype(np.float32),
        coarse=np.where(rng.random(count) < settings.coarse, (size * rng.uniform(0.3, 0.8, count)).astype(int), 0),
        grain=np.where(rng.random(count) < settings.noise, rng.uniform(0.01, 0.08, count), 0).astype(np.float32),
        seed=rng.integers(0, 2**31, count),
    )


def _matrices(
    flip: npt.NDArray[np.float64],
    angle: npt.NDArray[np.float64],
    zoom: npt.NDArray[np.float64],
    shift: npt.NDArray[np.float64],
    size: int,
    pad: int,
) -> npt.NDArray[np.float64]:
    """Turn, zoom, flip and shift about the centre."""
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    linear = np.stack([np.stack([flip * cos, flip * sin], 1), np.stack([-sin, cos], 1)], 1)  # (B, 2, 2)
    source, result = (size + 2 * pad - 1) / 2, (size - 1) / 2  # centres, in pixel indices
    offset = result + shift - linear.sum(axis=2) * source
    return np.concatenate([linear, offset[..., None]], axis=2)


def _rectangles(rng: np.random.Generator, chosen: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.int64]:
    """Rectangles of 2-15 % of the face (random erasing, Zhong et al. 2020)."""
    area, aspect = rng.uniform(0.02, 0.15, len(chosen)), np.exp(rng.uniform(-0.7, 0.7, len(chosen)))
    extent = np.stack([np.sqrt(area * aspect), np.sqrt(area / aspect)], axis=1) * size
    corner = rng.random((len(chosen), 2)) * (size - extent)
    boxes = np.round(np.concatenate([corner, corner + extent], axis=1)).astype(np.int64)
    return np.where(chosen[:, None], boxes, 0)


def augmented(faces: Sequence[Image], changes: Changes, size: int) -> FloatArray:
    """Apply ``changes`` to padded faces.

    Args:
        faces: B arrays (S, S, 1 or 3) uint8.
        changes: what to do with each.
        size: side of the result.

    Returns:
        (B, size, size, 1 or 3) float32 in [0, 1].
    """
    warped = np.stack([_pixelwise(face, changes, i, size) for i, face in enumerate(faces)])
    out = warped.astype(np.float32) * np.float32(1 / 255)
    channels = out.shape[3]
    out *= changes.gain[:, None, None, :channels]
    out += changes.bias[:, None, None, :channels]
    if channels == 3 and changes.grey.any():  # after the gains, which would colour it again
        out[changes.grey] = out[changes.grey] @ np.array([[0.299], [0.587], [0.114]], np.float32)
    for i in np.flatnonzero(changes.grain):
        out[i] += changes.grain[i] * np.random.default_rng(changes.seed[i]).standard_normal(out[i].shape, np.float32)
    for i in np.flatnonzero(changes.erase[:, 2]):
        x1, y1, x2, y2 = changes.erase[i]
        out[i, y1:y2, x1:x2] = changes.cover[i]
    return np.clip(out, 0, 1, out=out)


def _pixelwise(face: Image, changes: Changes, i: int, size: int) -> Image:
    """The changes that work on 8-bit pixels: the affine map, resolution, blur and JPEG."""
    out: Any = cv2.warpAffine(
        face, changes.matrix[i], (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if changes.coarse[i]:
        small = cv2.resize(out, (int(changes.coarse[i]),) * 2, interpolation=cv2.INTER_AREA)
        out = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    if changes.blur[i]:
        out = cv2.GaussianBlur(out, (0, 0), float(changes.blur[i]))
    if changes.jpeg[i]:
        _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(changes.jpeg[i])])
        out = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    pixels: Image = out.reshape(size, size, face.shape[2])  # OpenCV drops a single channel
    return pixels


def centred(faces: npt.NDArray[np.uint8], size: int) -> FloatArray:
    """Padded faces without their padding, as floats: what the network sees at evaluation."""
    pad = (faces.shape[1] - size) // 2
    return faces[:, pad : pad + size, pad : pad + size].astype(np.float32) * np.float32(1 / 255)
