"""Hair and beard."""

import numpy as np

from mien.data.synthetic.curves import Array, Colour, Shape, ellipse, mix, ribbon, shade, smooth
from mien.data.synthetic.draw_mouth import Lips
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.muscles import SIDES

Point = tuple[float, float]
_LOCK_WIDTH = np.linspace(0.012, 0.028, 9)


def _mirrored(right: list[Point]) -> Array:
    """(2 N, 2): an outline from the points of its right half, which run from the top to the bottom middle."""
    return np.array([*right, *((-x, y) for x, y in reversed(right))])


def curtain(identity: Identity) -> Shape:
    """Hair (or cloth) that falls behind the face."""
    end = 0.78 if identity.hair_style == "bob" else 1.75
    width = 0.86 + identity.hair_volume * (0.3 if identity.hair_style == "scarf" else 1.2)
    right = [(0.2, -1.22), (0.55, -1.08), (0.8, -0.65), (width, 0.0), (width + 0.02, 0.6 * end)]
    outline = _mirrored([*right, (width - 0.12, end), (0.4, end + 0.02)])
    return Shape(smooth(outline), shade(identity.hair, 0.82), z=-0.25)


def curls(identity: Identity) -> list[Shape]:
    """A crown of round locks."""
    reach, radius = 0.80 + 0.6 * identity.hair_volume, 0.17 + identity.hair_volume
    shapes = []
    for i, angle in enumerate(np.linspace(np.pi * 0.98, 2.02 * np.pi, 13)):
        x, y = float(reach * np.cos(angle)), float(-0.36 + 0.80 * np.sin(angle))
        shapes.append(Shape(ellipse(x, y, radius, radius), shade(identity.hair, 0.9 + 0.2 * (i % 2)), z=-0.1))
    return shapes


def front_hair(identity: Identity) -> list[Shape]:
    """Hair over the forehead and the sides of the face, on the face's surface."""
    style, top = identity.hair_style, identity.hairline
    if style == "fringe":
        return _fringe(identity)
    if style == "swept":
        return _swept(identity)
    if style in ("long", "bob"):
        return [*_swept(identity), *_sides(identity)]
    if style in ("short", "crop", "bun"):
        ends = (-0.45, -0.2, 0.1, 0.35)
        return [_lock(identity.hair, (0.5 * x, top - 0.24), (x, top + 0.2 * x * x - 0.02)) for x in ends]
    return []


def _fringe(identity: Identity) -> list[Shape]:
    top, low = identity.hairline, identity.brow_y - 0.15
    outline = _mirrored([(0.0, top - 0.22), (0.5, top - 0.1), (0.66, top + 0.36), (0.5, low + 0.03), (0.25, low)])
    locks = [_lock(identity.hair, (x, top - 0.1), (1.06 * x, low - 0.03)) for x in (-0.38, -0.13, 0.12, 0.37)]
    return [Shape(outline, identity.hair, z=0.05), *locks]


def _swept(identity: Identity) -> list[Shape]:
    top, side = identity.hairline, identity.parting
    outline = [(0.30, top - 0.1), (0.30, top + 0.02), (0.1, top + 0.12), (-0.42, top + 0.30), (-0.68, top + 0.52)]
    outline += [(-0.71, top + 0.2), (-0.45, top - 0.12)]
    ends = ((-0.40, top + 0.16), (-0.55, top + 0.3))
    locks = [_lock(identity.hair, (side * 0.18, top - 0.02), (side * x, y)) for x, y in ends]
    return [Shape(smooth(np.array(outline) * (side, 1)), identity.hair, z=0.05), *locks]


def _lock(hair: Colour, start: Point, end: Point) -> Shape:
    """One strand, a little lighter than the hair."""
    middle = ((start[0] + end[0]) / 2 + 0.02, (start[1] + end[1]) / 2 - 0.02)
    line = smooth([start, middle, end], closed=False)
    return Shape(ribbon(line, _LOCK_WIDTH), mix(hair, (255, 235, 205), 0.13), z=0.06)


def _sides(identity: Identity) -> list[Shape]:
    """Hair that falls over the cheeks' edges."""
    end = 0.75 if identity.hair_style == "bob" else 1.25
    inner, outer = identity.cheek - 0.10, 0.84 + identity.hair_volume
    line = [(0.45, -0.82), (inner - 0.03, -0.42), (inner, 0.1), (inner + 0.02, 0.55), (inner - 0.02, end)]
    line += [(outer, end), (outer, 0.0), (0.70, -0.75)]
    return [Shape(smooth(np.array(line) * (sign, 1)), identity.hair) for _, sign in SIDES]


def beard(identity: Identity, chin_y: float, jaw: float, mouth: Lips) -> list[Shape]:
    """Stubble, moustache, goatee or full beard as soft patches of the skin, moving with lips and jaw.

    Args:
        identity: the person.
        chin_y: where the chin is now, with the jaw dropped by ``jaw``.
        jaw: in face units.
        mouth: where the lips are now.
    """
    style = identity.beard
    if style == "none":
        return []
    colour = mix(identity.skin, identity.hair, 0.36 if style == "stubble" else 0.80)
    shapes = [] if style == "goatee" else [Shape(_moustache(mouth), colour, z=0.03)]
    under = float(mouth.lower_outer.max())
    if style == "goatee":
        tuft = _mirrored([(0.06, under + 0.05), (0.2, under + 0.1), (0.2, chin_y + 0.02), (0.05, chin_y + 0.06)])
        shapes.append(Shape(smooth(tuft), colour))
    if style in ("stubble", "full"):
        half, drop = float(mouth.x[-1]), 0.5 * jaw
        inner = [(0.16, under + 0.10), (half + 0.04, 0.60 + drop), (half + 0.10, 0.44 + drop), (0.56, 0.40)]
        outer = [(0.64, 0.12), (0.78, 0.0), (0.80, 0.5), (0.6, 0.85 + jaw), (0.25, chin_y + 0.1)]
        shapes.append(Shape(_mirrored([*inner, *outer]), colour))
    return shapes


def _moustache(mouth: Lips) -> Array:
    lip, half = float(mouth.upper_outer[len(mouth.x) // 2]), float(mouth.x[-1])
    left, right = float(mouth.upper_inner[0]) + 0.03, float(mouth.upper_inner[-1]) + 0.03
    over = [(-half - 0.04, left), (-half * 0.6, lip - 0.06), (0, lip - 0.09), (half * 0.6, lip - 0.06)]
    under = [(half + 0.04, right), (half * 0.5, lip + 0.04), (0, lip + 0.02), (-half * 0.5, lip + 0.04)]
    return smooth([*over, *under])
