"""Where each pixel of a crop comes from, by hand-worked examples."""

import numpy as np
import pytest
from pydantic import ValidationError

from mien.errors import ImageError
from mien.geometry import TEMPLATE
from mien.preprocessing import Preprocessing


def ramp(height, width, step, axis=1):
    """A picture whose value is ``step`` times the index of the column (or row)."""
    line = step * np.arange(width if axis == 1 else height)
    plane = np.broadcast_to(line if axis == 1 else line[:, None], (height, width))
    return np.repeat(plane[..., None], 3, axis=2).astype(np.uint8)


def colour(size, context=1.0):
    return Preprocessing(size=size, context=context, grey=False)


@pytest.mark.parametrize("axis", [0, 1])
def test_half_pixels_when_enlarging(axis):
    # Box 4..12 into 32 pixels: 4 per pixel. The centre of result pixel j lies at 4 + (j + 1/2)/4 in the picture, which
    # is index 3.625 + j/4; times 8 is 29 + 2j.
    out = colour(32).crop(ramp(16, 16, 8, axis), (4, 4, 12, 12))
    middle = out[16, :, 0] if axis == 1 else out[:, 16, 0]
    j = np.arange(32)
    assert np.array_equal(middle, 29 + 2 * j)
    corner_mistake = 8 * (4 + j / 4)
    assert np.abs(middle - corner_mistake).min() == 3
    ends_aligned = 8 * (4 + j * 7 / 31)
    assert np.abs(middle - ends_aligned).max() > 2.5


def test_half_pixels_when_reducing():
    # 32 pixels into 16: each result pixel is the mean of two neighbours, (8i + 8i + 4)/2 = 8i + 2; without the half
    # pixel it is the left one, 8i.
    out = colour(16).crop(ramp(32, 32, 4))
    assert np.array_equal(out[8, :, 0], 8 * np.arange(16) + 2)


def test_reducing_averages_and_does_not_alias():
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::8] = 255
    out = colour(16).crop(stripes)
    assert np.abs(out.astype(int) - 255 / 8).max() < 1  # bilinear sampling between the stripes sees only 0


def test_same_size_is_the_picture_itself():
    image = np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    assert np.array_equal(colour(24).crop(image), image)
    assert np.array_equal(colour(24, context=2.0).crop(image), image)  # context is for boxes alone
    assert np.array_equal(colour(16).crop(image, (2, 3, 18, 19)), image[3:19, 2:18])


@pytest.mark.parametrize("tall", [False, True])
def test_a_whole_picture_that_is_not_square_is_padded_by_its_edge(tall):
    image = np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
    out = colour(40).crop(image.transpose(1, 0, 2) if tall else image)
    out = out.transpose(1, 0, 2) if tall else out
    assert np.array_equal(out[10:30], image)  # stretched, every row would come twice
    assert np.array_equal(out[:10], np.repeat(image[:1], 10, axis=0))  # not black
    assert np.array_equal(out[30:], np.repeat(image[-1:], 10, axis=0))


def test_context_widens_the_box_about_its_centre():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    # Box of 8 x 16 at centre (30, 28), context 2: a square of 32 by the longer side.
    out = colour(32, context=2.0).crop(image, (26, 20, 34, 36))
    assert np.array_equal(out, image[12:44, 14:46])


def test_a_box_partly_outside_repeats_the_edge():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    out = colour(16).crop(image, (-6, 24, 10, 40))
    assert np.array_equal(out[:8, 6:], image[24:, :10])
    assert np.array_equal(out[:8, :6], np.repeat(image[24:, :1], 6, axis=1))
    assert np.array_equal(out[8:, 6:], np.repeat(image[31:, :10], 8, axis=0))
    beyond = colour(16).crop(image, (100, 100, 120, 120))
    assert (beyond == image[31, 31]).all()


