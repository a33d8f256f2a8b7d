"""A drawn face: outline, features, and where on it the muscles of each action unit lie.

Coordinates: x to the right, y upwards, the root of the nose near the origin; the face is about 1.7 wide and 2.5 high.
Shapes are given for the right half of the picture and mirrored. The drawing is ours; the places follow the muscles
that ``mien.labels.ACTION_UNITS`` names, spread out where they lie upon each other in a real face.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from mien.smoothing import Array

EYE = (0.37, 0.2)
MOUTH_Y = -0.62
SKIN, SHADE, LINE = "#f6f1ec", "#ece4dc", "#b7aca1"
Points = Sequence[tuple[float, float]]


def curve(points: Points, steps: int = 30) -> Array:
    """Points (steps, 2) on the polynomial through two to four given ones, which are evenly apart in its parameter."""
    at = np.linspace(0, 1, len(points))
    fits = [np.polyfit(at, axis, len(points) - 1) for axis in np.array(points).T]
    return np.stack([np.polyval(fit, _dense_ends(steps)) for fit in fits], axis=1)


def strand(points: Points, width: float, end: float | None = None) -> Array:
    """Outline of a muscle along a curve: rounded ends, from ``width`` to ``end`` wide."""
    middle = curve(points)
    along = np.gradient(middle, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    place = 2 * _dense_ends(len(middle)) - 1
    half = np.linspace(width, width if end is None else end, len(middle)) / 2 * (1 - np.abs(place) ** 6) ** 0.5
    return np.concatenate([middle + across * half[:, None], (middle - across * half[:, None])[::-1]])


def _dense_ends(steps: int) -> Array:
    """From 0 to 1 in steps that shrink towards both, where a rounded end turns."""
    ends: Array = (1 - np.cos(np.linspace(0, np.pi, steps))) / 2
    return ends


def arc(centre: tuple[float, float], radii: tuple[float, float], start: float, end: float, width: float) -> Array:
    """Outline of a band along an ellipse, between two angles in degrees, thinner towards its ends."""
    angle = np.radians(np.linspace(start, end, 60))
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    taper = 1.0 if end - start >= 360 else (1 - np.abs(np.linspace(-1, 1, 60)) ** 4)[:, None] ** 0.5
    outer, inner = (np.array(centre) + way * (np.array(radii) + side * width / 2 * taper) for side in (1, -1))
    return np.concatenate([outer, inner[::-1]])


def blob(centre: tuple[float, float], radii: tuple[float, float]) -> Array:
    """Outline of an ellipse."""
    angle = np.linspace(0, 2 * np.pi, 40)
    return np.array(centre) + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii


def lens(centre: tuple[float, float], half: float, up: float, down: float) -> Array:
    """Outline of an eye or of a mouth: two arcs that meet in the corners."""
    x = np.linspace(-1, 1, 30)
    rise = (1 - x**2)[:, None]
    level = np.stack([x * half, np.zeros(30)], axis=1)
    upper, lower = level + rise * [0, up], level - rise * [0, down]
    outline: Array = np.array(centre) + np.concatenate([upper, lower[::-1]])
    return outline


MUSCLES: dict[str, tuple[Array, ...]] = {
    "AU01": (strand([(0.16, 0.6), (0.15, 0.8), (0.13, 1.0)], 0.19, 0.16),),
    "AU02": (strand([(0.5, 0.62), (0.46, 0.8), (0.39, 0.98)], 0.24, 0.2),),
    "AU04": (strand([(0.07, 0.37), (0.2, 0.47), (0.42, 0.52)], 0.11, 0.06), strand([(0, 0.3), (0, 0.56)], 0.1)),
    "AU05": (arc(EYE, (0.245, 0.155), 25, 155, 0.05),),
    "AU06": (arc(EYE, (0.34, 0.235), -155, 40, 0.1),),
    "AU07": (arc(EYE, (0.235, 0.125), -165, -15, 0.06),),
    "AU09": (strand([(0.09, 0.16), (0.11, 0.0), (0.16, -0.16)], 0.06, 0.09),),
    "AU10": (strand([(0.29, -0.08), (0.26, -0.26), (0.19, -0.44)], 0.1, 0.06),),
    "AU11": (strand([(0.46, -0.1), (0.38, -0.28), (0.29, -0.47)], 0.06),),
    "AU12": (strand([(0.74, -0.06), (0.6, -0.3), (0.42, -0.55)], 0.13, 0.08),),
    "AU13": (strand([(0.47, -0.26), (0.42, -0.4), (0.37, -0.54)], 0.06),),
    "AU14": (strand([(0.43, MOUTH_Y), (0.55, -0.6), (0.68, -0.58)], 0.07, 0.12),),
    "AU15": (strand([(0.36, -0.7), (0.41, -0.84), (0.42, -0.98)], 0.06, 0.14),),
    "AU16": (strand([(0.17, -0.79), (0.22, -0.89), (0.26, -1.0)], 0.11, 0.09),),
    "AU17": (blob((0.075, -0.97), (0.07, 0.1)),),
    "AU18": (strand([(0.12, -0.44), (0.2, -0.46), (0.3, -0.53)], 0.05), strand([(0.16, -0.77), (0.3, -0.7)], 0.05)),
    "AU20": (strand([(0.42, -0.71), (0.56, -0.74), (0.7, -0.74)], 0.05, 0.1),),
    "AU21": (strand([(0.3, -1.22), (0.32, -1.4), (0.38, -1.56)], 0.2, 0.24),),
    "AU22": (arc((0, MOUTH_Y), (0.36, 0.17), 20, 90, 0.05),),
    "AU23": (strand([(0, -0.555), (0.12, -0.55), (0.3, -0.61)], 0.07, 0.03),),
    "AU24": (strand([(0, -0.7), (0.14, -0.69), (0.3, -0.63)], 0.08, 0.03),),
    "AU25": (lens((0, MOUTH_Y), 0.27, 0.035, 0.035),),
    "AU26": (strand([(0.73, -0.36), (0.68, -0.55), (0.58, -0.9)], 0.12, 0.14),),
    "AU27": (strand([(0.08, -1.12), (0.24, -1.08), (0.42, -0.96)], 0.07),),
    "AU28": (arc((0, MOUTH_Y), (0.36, 0.17), -90, -20, 0.05),),
    "AU38": (blob((0.17, -0.22), (0.05, 0.06)),),
    "AU39": (strand([(0, -0.04), (0.06, -0.06), (0.11, -0.12)], 0.06),),
    "AU43": (lens(EYE, 0.18, 0.09, 0.0),),
    "AU45": (lens(EYE, 0.18, 0.0, 0.07),),
    "AU46": (strand([(0.6, 0.2), (0.68, 0.22)], 0.07),),
}
"""Outlines of an action unit's muscles in the right half; wider muscles are painted first, so that none is hidden."""


