"""The head around the features: skull, outline of the face, ears, neck."""

from typing import NamedTuple

import numpy as np

from mien.data.synthetic.curves import Array, Shape, ellipse, ellipses, shade, smooth
from mien.data.synthetic.draw_hair import curls, curtain
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.muscles import SIDES

_FRONT = np.linspace(0, np.pi, 13)
_FRONT_COS, _FRONT_SIN = np.cos(_FRONT), np.sin(_FRONT)
_ROUND = np.linspace(0, 2 * np.pi, 20, endpoint=False)
_SKULL_Y = np.array([-1.18, -1.14, -1.06, -0.93, -0.75, -0.5, -0.25, -0.05])
_SKULL_W = np.array([0.17, 0.34, 0.50, 0.64, 0.745, 0.79, 0.79, 0.74])


def chin_y(identity: Identity, jaw: float) -> float:
    """Where the chin is with the jaw dropped."""
    return identity.chin_y + jaw


class Outline(NamedTuple):
    """Points around the front of a face, whose hull is its silhouette from any side.

    Attributes:
        rest: (N, 3) with the mouth closed.
        follows: (N,) how far each point follows the jaw: the chin all the way, the cheeks hardly.
        highest: (N,) no point lies above this, the line of the hair.
    """

    rest: Array
    follows: Array
    highest: Array

    def at(self, jaw: float) -> Array:
        """(N, 3): the points with the jaw dropped by ``jaw``."""
        moved = self.rest.copy()
        moved[:, 1] = np.maximum(self.rest[:, 1] + jaw * self.follows, self.highest)
        return moved


def face_outline(identity: Identity) -> Outline:
    """Rings over the front of the face."""
    chin = identity.chin_y
    y = np.array([-0.95, -0.75, -0.5, -0.2, 0.1, 0.4, 0.62 * chin + 0.02, 0.8 * chin, 0.93 * chin, chin])
    temple, cheek, low, tip = identity.temple, identity.cheek, identity.jaw, identity.chin
    lower = (0.5 * (cheek + low) + 0.05, low, 0.55 * low + 0.45 * tip + 0.03, tip + 0.04, 0.6 * tip)
    widths = np.array((0.50, 0.60, temple, cheek, 0.99 * cheek, *lower))
    front = 0.74 - 0.12 * y**2
    ring = np.empty((len(y), len(_FRONT), 3))
    ring[..., 0] = widths[:, None] * _FRONT_COS
    ring[..., 1] = y[:, None]
    ring[..., 2] = front[:, None] * _FRONT_SIN
    rest = ring.reshape(-1, 3)
    follows = np.clip((rest[:, 1] - 0.15) / 0.70, 0, 1) ** 1.3
    hairy = identity.hair_style not in ("bald", "ring")
    highest = identity.hairline + 0.42 * (rest[:, 0] / 0.68) ** 2 if hairy else np.full(len(rest), -np.inf)
    return Outline(rest, follows, highest)


def _skull(volume: float) -> Array:
    """(N, 3): rings around the skull, swollen by ``volume``."""
    y = _SKULL_Y - volume * np.linspace(1.0, 0.0, len(_SKULL_Y))
    width = _SKULL_W + volume * 0.6
    ring = np.empty((len(y), len(_ROUND), 3))
    ring[..., 0] = width[:, None] * np.cos(_ROUND)
    ring[..., 1] = y[:, None]
    ring[..., 2] = width[:, None] * 0.98 * np.sin(_ROUND) - 0.04
    return ring.reshape(-1, 3)


def behind(identity: Identity) -> list[Shape]:
    """What lies behind the face, from back to front: long hair, neck, clothes, skull, ears."""
    style, hair = identity.hair_style, identity.hair
    shapes = []
    if style in ("long", "bob", "scarf"):
        shapes.append(curtain(identity))
    neck = np.array([(-0.40, 0.4), (0.40, 0.4), (0.43, 1.15), (0.62, 1.9), (-0.62, 1.9), (-0.43, 1.15)])
    shapes.append(Shape(neck, shade(identity.skin, 0.72), z=-0.05))
    collar = [(-1.6, 2.6), (-1.25, 1.42), (-0.55, 1.22), (0.0, 1.42), (0.55, 1.22), (1.25, 1.42), (1.6, 2.6)]
    shapes.append(Shape(smooth(collar), identity.clothes, z=-0.2))
    if style == "bun":
        shapes.append(Shape(ellipse(0.0, -1.30, 0.30, 0.26), shade(hair, 0.92), z=-0.3))
    if style == "curly":
        shapes += curls(identity)
    volume = 0.0 if style in ("bald", "ring") else identity.hair_volume
    shapes.append(Shape(_skull(volume), identity.skin if style == "bald" else hair, hull=True))
    if style not in ("long", "bob", "scarf"):
        shapes += _ears(identity)
    return shapes


def _ears(identity: Identity) -> list[Shape]:
    shapes = []
    for _, sign in SIDES:
        x = sign * (identity.cheek + 0.02)
        shapes.append(Shape(ellipse(x, 0.0, 0.10, identity.ear), shade(identity.skin, 0.94), z=-0.05))
        shapes.append(
            Shape(ellipse(x + sign * 0.015, 0.0, 0.05, 0.6 * identity.ear), shade(identity.skin, 0.74), z=-0.04)
        )
    return shapes


def freckles(identity: Identity) -> list[Shape]:
    """Small spots over nose and cheeks, placed by golden steps so that no chance is needed."""
    if not identity.freckles:
        return []
    places = ((0.55 * (2 * (i * 0.618 % 1) - 1), 0.08 + 0.2 * (i * 0.381 % 1)) for i in range(identity.freckles))
    return [Shape(ellipses([(x, y, 0.016, 0.014) for x, y in places]), shade(identity.skin, 0.78))]
