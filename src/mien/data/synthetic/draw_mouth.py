"""Lips, teeth, tongue and the dark of the mouth."""

from typing import NamedTuple

import numpy as np

from mien.data.synthetic.curves import Array, Colour, Shape, between, mix, ribbon, shade
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.muscles import Activation

_T = np.linspace(-1, 1, 21)  # from the left to the right corner in the image
_ABS = np.abs(_T)
_BLEND = 0.5 + 0.5 * np.tanh(3 * _T)
_ABS_2, _ABS_16, _ABS_24, _ABS_4 = (_ABS**power for power in (2, 1.6, 2.4, 4))
_DOME = 1 - _T**2
_ROUND = np.sqrt(np.clip(_DOME, 0, 1))
_ROUND_13, _ROUND_05 = _ROUND**1.3, _ROUND**0.5
_CUPID = np.clip(_DOME, 0, 1) ** 0.75 * (1 - 0.20 * np.exp(-((_T / 0.17) ** 2)))
_BOSS = np.clip(1 - _ABS**1.5, 0, 1)
_SNEER = np.exp(-(((_ABS - 0.40) / 0.28) ** 2)) * np.clip(_DOME * 3, 0, 1)


class Lips(NamedTuple):
    """The four lines of the mouth: x (N,) from the left to the right corner of the image, and four y (N,)."""

    x: Array
    upper_outer: Array
    upper_inner: Array
    lower_inner: Array
    lower_outer: Array


def _sided(act: Activation, name: str) -> Array | float:
    """An AU's activation along the mouth (N,), its two sides blended at the middle; one number where they are equal."""
    left, right = act[name]
    return left if left == right else left + (right - left) * _BLEND


def lips(identity: Identity, act: Activation) -> Lips:
    """Where the action units of the lower face put the lips."""
    smile, dimple, droop = _sided(act, "AU12"), _sided(act, "AU14"), _sided(act, "AU15")
    pucker, stretch, tight = act.both("AU18"), _sided(act, "AU20"), act.both("AU23")
    press, part, chin = act.both("AU24"), act.both("AU25"), act.both("AU17")
    sneer, lower, jaw = _sided(act, "AU10"), act.both("AU16"), act.jaw
    width = 1 + 0.30 * smile + 0.34 * stretch + 0.10 * dimple - 0.42 * pucker - 0.10 * press - 0.08 * tight
    width = width * (1 - 0.20 * act.both("AU27")) + 0.04 * droop
    bend = identity.mouth_skew * _T + (1.5 * identity.mouth_rest + 0.30 * jaw + 0.035 * stretch) * _ABS_2
    corners = -0.175 * smile * _ABS_16 + 0.145 * droop * _ABS_24 - 0.080 * dimple * _ABS_4
    rise = 0.02 * smile - 0.07 * chin * _BOSS - 0.03 * act.both("AU09")
    line = identity.mouth_y + bend + corners + rise - 0.03 * droop * _DOME
    opened = min(1.0, 5 * (part + act.both("AU26") + act.both("AU27")))
    up = (0.045 * part + 0.02 * act.both("AU27")) * _ROUND + opened * sneer * (0.055 * _ROUND + 0.02 * _SNEER)
    down = (0.075 * part + 0.095 * lower * opened) * _ROUND + 0.95 * jaw * _ROUND
    line = line - (1 - opened) * 0.035 * sneer * _DOME
    thin = max(0.0, 1 - 0.78 * press - 0.50 * tight)
    upper = identity.upper_lip * thin * (1 - 0.30 * smile - 0.35 * stretch + 0.9 * pucker + 0.10 * sneer)
    under = identity.lower_lip * thin * (1 - 0.22 * smile - 0.35 * stretch + 0.75 * pucker + 0.45 * chin)
    upper_inner, lower_inner = line - up, line + down + 0.03 * lower * _DOME * (1 - opened)
    return Lips(
        identity.mouth_half * _T * width,
        upper_inner - np.maximum(upper, 0.008) * _CUPID - 0.045 * sneer * _SNEER,
        upper_inner,
        lower_inner,
        lower_inner + np.maximum(under, 0.008) * _ROUND_13 + 0.035 * lower * _DOME,
    )


def corners(mouth: Lips) -> Array:
    """(2, 2): the left and the right corner of the mouth in the image."""
    return np.array([[mouth.x[0], mouth.upper_inner[0]], [mouth.x[-1], mouth.upper_inner[-1]]])


def _band(x: Array, top: Array, bottom: Array, colour: Colour) -> Shape:
    return Shape(between(x, top, bottom), colour, z=0.04)


def mouth(identity: Identity, act: Activation, m: Lips) -> list[Shape]:
    """The mouth from back to front: the dark, tongue, teeth, lips, the line between them."""
    gap = float((m.lower_inner - m.upper_inner).max())
    shapes = [
        _band(m.x, m.upper_outer, m.upper_inner, shade(identity.lip_colour, 0.86)),
        _band(m.x, m.lower_inner, m.lower_outer, identity.lip_colour),
    ]
    gloss = (0.55 * m.lower_inner + 0.45 * m.lower_outer)[6:15]
    shine = between(m.x[6:15], gloss - 0.009 * _DOME[6:15], gloss + 0.009 * _DOME[6:15])
    shapes.append(Shape(shine, mix(identity.lip_colour, (255, 235, 230), 0.22), z=0.06))
    if gap > 0.008:
        shapes += _inside(identity, act, m)
    line = np.column_stack((m.x, (m.upper_inner + m.lower_inner) / 2 if gap <= 0.03 else m.upper_inner))
    strength = 0.018 + 0.014 * act.both("AU24") + 0.006 * act.both("AU17")
    width = strength * (0.55 + 0.45 * _DOME) if gap <= 0.03 else 0.010
    shapes.append(Shape(ribbon(line, width), shade(identity.lip_colour, 0.38), z=0.06))
    return shapes


def _inside(identity: Identity, act: Activation, m: Lips) -> list[Shape]:
    """What parted lips show: upper teeth first, the tongue once the jaw drops, lower teeth with AU16."""
    x = m.x * 0.96
    top, bottom = m.upper_inner, m.lower_inner
    shapes = [_band(m.x, top, bottom, (52, 18, 20))]
    jaw, lower = act.jaw, max(act.both("AU16"), 0.6 * act.both("AU20"))
    if jaw > 0.03:
        tongue = np.maximum(bottom - 0.45 * (bottom - top) * _ROUND, top)
        shapes.append(_band(x * 0.72, tongue, bottom, (176, 78, 82)))
    shown = 0.075 + 0.02 * act.both("AU12") + 0.03 * act.both("AU10")
    teeth = np.minimum(top + shown * _ROUND_05, bottom)
    shapes.append(_band(x * 0.9, top, teeth, identity.teeth))
    if lower > 0.05:
        row = np.maximum(bottom - (0.01 + 0.075 * lower) * _ROUND_05, np.minimum(teeth + 0.01, bottom))
        shapes.append(_band(x * 0.8, row, bottom, shade(identity.teeth, 0.9)))
    return shapes
