"""One picture: identity + action units + view -> pixels and landmarks."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import cos, radians
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mien.data.synthetic.curves import Array, Shape
from mien.data.synthetic.draw_eyes import brow_lines, brows, eyes, glasses, lids
from mien.data.synthetic.draw_hair import beard, front_hair
from mien.data.synthetic.draw_head import Outline, behind, chin_y, face_outline, freckles
from mien.data.synthetic.draw_mouth import Lips, corners, lips, mouth
from mien.data.synthetic.draw_skin import furrow_shapes, lower_furrows, nose, nose_tip, soft_shapes, upper_furrows
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.layers import Layer, fill_hull, fixed_point, layer, paint
from mien.data.synthetic.muscles import Activation
from mien.data.synthetic.photo import background, develop, light_map, occlude
from mien.data.synthetic.pose import Projection, View
from mien.errors import MienError
from mien.preprocessing import Image

LANDMARKS = ("eye_l", "eye_r", "nose", "mouth_l", "mouth_r")  # _l: on the left of the image
SIZES = (32, 256)
_SUPERSAMPLING = 2  # the drawing is this much larger than the picture, at least _SMALLEST_CANVAS
_SMALLEST_CANVAS = 96


class Rendered(NamedTuple):
    """A picture and where its face is.

    Attributes:
        image: (size, size, 3) uint8 RGB.
        landmarks: (5, 2) float32, x and y in pixels of ``LANDMARKS``; pixel centres lie at half-integers.
    """

    image: Image
    landmarks: npt.NDArray[np.float32]


class _Rest(NamedTuple):
    """What of a person does not move."""

    behind: Layer
    front: Layer
    freckles: Sequence[Shape]
    outline: Outline


@lru_cache(maxsize=256)
def _rest(identity: Identity) -> _Rest:
    front = layer([*front_hair(identity), *glasses(identity)])
    return _Rest(layer(behind(identity)), front, freckles(identity), face_outline(identity))


def render(
    identity: Identity,
    intensities: Mapping[str, float],
    view: View,
    size: int,
    asymmetry: Mapping[str, float] | None = None,
) -> Rendered:
    """Draw one face. The same arguments give the same pixels with the same versions of NumPy and OpenCV.

    Args:
        identity: the person.
        intensities: AU to intensity, 0-5; AUs that are not named are at rest.
        view: pose, light, camera and background.
        size: side of the square picture in pixels, 32-256.
        asymmetry: AU to -1 (only the left side of the image moves) ... 1 (only the right).

    Raises:
        MienError: on an AU that is not drawn, an intensity outside 0-5 or a size outside 32-256.

    >>> from mien.data.synthetic.identity import sample_identity
    >>> render(sample_identity(np.random.default_rng(0)), {"AU12": 4.0}, View(), 64).image.shape
    (64, 64, 3)
    """
    if not SIZES[0] <= size <= SIZES[1]:
        raise MienError(f"A synthetic face is {SIZES[0]}-{SIZES[1]} pixels wide, got {size}: choose --size within that")
    act, rest = Activation(intensities, asymmetry), _rest(identity)
    rng = np.random.default_rng(view.seed)
    side = max(_SUPERSAMPLING * size, _SMALLEST_CANVAS)
    project = Projection(identity, view, side)
    lip_lines = lips(identity, act)
    soft, crisp = layer(_soft(identity, act, view, lip_lines)), layer(_crisp(identity, act, view, lip_lines, rest))
    back, outline = project.head(rest.behind.points, rest.outline.at(act.jaw))
    marks = _landmarks(identity, act, lip_lines)
    # all that lies on the face in one product: a face has some sixty shapes, most of a few points
    soft_at, crisp_at, front_at, marks_at = project.surface(soft.points, crisp.points, rest.front.points, marks)

    canvas = background(view, side, rng)
    paint(canvas, rest.behind, back)
    skin = _skin(identity, view, soft, soft_at, outline, side)
    paint(skin, crisp, crisp_at)
    cv2.copyTo(skin, _mask(outline, side), canvas)
    paint(canvas, rest.front, front_at)
    occlude(canvas, view, rng)
    small = np.asarray(cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    noise = np.random.default_rng([view.seed, view.noise_seed])
    return Rendered(develop(small, view, noise), (marks_at * (size / side)).astype(np.float32))


def _soft(identity: Identity, act: Activation, view: View, lip_lines: Lips) -> list[Shape]:
    shapes = soft_shapes(identity, act, lip_lines, cos(radians(view.light_deg)))
    return [*shapes, *beard(identity, chin_y(identity, act.jaw), act.jaw, lip_lines)]


def _crisp(identity: Identity, act: Activation, view: View, lip_lines: Lips, rest: _Rest) -> list[Shape]:
    lid_lines, brow = lids(identity, act), brow_lines(identity, act)
    furrows = [*upper_furrows(identity, act, brow, lid_lines), *lower_furrows(identity, act, lip_lines)]
    return [
        *rest.freckles,
        *nose(identity, act),
        *furrow_shapes(identity, furrows),
        *mouth(identity, act, lip_lines),
        *eyes(identity, act, view, lid_lines),
        brows(identity, brow),
    ]


def _skin(identity: Identity, view: View, soft: Layer, soft_at: Array, outline: Array, side: int) -> Image:
    """(side, side, 3): lit skin with its soft patches, to be cut by the face's outline."""
    half = side // 2  # what is blurred anyway is drawn at half the size
    canvas = np.empty((half, half, 3), dtype=np.uint8)
    canvas[:] = np.rint(identity.skin)
    paint(canvas, soft, soft_at, half / side)
    blurred = cv2.GaussianBlur(canvas, (0, 0), 0.018 * half)
    low, high = outline.min(axis=0) * half / side, outline.max(axis=0) * half / side
    light = light_map(view, (low + high) / 2, (high - low) * 0.56, half)
    lit = cv2.multiply(blurred, light, dtype=cv2.CV_8U)
    return np.asarray(cv2.resize(lit, (side, side), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _mask(outline: Array, side: int) -> Image:
    """(side, side): 1 inside the outline (N, 2), else 0."""
    mask = np.zeros((side, side), np.uint8)
    fill_hull(mask, fixed_point(outline), (255.0, 255.0, 255.0))
    return (mask > 127).view(np.uint8)


def _landmarks(identity: Identity, act: Activation, lip_lines: Lips) -> Array:
    """(5, 3): ``LANDMARKS`` in face units, z above the face's surface."""
    (left_x, left_y), (right_x, right_y) = corners(lip_lines).tolist()
    x, y = identity.eye_x, identity.eye_y
    tip = nose_tip(identity, act)
    return np.array([(-x, y, 0.0), (x, y, 0.0), tip, (left_x, left_y, 0.0), (right_x, right_y, 0.0)])
