"""Eyes, lids, brows and glasses."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mien.data.synthetic.curves import Array, Shape, between, ellipse, mix, ribbon, ribbons, shade, smooth
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.muscles import SIDES, Activation
from mien.data.synthetic.pose import View

_T = np.linspace(-1, 1, 13)  # along an eye, from the inner to the outer corner
_UPPER = np.clip(1 - np.abs(_T) ** 2.3, 0, 1) ** 0.8
_LOWER = np.clip(1 - _T**2, 0, 1) ** 0.8
_RIMS = np.stack((np.full(len(_T), 0.012), 0.012 + 0.022 * np.clip(_T + 1, 0, 1)))  # widths of lower and upper
_BROW_WIDTH = np.interp(np.linspace(0, 1, 17), (0, 0.15, 0.45, 0.75, 1), (0.55, 1, 0.95, 0.7, 0.12))


class Lids(NamedTuple):
    """Lines of one eye's lids: x (N,) from the inner to the outer corner, and the y of either lid."""

    x: Array
    upper: Array
    lower: Array


def lids(identity: Identity, act: Activation, side: int, sign: float) -> Lids:
    """AU05 lifts the upper lid, AU07 and AU06 press the lower one up, AU43 closes the eye."""
    wide, tight = act["AU05"][side], act["AU07"][side]
    cheek, nose, shut = act["AU06"][side], act["AU09"][side], act["AU43"][side]
    up = identity.lid_up * (1 + 0.95 * wide - 0.42 * tight - 0.10 * cheek - 0.18 * nose)
    low = identity.lid_low * (1 + 0.15 * wide - 0.95 * tight - 0.75 * cheek - 0.35 * nose)
    middle = identity.eye_y - identity.eye_tilt * _T
    lower = middle + low * _LOWER
    upper = middle - up * _UPPER
    upper = upper + (lower + 0.015 - upper) * shut
    return Lids(sign * (identity.eye_x + identity.eye_half * _T), np.minimum(upper, lower + 0.02), lower)


def _disc(opening: Lids, x: float, y: float, radius: float) -> Array:
    """A disc cut by the lids."""
    disc = ellipse(x, y, radius, radius)
    step = 1 if opening.x[0] < opening.x[-1] else -1  # interpolation wants x from left to right
    top = np.interp(disc[:, 0], opening.x[::step], opening.upper[::step])
    bottom = np.interp(disc[:, 0], opening.x[::step], opening.lower[::step])
    disc[:, 1] = np.minimum(np.maximum(disc[:, 1], top), bottom)
    return disc


def eyes(identity: Identity, act: Activation, view: View) -> list[Shape]:
    """White, iris, pupil, glint, lashes and the fold of the upper lid, for both eyes."""
    return [shape for side, sign in SIDES for shape in _eye(identity, act, view, side, sign)]


def _eye(identity: Identity, act: Activation, view: View, side: int, sign: float) -> list[Shape]:
    opening = lids(identity, act, side, sign)
    shut = act["AU43"][side]
    dark = mix(shade(identity.skin, 0.30), (22, 14, 12), 0.55)
    shapes = [_lid_skin(identity, act, opening, side)]
    if shut < 0.97:
        white = between(opening.x, opening.upper, opening.lower)
        x = sign * identity.eye_x + view.gaze_x * identity.iris_radius
        y = identity.eye_y - 0.012 + view.gaze_y * identity.iris_radius
        radius = identity.iris_radius
        shapes += [
            Shape(white, mix((244, 242, 240), identity.skin, 0.08)),
            Shape(_disc(opening, x, y, radius), shade(identity.iris, 0.6)),
            Shape(_disc(opening, x, y, 0.78 * radius), shade(identity.iris, 1.25)),
            Shape(_disc(opening, x, y, 0.45 * radius), (12, 10, 10)),
            Shape(_disc(opening, x + 0.3 * radius, y - 0.35 * radius, 0.2 * radius), (250, 250, 250)),
        ]
    rims = np.empty((2, len(_T), 2))
    rims[..., 0], rims[0, :, 1], rims[1, :, 1] = opening.x, opening.lower, opening.upper
    lower, upper = ribbons(rims, _RIMS)
    return [*shapes, Shape(lower, shade(identity.skin, 0.62)), Shape(upper, dark)]