@pytest.mark.parametrize("grey", [False, True])
def test_the_centre_of_a_padded_crop_is_the_crop_without_padding(grey):
    # Training reads padded crops and inference plain ones: they must be the same pixels.
    rng = np.random.default_rng(0)
    for trial in range(60):
        height, width = rng.integers(10, 150, 2)
        image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        size, pad = int(rng.choice([16, 31, 48, 64])), int(rng.integers(1, 9))
        (x1, x2), (y1, y2) = np.sort(rng.uniform(-10, width, 2)), np.sort(rng.uniform(-10, height, 2))
        box = None if trial % 3 == 0 else (x1, y1, x2, y2)
        settings = Preprocessing(size=size, grey=grey)
        plain, padded = settings.crop(image, box), settings.crop(image, box, pad)
        assert padded.shape == (size + 2 * pad, size + 2 * pad, 1 if grey else 3)
        assert np.array_equal(padded[pad:-pad, pad:-pad], plain)


def test_padding_shows_more_of_the_picture_at_the_same_scale():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert np.array_equal(colour(16).crop(image, (20, 20, 36, 36), pad=4), image[16:40, 16:40])


def test_grey_is_one_channel_of_luminance():
    image = np.zeros((16, 16, 3), np.uint8)
    image[...] = (200, 100, 50)
    out = Preprocessing(size=16).crop(image)
    assert out.shape == (16, 16, 1)
    assert (out == 124).all()  # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2; read as BGR 96.5, as a mean 116.7
    assert out.dtype == np.uint8


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (9, 2, 5, 9), (5, 5, 9, float("nan"))])
def test_a_box_without_area_is_refused(box):
    with pytest.raises(ImageError, match=r"the face box \(.*\) is empty; expected x1 < x2, y1 < y2"):
        Preprocessing().crop(np.zeros((16, 16, 3), np.uint8), box)


def test_an_elongated_picture_keeps_at_least_one_pixel():
    assert colour(16).crop(np.full((1, 500, 3), 90, np.uint8)).tolist() == np.full((16, 16, 3), 90).tolist()


@pytest.mark.parametrize("wrong", [{"size": 8}, {"context": 0.1}, {"std": (0.2, 0.0, 0.2)}, {"sise": 64}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        Preprocessing(**wrong)


def test_the_record_survives_json():
    record = Preprocessing(size=48, grey=False, mean=(0.1, 0.2, 0.3))
    assert Preprocessing.model_validate_json(record.model_dump_json()) == record


def dotted(points, side=240):
    """A dark picture with a bright dot at each point, in pixel positions whose centres lie at half-integers."""
    y, x = np.mgrid[:side, :side] + 0.5
    plane = sum(255 * np.exp(-((x - u) ** 2 + (y - v) ** 2) / 18) for u, v in points)
    return np.repeat(np.clip(plane, 0, 255)[..., None], 3, axis=2).astype(np.uint8)


def centroid(crop, place, radius=6):
    """Centre of mass near ``place``, in pixel positions."""
    y, x = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
    weight = crop[..., 0] * (np.hypot(x - place[0], y - place[1]) < radius)
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


@pytest.mark.parametrize("turn_deg", [0, 40, -70])
@pytest.mark.parametrize("pad", [0, 8])
def test_an_aligned_crop_has_eyes_and_mouth_at_the_template(turn_deg, pad):
    c, s = 110 * np.cos(np.radians(turn_deg)), 110 * np.sin(np.radians(turn_deg))
    points = (TEMPLATE - 0.5) @ np.array([[c, -s], [s, c]]).T + 120
    cut = Preprocessing(size=96, align=True, align_context=1.25)
    crop = cut.crop(dotted(points), (0, 0, 240, 240), pad, points)
    assert crop.shape == (96 + 2 * pad, 96 + 2 * pad, 1)
    for share in TEMPLATE:
        expected = (share - 0.5) / 1.25 * 96 + 48 + pad
        np.testing.assert_allclose(centroid(crop, expected), expected, atol=0.15)


def test_landmarks_are_for_align_alone():
    image, points = ramp(64, 64, 3), TEMPLATE * 64
    box = (8, 8, 40, 40)
    assert np.array_equal(colour(32).crop(image, box, landmarks=points), colour(32).crop(image, box))
    aligned = Preprocessing(size=32, align=True, grey=False)
    assert not np.array_equal(aligned.crop(image, box, landmarks=points), aligned.crop(image, box))
