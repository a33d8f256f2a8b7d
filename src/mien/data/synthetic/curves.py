"""Curves of a drawn face: smooth outlines, ribbons of varying width and ellipses, all as plain polygons."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Colour = tuple[float, float, float]


class Shape(NamedTuple):
    """A filled polygon, or several of one colour.

    Attributes:
        points: (N, 2) in face units, x right and y down in the image; (K, N, 2) for K polygons that do not overlap; of
            a hull (N, 3), with each point's own z.
        colour: RGB, 0-255.
        z: towards the viewer. For shapes on the face's surface it is the height above that surface; for the shapes of
            the head it is the position itself.
        hull: fill the convex hull of the projected points instead of the polygon.
    """

    points: Array
    colour: Colour
    z: float = 0.0
    hull: bool = False


def bounded(value: float, low: float, high: float) -> float:
    """``value`` kept within [low, high]; many times faster than NumPy's clip for one number."""
    return min(max(float(value), low), high)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """``a`` with a ``share`` (0-1) of ``b``.

    >>> mix((0, 0, 0), (100, 200, 50), 0.5)
    (50.0, 100.0, 25.0)
    """
    keep = 1 - share
    return (a[0] * keep + b[0] * share, a[1] * keep + b[1] * share, a[2] * keep + b[2] * share)


def shade(colour: Colour, factor: float) -> Colour:
    """``colour`` made darker (``factor`` below 1) or lighter."""
    return (min(colour[0] * factor, 255.0), min(colour[1] * factor, 255.0), min(colour[2] * factor, 255.0))


@lru_cache(maxsize=64)
def _catmull_rom(count: int, closed: bool, per: int) -> Array:
    """(M, count): the matrix that turns control points into points of the curve through them."""
    spans = count if closed else count - 1
    rows = np.zeros((spans * per + (not closed), count))
    for row in range(len(rows)):
        span, u = min(row // per, spans - 1), row / per - min(row // per, spans - 1)
        weights = (
            -u / 2 + u**2 - u**3 / 2,
            1 - 2.5 * u**2 + 1.5 * u**3,
            u / 2 + 2 * u**2 - 1.5 * u**3,
            -(u**2) / 2 + u**3 / 2,
        )
        for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
            index = (span + offset) % count if closed else min(max(span + offset, 0), count - 1)
            rows[row, index] += weight
    return rows


def smooth(points: Array | Sequence[Sequence[float]], closed: bool = True, per: int = 4) -> Array:
    """Catmull-Rom curves through control points (..., N, D), with ``per`` points in each span."""
    control = np.asarray(points, dtype=np.float64)
    curve: Array = _catmull_rom(control.shape[-2], closed, per) @ control
    return curve


_NORMAL = np.array([-1.0, 1.0])  # turns a tangent with swapped axes by a right angle


def ribbons(lines: Array, widths: Array | float) -> Array:
    """Lines of varying width as polygons.

    Args:
        lines: (K, N, 2) points.
        widths: (K, N) full width at each point, or one for all.

    Returns:
        (K, 2 N, 2) polygons.
    """
    count = lines.shape[1]
    tangent = np.empty_like(lines)
    tangent[:, 1:-1] = lines[:, 2:] - lines[:, :-2]
    tangent[:, 0] = lines[:, 1] - lines[:, 0]
    tangent[:, -1] = lines[:, -1] - lines[:, -2]
    half = 0.5 * widths / (np.hypot(tangent[..., 0], tangent[..., 1]) + 1e-9)
    offset = tangent[..., ::-1] * half[..., None] * _NORMAL
    polygons = np.empty((len(lines), 2 * count, 2))
    polygons[:, :count] = lines + offset
    polygons[:, count:] = (lines - offset)[:, ::-1]
    return polygons


def ribbon(line: Array, widths: Array | float) -> Array:
    """One line (N, 2) of varying width (N,) as a polygon (2 N, 2)."""
    polygon: Array = ribbons(line[None], widths)[0]
    return polygon


def between(x: Array, top: Array, bottom: Array) -> Array:
    """(..., 2 N, 2): the polygons between two lines over the same x (..., N)."""
    count = x.shape[-1]
    polygon = np.empty((*x.shape[:-1], 2 * count, 2))
    polygon[..., :count, 0], polygon[..., :count, 1] = x, top
    polygon[..., count:, 0], polygon[..., count:, 1] = x[..., ::-1], bottom[..., ::-1]
    return polygon


_T = np.linspace(0, 1, 7)
_BEZIER = np.column_stack(((1 - _T) ** 2, 2 * _T * (1 - _T), _T**2))
TAPER = np.sin(np.pi * (0.08 + 0.84 * _T)) ** 0.7


def arcs(control: Array) -> Array:
    """(K, 7, 2): quadratic Bezier curves of (K, 3, 2) control points."""
    curved: Array = _BEZIER @ control
    return curved


_ANGLES = np.linspace(0, 2 * np.pi, 16, endpoint=False)
_CIRCLE = np.column_stack((np.cos(_ANGLES), np.sin(_ANGLES)))


def ellipses(parameters: Sequence[Sequence[float]]) -> Array:
    """(K, 16, 2): ellipses, each from the x and y of its middle and its two radii."""
    middle_radius = np.array(parameters, dtype=np.float64).reshape(-1, 1, 4)
    rings: Array = _CIRCLE * middle_radius[..., 2:] + middle_radius[..., :2]
    return rings


def ellipse(x: float, y: float, rx: float, ry: float) -> Array:
    """(16, 2): one ellipse."""
    ring: Array = _CIRCLE * (rx, ry) + (x, y)
    return ring
