"""Eyes, lids, brows and glasses."""

from typing import NamedTuple

import numpy as np

from mien.data.synthetic.curves import Array, Shape, between, ellipses, mix, ribbon, ribbons, shade, smooth
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.muscles import SIDES, Activation
from mien.data.synthetic.pose import View

_T = np.linspace(-1, 1, 13)  # along an eye, from the inner to the outer corner
_UPPER = np.clip(1 - np.abs(_T) ** 2.3, 0, 1) ** 0.8
_LOWER = np.clip(1 - _T**2, 0, 1) ** 0.8
_LASHES = 0.012 + 0.022 * np.clip(_T + 1, 0, 1)
_RIMS = np.repeat((np.full_like(_T, 0.012), _LASHES), 2, axis=0)  # widths of two lower and two upper rims
# (4, 1, 16, 2): outer and inner iris, pupil and glint in iris radii
_DISCS = ellipses([(0, 0, 1, 1), (0, 0, 0.78, 0.78), (0, 0, 0.45, 0.45), (0.3, -0.35, 0.2, 0.2)])[:, None]
_SIGNS = np.array([[sign] for _, sign in SIDES])
_BROW_ALONG = np.array([-1.0, -0.5, 0.1, 0.6, 1.0])
_BROW_ARCH = np.array([0.30, -0.45, -1.0, -0.75, 0.35])
_BROW_KNIT = np.array([0.075, 0.055, 0.03, 0.01, 0.0])
_BROW_MOVES = np.array(
    [
        [-0.185, -0.12, -0.055, -0.015, 0.0],  # AU01
        [0.0, -0.06, -0.135, -0.155, -0.10],  # AU02
        [0.115, 0.10, 0.07, 0.045, 0.025],  # AU04
        [0.055, 0.04, 0.02, 0.0, 0.0],  # AU09
        [0.0, 0.0, 0.01, 0.02, 0.025],  # AU06
    ]
)
_BROW_WIDTH = np.interp(np.linspace(0, 1, 17), (0, 0.15, 0.45, 0.75, 1), (0.55, 1, 0.95, 0.7, 0.12))


class Lids(NamedTuple):
    """Lines of both eyes' lids, first index the side: x (2, N) from the inner to the outer corner, y of either lid."""

    x: Array
    upper: Array
    lower: Array


def lids(identity: Identity, act: Activation) -> Lids:
    """AU05 lifts the upper lid, AU07 and AU06 press the lower one up, AU43 closes the eye."""
    up, low, shut = np.array([_opened(identity, act, side) for side, _ in SIDES]).T[..., None]
    middle = identity.eye_y - identity.eye_tilt * _T
    lower = middle + low * _LOWER
    upper = middle - up * _UPPER
    upper += (lower + 0.015 - upper) * shut
    return Lids(_SIGNS * (identity.eye_x + identity.eye_half * _T), np.minimum(upper, lower + 0.02), lower)


def _opened(identity: Identity, act: Activation, side: int) -> tuple[float, float, float]:
    """How far the upper and the lower lid of one side are from the eye's middle line, and how closed it is (0-1)."""
    wide, tight = act["AU05"][side], act["AU07"][side]
    cheek, nose, shut = act["AU06"][side], act["AU09"][side], act["AU43"][side]
    up = identity.lid_up * (1 + 0.95 * wide - 0.42 * tight - 0.10 * cheek - 0.18 * nose)
    low = identity.lid_low * (1 + 0.15 * wide - 0.95 * tight - 0.75 * cheek - 0.35 * nose)
    return up, low, shut


def _discs(identity: Identity, opening: Lids, view: View) -> Array:
    """(4, 2, 16, 2): the discs of both eyes, cut by the lids."""
    middle = np.array([[[sign * identity.eye_x, identity.eye_y - 0.012]] for _, sign in SIDES])
    gaze = np.array((view.gaze_x, view.gaze_y))
    discs: Array = identity.iris_radius * (_DISCS + gaze) + middle
    for side, sign in SIDES:
        along = (sign * discs[:, side, :, 0] - identity.eye_x) / identity.eye_half
        top, bottom = np.interp(along, _T, opening.upper[side]), np.interp(along, _T, opening.lower[side])
        discs[:, side, :, 1] = np.minimum(np.maximum(discs[:, side, :, 1], top), bottom)
    return discs