def draw_face(axis: Axes) -> None:
    """The face at rest, without hair, in light lines."""
    crown = [(0.84 * np.sin(a), 0.38 + 0.9 * np.cos(a)) for a in np.radians([0, 20, 40, 60, 80])]
    right = [*crown, (0.85, 0.02), (0.8, -0.34), (0.7, -0.68), (0.52, -0.98), (0.24, -1.19), (0.0, -1.22)]
    throat = [(0.46, -0.8), (0.46, -1.1), (0.47, -1.32), (0.62, -1.5), (0.98, -1.68)]
    _fill(axis, np.array(throat + [(-x, y) for x, y in throat[::-1]]), SHADE)
    for side in (-1, 1):
        _fill(axis, blob((0.88 * side, 0.1), (0.075, 0.2)), SHADE, LINE)
    whole = _rounded(np.array(right + [(-x, y) for x, y in right[-2:0:-1]]))
    _fill(axis, whole, SKIN, LINE, 1.3)


def draw_features(axis: Axes) -> None:
    """Brows, eyes, nose and lips, above the muscles."""
    for side in (-1, 1):
        flip = np.array([side, 1])
        brow = np.concatenate(
            [curve([(0.13, 0.435), (0.36, 0.535), (0.63, 0.43)]), curve([(0.63, 0.43), (0.36, 0.505), (0.14, 0.4)])]
        )
        _fill(axis, brow * flip, "#8d8177")
        eye = lens(EYE, 0.18, 0.09, 0.07) * flip
        axis.plot(*np.vstack([eye, eye[:1]]).T, color="#6b6259", linewidth=1.1, zorder=6)
        _fill(axis, blob((EYE[0] * side, 0.212), (0.062, 0.068)), "#6b6259")
        _fill(axis, blob((EYE[0] * side + 0.02, 0.236), (0.016, 0.018)), "white")
        for line in (
            [(0.075, 0.2), (0.07, 0.02), (0.1, -0.14)],
            [(0.14, -0.15), (0.2, -0.22), (0.15, -0.29)],
            [(0.02, -0.3), (0.08, -0.27), (0.13, -0.29)],
        ):
            axis.plot(*(curve(line) * flip).T, color=LINE, linewidth=1.1, zorder=6, solid_capstyle="round")
        lips = [
            [(0, -0.525), (0.06, -0.495), (0.2, -0.54), (0.34, MOUTH_Y)],
            [(0, -0.755), (0.14, -0.74), (0.34, MOUTH_Y)],
            [(0, MOUTH_Y), (0.2, -0.615), (0.34, MOUTH_Y)],
        ]
        for line in lips:
            axis.plot(*(curve(line) * flip).T, color="#9a8077", linewidth=1.1, zorder=6, solid_capstyle="round")


def _fill(axis: Axes, points: Array, colour: str, edge: str = "none", width: float = 1.0) -> None:
    zorder = 1 if colour in (SKIN, SHADE) else 6
    axis.add_patch(
        PathPatch(Outline(points, closed=False), facecolor=colour, edgecolor=edge, linewidth=width, zorder=zorder)
    )


def _rounded(points: Array, steps: int = 12) -> Array:
    """A closed smooth curve through points: Catmull-Rom pieces."""
    before, after, last = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0), np.roll(points, -2, axis=0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    pieces = 0.5 * (
        2 * points
        + (after - before) * t
        + (2 * before - 5 * points + 4 * after - last) * t**2
        + (3 * points - before - 3 * after + last) * t**3
    )
    closed: Array = pieces.transpose(1, 0, 2).reshape(-1, 2)
    return np.vstack([closed, closed[:1]])
