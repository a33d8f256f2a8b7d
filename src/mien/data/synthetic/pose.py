"""Where the head is and how the picture was taken: the view, and the projection from face units to pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import cos, exp, radians, sin

import numpy as np

from mien.data.synthetic.curves import Array, bounded
from mien.data.synthetic.identity import Identity

UNIT = 0.40  # one face unit as a share of the image side, at scale 1
_BACKGROUNDS = (1, 2, 3, 5, 24)  # equally likely sides of the background's grid
_PERSPECTIVE = 0.10  # how much larger a point one unit nearer looks


@dataclass(frozen=True)
class View:
    """Pose, light, camera and background of one picture. The default has no nuisance at all.

    Attributes:
        yaw_deg: positive turns the nose to the right of the image.
        pitch_deg: positive lifts the nose.
        roll_deg: positive tips the head clockwise in the image.
        scale, shift_x, shift_y: size of the head, and its move as a share of the image side.
        gaze_x, gaze_y: where the eyes look, in iris radii.
        light_deg: where the light comes from, 0 from the right of the image, 90 from below, 270 from above.
        light: strength of the light's falloff over the face, 0-1.
        exposure: factor on all channels; ``cast`` is a factor on each.
        background: side of the random grid that is stretched over the background: 1 is flat, 2 a gradient, more are
            blobs and texture.
        backdrop: RGB around which the background varies by ``variety``.
        blur: Gaussian sigma as a share of the image side; ``noise``: standard deviation in grey levels.
        occlusion: radius of an object before the face in face units, 0 for none.
        seed: of background and object; ``noise_seed`` tells the noise of a clip's frames apart.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    light_deg: float = 270.0
    light: float = 0.35
    exposure: float = 1.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    background: int = 1
    backdrop: tuple[float, float, float] = (150.0, 165.0, 180.0)
    variety: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    occlusion: float = 0.0
    seed: int = 0
    noise_seed: int = 0


def sample_view(rng: np.random.Generator) -> View:
    """A view as a casual photograph has it: yaw within 30, pitch and roll within 15 degrees, mostly near the front."""
    normal, share = rng.standard_normal(14).tolist(), rng.random(11).tolist()

    def near(spread: float, limit: float) -> float:
        return bounded(spread * normal.pop(), -limit, limit)

    def between(low: float, high: float) -> float:
        drawn: float = low + (high - low) * share.pop()
        return drawn

    grey = between(20, 235)
    return View(
        yaw_deg=near(12, 30),
        pitch_deg=near(6, 15),
        roll_deg=near(6, 15),
        scale=between(0.88, 1.1),
        shift_x=near(0.018, 0.04),
        shift_y=near(0.018, 0.04),
        gaze_x=near(0.22, 0.55),
        gaze_y=near(0.1, 0.25),
        light_deg=between(180, 360) if between(0, 1) < 0.85 else between(0, 180),
        light=between(0.1, 0.75),
        exposure=exp(near(0.12, 0.24) - 0.04),
        cast=(1 + 0.03 * normal.pop(), 1 + 0.03 * normal.pop(), 1 + 0.03 * normal.pop()),
        background=_BACKGROUNDS[int(between(0, len(_BACKGROUNDS)))],
        backdrop=(grey + 22 * normal.pop(), grey + 22 * normal.pop(), grey + 22 * normal.pop()),
        variety=between(4, 40),
        blur=bounded(rng.exponential(0.0035), 0, 0.009) if between(0, 1) < 0.5 else 0.0,
        noise=between(0.5, 5),
        occlusion=between(0.15, 0.3) if between(0, 1) < 0.04 else 0.0,
        seed=int(rng.integers(2**31)),
    )


def rotation(view: View) -> Array:
    """(3, 3): turns by yaw, then pitch, then roll."""
    a, b, c = radians(view.yaw_deg), radians(view.pitch_deg), radians(view.roll_deg)
    yaw = np.array([[cos(a), 0.0, sin(a)], [0.0, 1.0, 0.0], [-sin(a), 0.0, cos(a)]])
    pitch = np.array([[1.0, 0.0, 0.0], [0.0, cos(b), -sin(b)], [0.0, sin(b), cos(b)]])
    roll = np.array([[cos(c), -sin(c), 0.0], [sin(c), cos(c), 0.0], [0.0, 0.0, 1.0]])
    turned: Array = roll @ pitch @ yaw
    return turned


def depth(identity: Identity, xy: Array) -> Array:
    """Height of the face's surface above the plane of the ears, (N,) face units, for points (N, 2 or 3)."""
    across = xy[:, 0] / (1.04 * identity.cheek)
    return (0.74 - 0.12 * xy[:, 1] ** 2) * np.sqrt(np.maximum(1 - across * across, 0))


class Projection:
    """From face units to pixels of a square image of ``side`` pixels."""

    def __init__(self, identity: Identity, view: View, side: int) -> None:
        self._identity = identity
        self._turn = rotation(view).T
        self._factor = UNIT * view.scale * side
        self._middle = np.array([0.5 + view.shift_x, 0.505 + view.shift_y]) * side

    def head(self, *groups: Array) -> list[Array]:
        """(N, 2) pixels of each group of points (N, 3) in space."""
        return _split(self._pixels(np.concatenate(groups)), groups)

    def surface(self, *groups: Array) -> list[Array]:
        """(N, 2) pixels of each group of points (N, 3) whose z is the height above the face's surface."""
        points = np.concatenate(groups)
        points[:, 2] += depth(self._identity, points)
        return _split(self._pixels(points), groups)

    def _pixels(self, points: Array) -> Array:
        turned = points @ self._turn
        nearer = self._factor + (self._factor * _PERSPECTIVE) * turned[:, 2:]
        pixels: Array = turned[:, :2] * nearer + self._middle
        return pixels


def _split(pixels: Array, groups: Sequence[Array]) -> list[Array]:
    ends = accumulate((len(group) for group in groups), initial=0)
    return [pixels[start:end] for start, end in pairwise(ends)]