def _lid_skin(identity: Identity, act: Activation, opening: Lids, side: int) -> Shape:
    """The skin of the upper lid from its fold to the lashes; a closed eye shows all of it, a wide one none."""
    rise = identity.lid_up * (1.0 + 0.25 * identity.crease + 0.3 * act["AU05"][side])
    fold = identity.eye_y - 0.02 - rise * _UPPER * 1.12 + 0.02 * act["AU04"][side]
    outline = between(opening.x, np.minimum(fold, opening.upper), opening.upper)
    return Shape(outline, shade(identity.skin, 0.80 - 0.08 * identity.crease))


def brows(identity: Identity, act: Activation) -> list[Shape]:
    """AU01 lifts the inner end, AU02 the outer end, AU04 lowers and knits, AU09 pulls the inner end down."""
    return [_brow(identity, act, side, sign) for side, sign in SIDES]


def brow_line(identity: Identity, act: Activation, side: int, sign: float) -> Array:
    """(5, 2): the middle line of one brow from its inner to its outer end."""
    inner, outer, low = act["AU01"][side], act["AU02"][side], act["AU04"][side]
    nose, squint = act["AU09"][side], act["AU06"][side]
    along = np.array([-1.0, -0.5, 0.1, 0.6, 1.0])
    arch = np.array([0.30, -0.45, -1.0, -0.75, 0.35]) * identity.brow_arch
    y = identity.brow_y + arch - identity.brow_tilt * along
    y = y - inner * np.array([0.185, 0.12, 0.055, 0.015, 0.0])
    y = y - outer * np.array([0.0, 0.06, 0.135, 0.155, 0.10])
    # against AU01 the corrugator mostly knits: inner ends up and together, as in sadness and fear
    y = y + low * (1 - 0.6 * inner) * np.array([0.115, 0.10, 0.07, 0.045, 0.025])
    y = y + nose * np.array([0.055, 0.04, 0.02, 0.0, 0.0]) + squint * np.array([0.0, 0.0, 0.01, 0.02, 0.025])
    x = identity.eye_x + 0.03 + along * identity.brow_half + identity.brow_gap
    x = x - low * np.array([0.075, 0.055, 0.03, 0.01, 0.0])
    return np.column_stack((sign * x, y))


def _brow(identity: Identity, act: Activation, side: int, sign: float) -> Shape:
    line = smooth(brow_line(identity, act, side, sign), closed=False)
    return Shape(ribbon(line, identity.brow_thick * _BROW_WIDTH), identity.brow_colour, z=0.02)


@lru_cache(maxsize=256)
def glasses(identity: Identity) -> tuple[Shape, ...]:
    """Rims, bridge and temples, a little before the face."""
    if not identity.glasses:
        return ()
    shapes = []
    power = 2 / identity.glasses_round
    angle = np.linspace(0, 2 * np.pi, 25)
    across = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / power)
    down = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / power)
    for _, sign in SIDES:
        lens = np.column_stack((sign * identity.eye_x + 0.245 * across, identity.eye_y + 0.02 + 0.19 * down))
        arm = np.array([[sign * (identity.eye_x + 0.245), identity.eye_y - 0.03], [sign * 0.74, identity.eye_y - 0.05]])
        shapes.append(Shape(ribbon(lens, 0.030), identity.glasses_colour, z=0.08))
        shapes.append(Shape(ribbon(arm, 0.028), identity.glasses_colour, z=0.04))
    gap = identity.eye_x - 0.245
    bridge = smooth([(-gap, identity.eye_y), (0, identity.eye_y - 0.04), (gap, identity.eye_y)], closed=False)
    return (*shapes, Shape(ribbon(bridge, 0.03), identity.glasses_colour, z=0.12))
