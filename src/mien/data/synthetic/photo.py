"""What the camera adds: background, the light on the skin, colour, blur, noise and things before the face."""

from statistics import NormalDist

import cv2
import numpy as np
import numpy.typing as npt

from mien.data.synthetic.curves import Array
from mien.data.synthetic.pose import View
from mien.preprocessing import Image

_GRID = 24  # side of the coarse map on which light is computed
# The middles of 256 equal slices of a normal distribution: looking up the noise of a random byte is many times faster
# than drawing it, and pixels are rounded anyway. What is lost are the tails beyond 2.9 standard deviations.
_NORMAL = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)], dtype=np.float32)


def background(view: View, side: int, rng: np.random.Generator) -> Image:
    """(side, side, 3): the backdrop, varied on a coarse random grid."""
    cells = view.background
    tint = 0.35 * rng.standard_normal((cells, cells, 3)) + rng.standard_normal((cells, cells, 1))
    grid = np.asarray(view.backdrop) + view.variety * tint
    coarse = np.minimum(np.maximum(grid, 0), 255).astype(np.uint8)
    if cells == 1:
        return np.full((side, side, 3), coarse[0, 0], dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def light_map(view: View, centre: Array, radius: Array, side: int) -> npt.NDArray[np.float32]:
    """(side, side, 3): the factor of a distant light on an ellipsoid (Lambert's cosine, plus ambient light)."""
    steps = (np.arange(_GRID) + 0.5) * side / _GRID
    x = (steps[None, :] - centre[0]) / radius[0]
    y = (steps[:, None] - centre[1]) / radius[1]
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0.0))
    angle = np.radians(view.light_deg)
    cosine = 0.62 * (x * np.cos(angle) + y * np.sin(angle)) + 0.78 * z
    factor = 1 + view.light * (0.95 * cosine - 0.62)
    coarse = np.minimum(np.maximum(factor, 0.25), 1.5).astype(np.float32)
    fine = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.merge((fine, fine, fine)), dtype=np.float32)


def occlude(canvas: Image, view: View, rng: np.random.Generator) -> None:
    """Draw one plain object near the rim of the face; in place."""
    if view.occlusion <= 0:
        return
    side = canvas.shape[0]
    angle = rng.uniform(0, 2 * np.pi)
    x, y = (0.5 + 0.36 * np.cos(angle)) * side, (0.5 + 0.36 * np.sin(angle)) * side
    axes = view.occlusion * 0.36 * side * rng.uniform(0.6, 1.2, 2)
    colour = rng.uniform(10, 240, 3)
    box = ((float(x), float(y)), (2 * float(axes[0]), 2 * float(axes[1])), float(rng.uniform(0, 180)))
    cv2.ellipse(canvas, box, (float(colour[0]), float(colour[1]), float(colour[2])), -1, cv2.LINE_AA)


def develop(image: Image, view: View, rng: np.random.Generator) -> Image:
    """Exposure and colour cast, blur, then noise."""
    side = image.shape[0]
    if view.blur * side > 0.25:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), view.blur * side), dtype=np.uint8)
    gain = view.exposure * np.array((*view.cast, 0.0))  # OpenCV takes four numbers as one for each channel
    drawn = np.frombuffer(rng.bytes(image.size), dtype=np.uint8).reshape(image.shape)
    noise = cv2.LUT(drawn, view.noise * _NORMAL)
    pixels = cv2.multiply(image, gain, dtype=cv2.CV_32F)
    return np.asarray(cv2.add(pixels, noise, dtype=cv2.CV_8U), dtype=np.uint8)  # rounds and saturates
