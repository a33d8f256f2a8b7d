"""Where a face's eyes, nose and mouth come to lie in an upright crop.

The crop is a square with the face's five points at ``TEMPLATE``: eyes level, eye midpoint at 0.365 of the height, mouth
0.365 of the side below it. Proportions are those of ArcFace's 112-pixel template, made symmetric.

*Source*: Deng et al. 2019, "ArcFace" (its alignment template); Umeyama 1991, "Least-squares estimation of
transformation parameters between two point patterns".
"""

import numpy as np
import numpy.typing as npt

from mien.errors import ImageError

Points = npt.NDArray[np.float64]

# Left eye, right eye, nose, left and right mouth corner; left in the picture first. Shares of the side.
TEMPLATE: Points = np.array([[0.343, 0.365], [0.657, 0.365], [0.5, 0.545], [0.37, 0.73], [0.63, 0.73]])


def similarity(landmarks: npt.ArrayLike) -> Points:
    """The rotation, scale and shift that brings five landmarks nearest to ``TEMPLATE``, never a mirror image.

    Args:
        landmarks: (5, 2) pixels, in the order of ``TEMPLATE``.

    Returns:
        (2, 3) matrix M: M @ (x, y, 1) is the place in the unit square of pixel position (x, y).

    Raises:
        ImageError: the points are not finite or all in one place.
    """
    points = np.asarray(landmarks, dtype=float)
    if points.shape != (5, 2) or not np.isfinite(points).all() or not points.std(axis=0).any():
        raise ImageError(f"the landmarks {points.tolist()} show no face; expected five different points in pixels")
    away, wanted = points - points.mean(axis=0), TEMPLATE - TEMPLATE.mean(axis=0)
    spread = float((away**2).sum())
    # A similarity without mirror is a complex factor a + ib; least squares has this closed form (Umeyama for 2D).
    a = float((away * wanted).sum()) / spread
    b = float((away[:, 0] * wanted[:, 1] - away[:, 1] * wanted[:, 0]).sum()) / spread
    turn = np.array([[a, -b], [b, a]])
    return np.column_stack([turn, TEMPLATE.mean(axis=0) - turn @ points.mean(axis=0)])
