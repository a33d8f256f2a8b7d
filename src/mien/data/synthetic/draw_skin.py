"""Skin: soft light and shade, nose, and the furrows that action units and age make."""

from collections.abc import Iterable, Sequence

import numpy as np

from mien.data.synthetic.curves import (
    TAPER,
    Array,
    Colour,
    Shape,
    arcs,
    between,
    bounded,
    ellipses,
    mix,
    ribbons,
    shade,
    smooth,
)
from mien.data.synthetic.draw_eyes import Lids
from mien.data.synthetic.draw_mouth import Lips
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.muscles import SIDES, Activation

Point = tuple[float, float]
Furrow = tuple[Point, Point, Point, float]  # three control points of an arc and its strength, 0-1
Spot = tuple[tuple[float, float, float, float], Colour, float]  # an ellipse, its colour and its z
_WING = np.linspace(0.008, 0.026, 13)  # width of a nostril's wing along its curve
_WING_X, _WING_Y = smooth([(0.78, -0.10), (1.0, -0.03), (0.92, 0.045), (0.62, 0.06)], closed=False).T
_TIP_X, _TIP_Y = smooth([(-0.5, 0.055), (0.0, 0.085), (0.5, 0.055)], closed=False).T
_SIGNS = np.array([[sign] for _, sign in SIDES])
_SHOWN = 0.04  # furrows weaker than this are left out


def furrow_shapes(identity: Identity, furrows: Iterable[Furrow]) -> list[Shape]:
    """Dark tapering lines, deeper and wider with their strength."""
    kept = [f for f in furrows if f[3] > _SHOWN]
    if not kept:
        return []
    strengths = np.array([min(f[3], 1.0) for f in kept])
    lines = arcs(np.array([f[:3] for f in kept], dtype=np.float64))
    polygons = ribbons(lines, _widths(lines, strengths))
    # on dark skin a furrow must be nearly black to stand out as it does on light skin
    dark = shade(mix(identity.skin, (70, 24, 20), 0.2), bounded(max(identity.skin) / 450, 0.12, 0.45))
    return [
        Shape(polygon, mix(identity.skin, dark, 0.15 + 0.65 * float(strength)), z=0.01)
        for polygon, strength in zip(polygons, strengths, strict=True)
    ]


def _widths(lines: Array, strengths: Array) -> Array:
    """(K, 7): stronger furrows are wider, but a short one stays a line."""
    reach = lines[:, -1] - lines[:, 0]
    length = np.hypot(reach[:, 0], reach[:, 1])
    widths: Array = np.minimum(0.010 + 0.026 * strengths, 0.006 + 0.16 * length)[:, None] * TAPER
    return widths


def upper_furrows(identity: Identity, act: Activation, brows: Array, eyes: Lids) -> list[Furrow]:
    """Forehead (AU01, AU02), between the brows (AU04), nose root (AU09), outside and under the eye (AU06, AU07)."""
    brow_points: list[list[Point]] = brows.tolist()
    lowest = eyes.lower.max(axis=1).tolist()
    furrows: list[Furrow] = []
    rest = 0.55 * identity.forehead_lines
    centre = rest + act.both("AU01")
    raised = (brow_points[0][0][1] + brow_points[0][1][1]) / 2
    for step in (0.10, 0.19):
        y = min(identity.brow_y, raised) - step
        furrows.append(((-0.21, y + 0.02), (0.0, y - 0.05 + 0.02 * rest), (0.21, y + 0.02), centre))
    for side, sign in SIDES:
        furrows += _brow_furrows(identity, act, side, sign, brow_points[side])
        furrows += _eye_furrows(identity, act, side, sign, lowest[side])
    return furrows


def _brow_furrows(identity: Identity, act: Activation, side: int, sign: float, brow: list[Point]) -> list[Furrow]:
    outer, low, nose = act["AU02"][side], act["AU04"][side], act["AU09"][side]
    inner_x, inner_y = brow[0]
    top = min(brow[2][1], brow[3][1])
    raised = 0.275 * identity.forehead_lines + 0.9 * outer
    furrows: list[Furrow] = []
    for step in (0.08, 0.15):
        y = top - step
        furrows.append(((sign * 0.27, y + 0.02), (sign * 0.42, y - 0.04), (sign * 0.55, y + 0.06), raised))
    x = 0.45 * inner_x
    frown = identity.frown_lines * 0.6 + low
    furrows.append(((x, inner_y - 0.09), (x * 1.3, inner_y + 0.02), (x * 0.9, inner_y + 0.12), frown))
    for step in range(3):  # bunny lines across the side of the nose
        y = identity.eye_y + 0.06 + 0.075 * step
        furrows.append(((sign * 0.025, y), (sign * 0.08, y - 0.035), (sign * 0.15, y + 0.03), nose))
    if side == 0:
        y = identity.eye_y - 0.05
        furrows.append(((-0.09, y + 0.01), (0.0, y - 0.03), (0.09, y + 0.01), 0.9 * act.both("AU09")))
    return furrows


