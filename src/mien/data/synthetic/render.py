"""One picture: identity + action units + view -> pixels and landmarks."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mien.data.synthetic.curves import Array, Shape
from mien.data.synthetic.draw_eyes import brows, eyes, glasses
from mien.data.synthetic.draw_hair import beard, front_hair
from mien.data.synthetic.draw_head import behind, chin_y, face_outline, freckles
from mien.data.synthetic.draw_mouth import Lips, corners, lips, mouth
from mien.data.synthetic.draw_skin import furrow_shapes, lower_furrows, nose, nose_tip, soft_shapes, upper_furrows
from mien.data.synthetic.identity import Identity
from mien.data.synthetic.muscles import Activation
from mien.data.synthetic.photo import background, develop, light_map, occlude
from mien.data.synthetic.pose import Projection, View
from mien.errors import MienError
from mien.preprocessing import Image

LANDMARKS = ("eye_l", "eye_r", "nose", "mouth_l", "mouth_r")  # _l: on the left of the image
SIZES = (32, 256)
_SUPERSAMPLING = 2  # the drawing is this much larger than the picture, at least _SMALLEST_CANVAS
_SMALLEST_CANVAS = 96
_BITS = 4  # fractional bits of polygon corners


class Rendered(NamedTuple):
    """A picture and where its face is.

    Attributes:
        image: (size, size, 3) uint8 RGB.
        landmarks: (5, 2) float32, x and y in pixels of ``LANDMARKS``; pixel centres lie at half-integers.
    """

    image: Image
    landmarks: npt.NDArray[np.float32]


def _paint(canvas: Image, shapes: Sequence[Shape], polygons: Sequence[Array], scale: float = 1.0) -> None:
    """Fill polygons (in pixels whose centres lie at half-integers, times ``scale``) one after another; in place."""
    if not shapes:
        return
    fixed = np.rint((np.concatenate(polygons) * scale - 0.5) * (1 << _BITS)).astype(np.int32)
    start = 0
    for shape, polygon in zip(shapes, polygons, strict=True):
        corner = fixed[start : start + len(polygon)]
        start += len(polygon)
        if shape.hull:
            corner = np.asarray(cv2.convexHull(corner), dtype=np.int32)
        cv2.fillPoly(canvas, [corner], shape.colour, cv2.LINE_AA, _BITS)


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
    act = Activation(intensities, asymmetry)
    rng = np.random.default_rng(view.seed)
    side = max(_SUPERSAMPLING * size, _SMALLEST_CANVAS)
    project = Projection(identity, view, side)
    canvas = background(view, side, rng)
    back = behind(identity)
    _paint(canvas, back, project.shapes(back, on_surface=False))
    outline = project.head(face_outline(identity, act.jaw))
    lip_lines = lips(identity, act)
    skin = _face(identity, act, lip_lines, view, project, outline, side)
    mask = np.zeros((side, side), np.uint8)
    _paint(mask[..., None], [Shape(outline, (255.0, 255.0, 255.0), hull=True)], [outline])
    cv2.copyTo(skin, (mask > 127).astype(np.uint8), canvas)
    front = [*front_hair(identity), *glasses(identity)]
    _paint(canvas, front, project.shapes(front, on_surface=True))
    occlude(canvas, view, rng)
    small = np.asarray(cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    noise = np.random.default_rng([view.seed, view.noise_seed])
    return Rendered(
        develop(small, view, noise), _landmarks(identity, act, lip_lines, project) * np.float32(size / side)
    )


def _face(
    identity: Identity, act: Activation, lip_lines: Lips, view: View, project: Projection, outline: Array, side: int
) -> Image:
    """A canvas of skin with all features, to be cut by the face's outline."""
    half = side // 2  # what is blurred anyway is drawn at half the size
    canvas = np.full((half, half, 3), np.round(identity.skin), dtype=np.uint8)
    light_x = cos(radians(view.light_deg))
    soft = [
        *soft_shapes(identity, act, lip_lines, light_x),
        *beard(identity, chin_y(identity, act.jaw), act.jaw, lip_lines),
    ]
    _paint(canvas, soft, project.shapes(soft, on_surface=True), half / side)
    blurred = cv2.GaussianBlur(canvas, (0, 0), 0.018 * half)
    low, high = outline.min(axis=0) * half / side, outline.max(axis=0) * half / side
    light = light_map(view, (low + high) / 2, (high - low) * 0.56, half)
    lit = cv2.multiply(blurred, light, dtype=cv2.CV_8U)
    canvas = np.asarray(cv2.resize(lit, (side, side), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    crisp = [
        *freckles(identity),
        *nose(identity, act),
        *furrow_shapes(identity, [*upper_furrows(identity, act), *lower_furrows(identity, act, lip_lines)]),
        *mouth(identity, act, lip_lines),
        *eyes(identity, act, view),
        *brows(identity, act),
    ]
    _paint(canvas, crisp, project.shapes(crisp, on_surface=True))
    return canvas


def _landmarks(identity: Identity, act: Activation, lip_lines: Lips, project: Projection) -> npt.NDArray[np.float32]:
    x, y = identity.eye_x, identity.eye_y
    mouth_points = np.column_stack((corners(lip_lines), (0.0, 0.0)))
    points = np.concatenate((np.array([[-x, y, 0.0], [x, y, 0.0]]), nose_tip(identity, act), mouth_points))
    return project.surface(points).astype(np.float32)
