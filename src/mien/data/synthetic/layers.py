"""Layers of a picture: shapes whose points are projected together and painted one after another."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mien.data.synthetic.curves import Array, Shape
from mien.preprocessing import Image

_BITS = 4  # fractional bits of polygon corners


class Layer(NamedTuple):
    """Shapes from back to front.

    Attributes:
        points: (N, 3) of all shapes in turn, in face units.
        shapes: what they are the points of.
        sizes: how many belong to each shape.
    """

    points: Array
    shapes: Sequence[Shape]
    sizes: Sequence[int]


def layer(shapes: Sequence[Shape]) -> Layer:
    """All points of some shapes in one array."""
    sizes = [shape.points.size // shape.points.shape[-1] for shape in shapes]
    points = np.empty((sum(sizes), 3))
    if shapes:
        flat = [shape.points.reshape(-1, shape.points.shape[-1])[:, :2] for shape in shapes]
        np.concatenate(flat, out=points[:, :2])
        points[:, 2] = np.repeat([shape.z for shape in shapes], sizes)
    end = 0
    for shape, size in zip(shapes, sizes, strict=True):
        end += size
        if shape.hull:
            points[end - size : end] = shape.points
    return Layer(points, shapes, sizes)


def fixed_point(pixels: Array, scale: float = 1.0) -> npt.NDArray[np.int32]:
    """Pixels (centres at half-integers) times ``scale``, as OpenCV wants corners with fractional bits."""
    one = 1 << _BITS
    return np.rint(pixels * (scale * one) - 0.5 * one).astype(np.int32)


def paint(canvas: Image, shown: Layer, pixels: Array, scale: float = 1.0) -> None:
    """Fill the shapes of a layer, projected to ``pixels`` (N, 2), one after another; in place."""
    corners = fixed_point(pixels, scale)
    end = 0
    for shape, size in zip(shown.shapes, shown.sizes, strict=True):
        start, end = end, end + size
        if shape.hull:
            fill_hull(canvas, corners[start:end], shape.colour)
            continue
        part = corners[start:end]
        polygons = list(part.reshape(shape.points.shape)) if shape.points.ndim == 3 else [part]
        cv2.fillPoly(canvas, polygons, shape.colour, cv2.LINE_AA, _BITS)


def fill_hull(canvas: Image, corners: npt.NDArray[np.int32], colour: Sequence[float]) -> None:
    """Fill the convex hull of points (N, 2) from ``fixed_point``; in place."""
    cv2.fillPoly(canvas, [cv2.convexHull(corners)], colour, cv2.LINE_AA, _BITS)