def _eye_furrows(identity: Identity, act: Activation, side: int, sign: float, low: float) -> list[Furrow]:
    cheek, tight = act["AU06"][side], act["AU07"][side]
    x, y = identity.eye_x + identity.eye_half, identity.eye_y - identity.eye_tilt
    crow = 0.6 * identity.crow_lines + cheek
    furrows: list[Furrow] = [
        ((sign * (x + 0.03), y + dy * 0.3), (sign * (x + 0.08), y + dy * 0.7), (sign * (x + 0.15), y + dy), crow)
        for dy in (-0.09, 0.0, 0.09)
    ]
    bag = 0.5 * identity.eye_bags
    a, b = sign * (identity.eye_x - 0.15), sign * (identity.eye_x + 0.17)
    mid = sign * identity.eye_x
    furrows.append(((a, low + 0.0), (mid, low + 0.075), (b, low - 0.01), 0.8 * tight + 0.4 * cheek))
    furrows.append(((a, low + 0.07), (mid, low + 0.16), (b, low + 0.05), bag + 0.75 * cheek))
    return furrows


def lower_furrows(identity: Identity, act: Activation, mouth: Lips) -> list[Furrow]:
    """Around nose and mouth: AU10, AU12, AU14, AU15, AU16, AU17, AU18, AU20, AU23, AU24, AU27."""
    furrows: list[Furrow] = []
    for side, sign in SIDES:
        furrows += _cheek_furrows(identity, act, mouth, side, sign)
    under = float(mouth.lower_outer.max())
    chin, lower = act.both("AU17"), act.both("AU16")
    furrows.append(((-0.15, under + 0.06), (0, under + 0.03 - 0.04 * chin), (0.15, under + 0.06), 0.2 + 0.7 * chin))
    furrows.append(((-0.22, under + 0.03), (0, under + 0.09), (0.22, under + 0.03), 0.9 * lower))
    for dx, dy in ((-0.10, 0.13), (-0.04, 0.17), (0.03, 0.14), (0.10, 0.16), (-0.02, 0.11), (0.06, 0.20)):
        furrows.append(((dx, under + dy), (dx + 0.015, under + dy + 0.02), (dx + 0.035, under + dy + 0.01), chin))
    furrows += _lip_furrows(act, mouth)
    return furrows


def _cheek_furrows(identity: Identity, act: Activation, mouth: Lips, side: int, sign: float) -> list[Furrow]:
    smile, sneer, nose = act["AU12"][side], act["AU10"][side], act["AU09"][side]
    dimple, droop, stretch = act["AU14"][side], act["AU15"][side], act["AU20"][side]
    wide, drop = act["AU27"][side], act.jaw
    end = 0 if sign < 0 else -1
    x, y = abs(float(mouth.x[end])), float(mouth.upper_inner[end])
    wing = identity.nose_half + 0.03, identity.nose_y - 0.05 - 0.05 * nose
    fold = 0.65 * identity.folds + 0.08 + 0.75 * smile + 0.85 * sneer + 0.45 * nose + 0.5 * wide
    top = (sign * wing[0], wing[1])
    bow = (sign * (x + 0.06 + 0.10 * smile + 0.05 * sneer), (wing[1] + y) / 2 - 0.04 - 0.07 * sneer)
    bottom = (sign * (x + 0.07 + 0.02 * smile), y + 0.03 + 0.3 * drop)
    furrows: list[Furrow] = [
        (top, bow, bottom, fold),
        ((sign * (x + 0.03), y - 0.08), (sign * (x + 0.115), y - 0.01), (sign * (x + 0.035), y + 0.085), 1.1 * dimple),
        ((sign * (x - 0.005), y - 0.02), (sign * (x + 0.03), y + 0.0), (sign * (x + 0.06), y + 0.02), 0.9 * dimple),
        ((sign * (x - 0.02), y + 0.02), (sign * (x + 0.045), y + 0.08), (sign * (x + 0.03), y + 0.19), 0.75 * droop),
    ]
    for dy in (-0.05, 0.03, 0.11):
        furrows.append(
            (
                (sign * (x + 0.05), y + dy),
                (sign * (x + 0.10), y + dy + 0.04),
                (sign * (x + 0.09), y + dy + 0.11),
                0.6 * stretch,
            )
        )
    furrows.append(
        ((sign * (x + 0.17), y - 0.20), (sign * (x + 0.22), y + 0.1), (sign * (x + 0.13), y + 0.36), 0.6 * wide)
    )
    return furrows