def eyes(identity: Identity, act: Activation, view: View, opening: Lids) -> list[Shape]:
    """White, iris, pupil, glint, lashes and the fold of the upper lid, for both eyes."""
    dark = mix(shade(identity.skin, 0.30), (22, 14, 12), 0.55)
    rims = np.empty((4, len(_T), 2))
    rims[:2, :, 1], rims[2:, :, 1] = opening.lower, opening.upper
    rims[:2, :, 0] = rims[2:, :, 0] = opening.x
    rims = ribbons(rims, _RIMS)
    return [
        _lid_skin(identity, act, opening),
        *_open_eyes(identity, act, view, opening),
        Shape(rims[:2], shade(identity.skin, 0.62)),
        Shape(rims[2:], dark),
    ]


def _open_eyes(identity: Identity, act: Activation, view: View, opening: Lids) -> list[Shape]:
    """What lies between the lids of the eyes that are not shut."""
    shown = [side for side, _ in SIDES if act["AU43"][side] < 0.97]
    if not shown:
        return []
    white = between(opening.x, opening.upper, opening.lower)[shown]
    iris, inner, pupil, glint = _discs(identity, opening, view)[:, shown]
    return [
        Shape(white, mix((244, 242, 240), identity.skin, 0.08)),
        Shape(iris, shade(identity.iris, 0.6)),
        Shape(inner, shade(identity.iris, 1.25)),
        Shape(pupil, (12, 10, 10)),
        Shape(glint, (250, 250, 250)),
    ]


def _lid_skin(identity: Identity, act: Activation, opening: Lids) -> Shape:
    """The skin of the upper lids from their folds to the lashes; a closed eye shows all of it, a wide one none."""
    rest = 1.0 + 0.25 * identity.crease
    rise = identity.lid_up * np.array([[rest + 0.3 * act["AU05"][side]] for side, _ in SIDES])
    low = np.array([[identity.eye_y - 0.02 + 0.02 * act["AU04"][side]] for side, _ in SIDES])
    fold = low - rise * (1.12 * _UPPER)
    outline = between(opening.x, np.minimum(fold, opening.upper), opening.upper)
    return Shape(outline, shade(identity.skin, 0.80 - 0.08 * identity.crease))


def brow_lines(identity: Identity, act: Activation) -> Array:
    """(2, 5, 2): the middle line of either brow from its inner to its outer end.

    AU01 lifts the inner end, AU02 the outer end, AU04 lowers and knits, AU09 pulls the inner end down.
    """
    # against AU01 the corrugator mostly knits: inner ends up and together, as in sadness and fear
    lowered = (act["AU04"][side] * (1 - 0.6 * act["AU01"][side]) for side, _ in SIDES)
    moves = np.array([act["AU01"], act["AU02"], tuple(lowered), act["AU09"], act["AU06"]])
    lines = np.empty((2, 5, 2))
    x = identity.eye_x + 0.03 + identity.brow_gap + identity.brow_half * _BROW_ALONG
    lines[..., 0] = _SIGNS * (x - np.array(act["AU04"])[:, None] * _BROW_KNIT)
    rest = identity.brow_y + identity.brow_arch * _BROW_ARCH - identity.brow_tilt * _BROW_ALONG
    lines[..., 1] = rest + moves.T @ _BROW_MOVES
    return lines


def brows(identity: Identity, lines: Array) -> Shape:
    """Both brows along ``brow_lines``."""
    polygons = ribbons(smooth(lines, closed=False), identity.brow_thick * _BROW_WIDTH)
    return Shape(polygons, identity.brow_colour, z=0.02)


def glasses(identity: Identity) -> list[Shape]:
    """Rims, bridge and temples, a little before the face."""
    if not identity.glasses:
        return []
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
    return [*shapes, Shape(ribbon(bridge, 0.03), identity.glasses_colour, z=0.12)]
