"""Pixels at any places and distances, against hand-worked means and OpenCV's whole pictures."""

import cv2
import numpy as np
import pytest

from mien import resampling
from mien.resampling import sampled

RNG = np.random.default_rng(0)
PICTURE = cv2.GaussianBlur(RNG.integers(0, 256, (211, 307, 3), dtype=np.uint8), (0, 0), 2)


def grid(left: float, top: float, side: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Places in the middle of ``side`` x ``side`` squares of ``step`` pixels."""
    away = step * (np.arange(side) + 0.5)
    return np.broadcast_to(left + away, (side, side)), np.broadcast_to((top + away)[:, None], (side, side))


def test_shares_of_pixels_count_as_shares() -> None:
    # Three pixels in two: (0 + 90/2)/1.5 = 30 and (90/2 + 240)/1.5 = 190; whole pixels alone would give 0 or 45 first.
    row = np.array([[0, 90, 240]] * 3, np.uint8)
    out = sampled(np.repeat(row[..., None], 3, axis=2), *grid(0, 0, 2, 1.5), 1.5)
    assert out[..., 0].tolist() == [[30, 190], [30, 190]]


def test_halves_are_rounded_up() -> None:
    row = np.array([[0, 1, 2, 3]] * 4, np.uint8)
    out = sampled(np.repeat(row[..., None], 3, axis=2), *grid(0, 0, 2, 2.0), 2.0)
    assert out[0, :, 0].tolist() == [1, 3], "0.5 and 2.5; to the even neighbour they would be 0 and 2"


@pytest.mark.parametrize("step", [1.5, 1.9, 2.0, 3.3, 4.0, 9.7])
@pytest.mark.parametrize(("left", "top"), [(0.0, 0.0), (61.3, 40.9), (-30.0, 120.0)])
def test_a_part_is_what_the_whole_picture_would_give(step: float, left: float, top: float) -> None:
    x, y = grid(left, top, 12, step)
    height, width = (round(n / step) for n in PICTURE.shape[:2])
    whole = cv2.resize(PICTURE, (width, height), interpolation=cv2.INTER_AREA)
    places = [(n * side / of - 0.5).astype(np.float32) for n, side, of in ((x, width, 307), (y, height, 211))]
    expected = cv2.remap(whole, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(int)
    away = np.abs(sampled(PICTURE, x, y, step) - expected)
    assert away.max() <= 1 and away.mean() < 0.05
    if step == 3.3 and left > 0:  # the region shrunk by itself has its pixels at other places
        region = PICTURE[40 : 40 + 43, 61 : 61 + 43]
        alone = cv2.resize(region, (13, 13), interpolation=cv2.INTER_AREA)
        places = [((n - of) * 13 / 43 - 0.5).astype(np.float32) for n, of in ((x, 61), (y, 40))]
        assert np.abs(cv2.remap(alone, *places, cv2.INTER_LINEAR) - expected).max() > 3


def test_a_large_part_is_made_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    places = grid(10, 5, 16, 12.0)
    whole = sampled(PICTURE, *places, 12.0)
    monkeypatch.setattr(resampling, "SUMMED_AT_ONCE", 500)
    assert np.array_equal(sampled(PICTURE, *places, 12.0), whole)


def test_only_what_is_under_the_places_is_read() -> None:
    huge = np.broadcast_to(np.array([10, 20, 30], np.uint8), (60_000, 60_000, 3))  # 10 GB, if anybody copied it
    out = sampled(huge, *grid(30_000, 50_000, 16, 5.5), 5.5)
    assert (out == [10, 20, 30]).all()


def test_sums_beyond_32_bits_are_right() -> None:
    white = np.broadcast_to(np.uint8(255), (3000, 3000, 3))
    assert (sampled(white, *grid(0, 0, 16, 1e6), 1e6) == 255).all()