def _lip_furrows(act: Activation, mouth: Lips) -> list[Furrow]:
    pucker, tight, press = act.both("AU18"), act.both("AU23"), act.both("AU24")
    furrows: list[Furrow] = []
    top, under = float(mouth.upper_outer.min()), float(mouth.lower_outer.max())
    for share in (-0.75, -0.4, 0.4, 0.75):
        x = share * float(mouth.x[-1])
        lean = x * 1.25
        strength = max(0.8 * pucker, 0.85 * tight)
        furrows.append(((x, top + 0.005), (x, top - 0.04), (lean, top - 0.08), strength))
        furrows.append(((x, under + 0.0), (x, under + 0.035), (lean, under + 0.07), 0.8 * strength))
    half = 0.9 * float(mouth.x[-1])
    furrows.append(((-half, top - 0.035), (0, top - 0.075), (half, top - 0.035), 0.5 * press))
    furrows.append(((-half, under + 0.03), (0, under + 0.085), (half, under + 0.03), 0.6 * press))
    return furrows


def nose(identity: Identity, act: Activation) -> list[Shape]:
    """Ridge shadow, wings, tip and nostrils; AU09 lifts and widens the wings."""
    lift = 0.075 * act.both("AU09") + 0.02 * act.both("AU10")
    half = identity.nose_half * (1 + 0.20 * act.both("AU09") + 0.06 * act.both("AU12") + 0.05 * act.both("AU10"))
    y = identity.nose_y - lift
    wings = np.empty((2, len(_WING), 2))
    wings[..., 0], wings[..., 1] = _SIGNS * (half * _WING_X), y + _WING_Y
    nostril = (y + 0.05, 0.27 * half, 0.022 + 0.008 * act.both("AU09"))
    tip = between(half * _TIP_X, y + _TIP_Y - 0.008, y + _TIP_Y + 0.008)
    return [
        Shape(ribbons(wings, _WING), shade(identity.skin, 0.66), z=0.08),
        Shape(ellipses([(sign * half * 0.48, *nostril) for _, sign in SIDES]), shade(identity.skin, 0.30), z=0.12),
        Shape(tip, shade(identity.skin, 0.55), z=0.6 * identity.nose_length),
    ]


def nose_tip(identity: Identity, act: Activation) -> tuple[float, float, float]:
    """The tip of the nose, its z above the face's surface."""
    lift = 0.075 * act.both("AU09") + 0.02 * act.both("AU10")
    return 0.0, identity.nose_y - lift, identity.nose_length


def soft_shapes(identity: Identity, act: Activation, mouth: Lips, light_x: float) -> list[Shape]:
    """Large soft patches, blurred afterwards: sockets, nose, cheeks, philtrum, chin."""
    skin, y, length = identity.skin, identity.nose_y, identity.nose_length
    top, middle = identity.eye_y - 0.06, identity.eye_y
    sockets = ellipses([(sign * identity.eye_x, identity.eye_y - 0.05, 0.22, 0.17) for _, sign in SIDES])
    shapes = [Shape(sockets, shade(skin, 0.86)), *_round(_cheeks(identity, act))]
    for _, sign in SIDES:
        bridge = np.array([(sign * 0.04, top), (sign * 0.09, middle), (sign * 0.14, y), (sign * 0.05, y)])
        shapes.append(Shape(bridge, shade(skin, 0.80 if sign * light_x < 0 else 0.94), z=0.08))
    ridge = np.array([(-0.035, middle), (0.035, middle), (0.06, y - 0.02), (-0.06, y - 0.02)])
    shapes.append(Shape(ridge, shade(skin, 1.12), z=0.7 * length))
    under, boss = float(mouth.lower_outer.max()), 0.84 + act.jaw - 0.05 * act.both("AU17")
    spots: list[Spot] = [
        ((0.0, y - 0.01, 0.085, 0.07), shade(skin, 1.08), 0.8 * length),
        ((0.0, y + 0.10, 0.16, 0.05), shade(skin, 0.80), 0.03),
        ((0.0, under + 0.05, 0.17, 0.04), shade(skin, 0.76 - 0.12 * act.both("AU24")), 0.0),
        ((0.0, boss, 0.15, 0.09), shade(skin, 1.06 + 0.06 * act.both("AU17")), 0.0),
    ]
    return [*shapes, *_round(spots)]


def _cheeks(identity: Identity, act: Activation) -> list[Spot]:
    """The balls of the cheeks, lifted by AU06 and AU12, and the shade under them."""
    skin = identity.skin
    warm = mix(skin, (206, 80, 70), 0.16)
    spots: list[Spot] = []
    for side, sign in SIDES:
        cheek = max(act["AU06"][side], 0.7 * act["AU12"][side])
        y = 0.19 - 0.09 * cheek
        spots.append(((sign * 0.43, y, 0.17, 0.13), mix(warm, shade(skin, 1.18), 0.15 + 0.6 * cheek), 0.0))
        if cheek > 0.1:
            spots.append(((sign * 0.44, y + 0.17, 0.16, 0.035), shade(skin, 1 - 0.22 * cheek), 0.0))
    return spots


def _round(spots: Sequence[Spot]) -> list[Shape]:
    rings = ellipses([place for place, _, _ in spots])
    return [Shape(ring, colour, z) for ring, (_, colour, z) in zip(rings, spots, strict=True)]
