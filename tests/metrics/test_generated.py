import numpy as np
import pytest
from scipy.linalg import sqrtm

from mien.errors import ScoreError
from mien.metrics.generated import frechet_distance, kernel_distance, nearest, spread

RNG = np.random.default_rng(0)
REAL, MADE = RNG.normal(size=(300, 5)), RNG.normal(size=(200, 5)) @ RNG.normal(size=(5, 5)) + 1


def test_frechet_against_the_matrix_root_of_scipy() -> None:
    first, second = (np.cov(x, rowvar=False) for x in (REAL, MADE))
    gap = REAL.mean(0) - MADE.mean(0)
    wanted = gap @ gap + np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet_distance(REAL, MADE) == pytest.approx(wanted)
    assert frechet_distance(REAL, MADE) == pytest.approx(frechet_distance(MADE, REAL))


def test_frechet_hand_worked_in_one_dimension() -> None:
    real, made = np.array([[0.0], [2.0]]), np.array([[1.0], [7.0]])  # deviations sqrt(2) and sqrt(18)
    assert frechet_distance(real, made) == pytest.approx(3**2 + (18**0.5 - 2**0.5) ** 2)
    assert frechet_distance(real, made) != pytest.approx(3**2 + (3 - 1) ** 2)  # rejected: moments over n
    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-9)


def test_kernel_hand_worked() -> None:
    real, made = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    own_real = ((0 * 1 + 1) ** 3) * 2 / 2  # k(0, 1) twice, over n (n - 1)
    own_made = ((1 * 2 + 1) ** 3) * 2 / 2
    between = (1 + 1 + 2**3 + 3**3) / 4
    assert kernel_distance(real, made) == pytest.approx(own_real + own_made - 2 * between)
    biased = (1 + 2 * 1 + 8) / 4 + (8 + 2 * 27 + 125) / 4 - 2 * between
    assert kernel_distance(real, made) != pytest.approx(biased)  # rejected: faces compared with themselves


def test_kernel_is_about_zero_for_the_same_distribution_at_any_number() -> None:
    found = [kernel_distance(RNG.normal(size=(n, 4)), RNG.normal(size=(n, 4))) for n in (20,) * 200]
    assert abs(np.mean(found)) < 3 * np.std(found) / 200**0.5


def test_spread_and_nearest() -> None:
    faces = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    assert spread(faces) == pytest.approx((5 + 0 + 5) / 3)
    assert spread(faces) != pytest.approx((5 + 0 + 5) * 2 / 9)  # rejected: each face's distance to itself counts
    distance, which = nearest(np.array([[3.0, 3.0], [0.0, 1.0]]), faces)
    np.testing.assert_allclose(distance, [1, 1])
    assert which.tolist() == [1, 0]


def test_what_is_undefined_is_said() -> None:
    with pytest.raises(ScoreError, match=r"expected \(n, F\), \(m, F\)"):
        frechet_distance(REAL, MADE[:, :3])
    with pytest.raises(ScoreError, match="undefined"):
        spread(REAL[:1])
