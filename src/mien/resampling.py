"""A picture's pixels at any places and distances: bilinear, and by means over areas where that alone would alias."""

from math import ceil

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]

SHRUNK_FROM = 1.5  # pixels of the picture per pixel of the result
SUMMED_AT_ONCE = 4_000_000  # pixels under one table of sums, which bounds memory
HALF = 0.5 + 1e-6  # halves are rounded up, whatever the last digit of a sum is
INT_SUMS = 2**31 // 255  # pixels whose sum surely is a 32-bit number


def sampled(image: Pixels, x: Array, y: Array, step: float) -> Pixels:
    """The picture at places, beyond its edge the edge.

    From ``SHRUNK_FROM`` on, what is sampled is the picture made smaller by ``step``, by means over areas. Only the part
    of it that is under the places is made: time and memory go with the cut, not with the picture.

    Args:
        image: (H, W, 3) uint8.
        x, y: (S, S) in pixels, whose centres lie at half-integers.
        step: pixels between two neighbouring places.

    Returns:
        (S, S, 3) uint8.
    """
    if step < SHRUNK_FROM:
        return _remapped(image, x - 0.5, y - 0.5)
    sides = [max(1, round(n / step)) for n in image.shape[:2]]
    down, across = (n * side / whole - 0.5 for n, side, whole in zip((y, x), sides, image.shape, strict=False))
    part = _touched(down, sides[0]), _touched(across, sides[1])
    return _remapped(_means(image, sides, part), across - part[1].start, down - part[0].start)


def _remapped(image: Pixels, x: Array, y: Array) -> Pixels:
    # OpenCV rounds places to 32nds of a pixel. Done here first, it does not matter which part of a picture is at hand.
    xs, ys = (np.rint(n.astype(np.float32) * 32) / 32 for n in (x, y))
    return np.asarray(cv2.remap(image, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _touched(places: Array, side: int) -> slice:
    """The indices below ``side`` that bilinear sampling reads, and one more since it rounds the places."""
    first = min(max(int(places.min()), 0), side - 1)
    return slice(first, min(max(int(places.max()) + 3, first + 1), side))


def _means(image: Pixels, sides: list[int], part: tuple[slice, slice]) -> Pixels:
    """``part`` (rows, columns) of the picture made ``sides`` (height, width) large: each pixel the mean of its area.

    To rounding what ``cv2.INTER_AREA`` gives, which makes whole pictures alone. The sum over an area is a difference
    of sums from the corner on, and those grow evenly within a pixel.

    *Source*: Crow 1984, "Summed-area tables for texture mapping".
    """
    steps = [whole / side for whole, side in zip(image.shape, sides, strict=False)]
    edges = [np.arange(one.start, one.stop + 1) * step for one, step in zip(part, steps, strict=True)]
    rows, columns = (slice(int(edge[0]), ceil(edge[-1] - 1e-6)) for edge in edges)
    under = image[rows, columns]
    pixels = under.shape[0] * under.shape[1]
    if pixels > SUMMED_AT_ONCE and max(map(len, edges)) > 2:
        return _in_halves(image, sides, part)
    sums = cv2.integral(under, sdepth=cv2.CV_32S if pixels < INT_SUMS else cv2.CV_64F)
    for axis, places in enumerate((edges[0] - rows.start, edges[1] - columns.start)):
        sums = np.diff(_between(sums, places, axis), axis=axis)
    means: Pixels = np.floor(sums / (steps[0] * steps[1]) + HALF).astype(np.uint8)
    return means


def _in_halves(image: Pixels, sides: list[int], part: tuple[slice, slice]) -> Pixels:
    """As ``_means``, of a part that is too large for one table."""
    rows, columns = part
    if rows.stop - rows.start >= columns.stop - columns.start:
        middle = (rows.start + rows.stop) // 2
        halves = [(slice(rows.start, middle), columns), (slice(middle, rows.stop), columns)]
        return np.concatenate([_means(image, sides, half) for half in halves])
    middle = (columns.start + columns.stop) // 2
    halves = [(rows, slice(columns.start, middle)), (rows, slice(middle, columns.stop))]
    return np.concatenate([_means(image, sides, half) for half in halves], axis=1)


def _between(values: npt.NDArray[np.generic], places: Array, axis: int) -> Array:
    """``values`` at ``places`` along an axis, by the line between two indices."""
    index = np.minimum(places.astype(int), values.shape[axis] - 2)
    low, high = values.take(index, axis), values.take(index + 1, axis)
    rest = places - index
    moved: Array = low + (rest[:, None, None] if axis == 0 else rest[:, None]) * (high - low)
    return moved
