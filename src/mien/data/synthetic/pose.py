"""Where the head is and how the picture was taken: the view, and the projection from face units to pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin

import numpy as np

from mien.data.synthetic.curves import Array, Shape, bounded
from mien.data.synthetic.identity import Identity

UNIT = 0.40  # one face unit as a share of the image side, at scale 1
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


def _bounded(rng: np.random.Generator, spread: float, limit: float) -> float:
    return bounded(rng.normal(0, spread), -limit, limit)


def sample_view(rng: np.random.Generator) -> View:
    """A view as a casual photograph has it: yaw within 30, pitch and roll within 15 degrees, mostly near the front."""
    cast = rng.normal(1, 0.03, 3)
    backdrop = rng.uniform(20, 235) + rng.normal(0, 22, 3)
    return View(
        yaw_deg=_bounded(rng, 12, 30),
        pitch_deg=_bounded(rng, 6, 15),
        roll_deg=_bounded(rng, 6, 15),
        scale=float(rng.uniform(0.88, 1.1)),
        shift_x=_bounded(rng, 0.018, 0.04),
        shift_y=_bounded(rng, 0.018, 0.04),
        gaze_x=_bounded(rng, 0.22, 0.55),
        gaze_y=_bounded(rng, 0.1, 0.25),
        light_deg=float(rng.uniform(180, 360)) if rng.uniform() < 0.85 else float(rng.uniform(0, 180)),
        light=float(rng.uniform(0.1, 0.75)),
        exposure=float(np.exp(_bounded(rng, 0.12, 0.24) - 0.04)),
        cast=(float(cast[0]), float(cast[1]), float(cast[2])),
        background=int(rng.choice((1, 2, 3, 5, 24))),
        backdrop=(float(backdrop[0]), float(backdrop[1]), float(backdrop[2])),
        variety=float(rng.uniform(4, 40)),
        blur=bounded(rng.exponential(0.0035), 0, 0.009) if rng.uniform() < 0.5 else 0.0,
        noise=float(rng.uniform(0.5, 5)),
        occlusion=float(rng.uniform(0.15, 0.3)) if rng.uniform() < 0.04 else 0.0,
        seed=int(rng.integers(2**31)),
    )


def rotation(view: View) -> Array:
    """(3, 3): turns by yaw, then pitch, then roll."""
    a, b, c = radians(view.yaw_deg), radians(view.pitch_deg), radians(view.roll_deg)
    yaw = np.array([[cos(a), 0, sin(a)], [0, 1, 0], [-sin(a), 0, cos(a)]])
    pitch = np.array([[1, 0, 0], [0, cos(b), -sin(b)], [0, sin(b), cos(b)]])
    roll = np.array([[cos(c), -sin(c), 0], [sin(c), cos(c), 0], [0, 0, 1]])
    turned: Array = roll @ pitch @ yaw
    return turned


def depth(identity: Identity, xy: Array) -> Array:
    """Height of the face's surface above the plane of the ears, (N,) face units, for points (N, 2)."""
    across = xy[:, 0] / (1.04 * identity.cheek)
    return (0.74 - 0.12 * xy[:, 1] ** 2) * np.sqrt(np.maximum(1 - across**2, 0))


class Projection:
    """From face units to pixels of a square image of ``side`` pixels."""

    def __init__(self, identity: Identity, view: View, side: int) -> None:
        self._identity = identity
        self._turn = rotation(view).T
        self._factor = UNIT * view.scale * side
        self._middle = np.array([0.5 + view.shift_x, 0.5 + view.shift_y]) * side + (0, 0.005 * side)

    def head(self, points: Array) -> Array:
        """(N, 2) pixels of points (N, 3) in space."""
        turned = points @ self._turn
        nearer = 1 + _PERSPECTIVE * turned[:, 2:]
        pixels: Array = turned[:, :2] * nearer * self._factor + self._middle
        return pixels

    def surface(self, points: Array) -> Array:
        """(N, 2) pixels of points (N, 3) whose z is the height above the face's surface."""
        lifted = points.copy()
        lifted[:, 2] += depth(self._identity, points)
        return self.head(lifted)

    def shapes(self, shapes: Sequence[Shape], on_surface: bool) -> list[Array]:
        """The polygons of many shapes in pixels, projected in one go."""
        ends = np.cumsum([0, *(len(shape.points) for shape in shapes)]).tolist()
        points = np.empty((ends[-1], 3))
        for shape, start, end in zip(shapes, ends[:-1], ends[1:], strict=True):
            if shape.points.shape[1] == 2:
                points[start:end, 2] = shape.z
            points[start:end, : shape.points.shape[1]] = shape.points
        pixels = self.surface(points) if on_surface else self.head(points)
        return [pixels[start:end] for start, end in pairwise(ends)]
