"""What spoils pictures of faces, in steps: for the question by how much a score drops."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from mien.preprocessing import Image

Step = Callable[[Image], Image]


def blurred(image: Image, sigma: float) -> Image:
    """Gaussian blur; ``sigma`` is a share of the shorter side."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma * min(image.shape[:2])), np.uint8)


def grainy(image: Image, sigma: float) -> Image:
    """Gaussian noise; ``sigma`` in units of the full range. The same noise for pictures of one size."""
    noise = np.random.default_rng(0).normal(0, 255 * sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def compressed(image: Image, quality: int) -> Image:
    """JPEG and back."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def dark(image: Image, gain: float) -> Image:
    """Every pixel times ``gain``, rounded: what is lost stays lost."""
    return np.asarray(np.rint(image * gain), np.uint8)


def turned(image: Image, degrees: float) -> Image:
    """Rotated about its middle, counter-clockwise; corners repeat the edge."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def covered(image: Image, share: float) -> Image:
    """A grey square over the lower right of the middle, ``share`` of the picture's area."""
    out = image.copy()
    height, width = image.shape[:2]
    tall, wide = (round(n * share**0.5) for n in (height, width))
    out[height // 2 : height // 2 + tall, width // 2 : width // 2 + wide] = 128
    return out


def coarse(image: Image, share: float) -> Image:
    """Reduced to a ``share`` of its side, as if the camera had been further away."""
    size = (max(8, round(image.shape[1] * share)), max(8, round(image.shape[0] * share)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _steps(spoil: Callable[..., Image], values: tuple[float, ...]) -> dict[str, Step]:
    return {f"{value:g}": partial(spoil, **{_parameter(spoil): value}) for value in values}


def _parameter(spoil: Callable[..., Image]) -> str:
    return spoil.__code__.co_varnames[1]


SPOILERS: dict[str, dict[str, Step]] = {
    "blur, sigma / side": _steps(blurred, (0.01, 0.02, 0.04)),
    "noise, sigma": _steps(grainy, (0.05, 0.1, 0.2)),
    "JPEG quality": _steps(compressed, (50, 20, 10)),
    "brightness": _steps(dark, (0.5, 0.25, 0.1)),
    "rotation, degrees": _steps(turned, (15, 30, 60)),
    "covered share": _steps(covered, (0.05, 0.1, 0.2)),
    "side": _steps(coarse, (0.5, 0.35, 0.25)),
}
"""What is done -> how much -> how."""
