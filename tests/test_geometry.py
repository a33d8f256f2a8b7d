"""The similarity against an independent least-squares solution, and against transforms that are none."""

import numpy as np
import pytest

from mien.errors import ImageError
from mien.geometry import TEMPLATE, similarity


def moved(points: np.ndarray, scale: float, turn_deg: float, shift: tuple[float, float]) -> np.ndarray:
    c, s = scale * np.cos(np.radians(turn_deg)), scale * np.sin(np.radians(turn_deg))
    return points @ np.array([[c, -s], [s, c]]).T + np.array(shift)


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize("turn_deg", [0, 30, -75, 180])
def test_a_moved_template_comes_back_exactly(turn_deg: float) -> None:
    points = moved(TEMPLATE, 140.0, turn_deg, (300, -20))
    np.testing.assert_allclose(apply(similarity(points), points), TEMPLATE, atol=1e-12)


def test_noisy_points_against_numpy_s_least_squares() -> None:
    points = moved(TEMPLATE, 90, 12, (40, 60)) + np.random.default_rng(0).normal(0, 3, (5, 2))
    x, y = points.T  # unknown a, b, s, t:  u = a x - b y + s,  v = b x + a y + t
    rows = np.concatenate([np.stack([x, -y, 1 + 0 * x, 0 * x], 1), np.stack([y, x, 0 * x, 1 + 0 * x], 1)])
    (a, b, s, t), *_ = np.linalg.lstsq(rows, TEMPLATE.T.ravel(), rcond=None)
    found = similarity(points)
    np.testing.assert_allclose(found, [[a, -b, s], [b, a, t]], atol=1e-12)
    affine, *_ = np.linalg.lstsq(np.column_stack([points, np.ones(5)]), TEMPLATE, rcond=None)
    assert np.abs(affine.T - found).max() > 1e-3, "six free numbers would shear the face"


def test_a_mirrored_face_is_turned_but_never_mirrored() -> None:
    found = similarity(moved(TEMPLATE, 100, 0, (0, 0)) * [-1, 1])
    assert np.linalg.det(found[:, :2]) > 0, "the best orthogonal matrix is a reflection here"


def test_the_template_is_the_documented_one() -> None:
    eyes, mouth = TEMPLATE[:2].mean(axis=0), TEMPLATE[3:].mean(axis=0)
    np.testing.assert_allclose(eyes, [0.5, 0.365])
    np.testing.assert_allclose(mouth - eyes, [0, 0.365])
    np.testing.assert_allclose(TEMPLATE[[1, 0, 2, 4, 3]] * [-1, 1] + [1, 0], TEMPLATE)


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)])
def test_points_that_show_no_face_are_said(points: np.ndarray) -> None:
    with pytest.raises(ImageError, match="show no face"):
        similarity(points)
