"""The drawn face: what moves, where its landmarks are, and that it is the same every time."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from mien.data.synthetic import (
    DRAWN_AUS,
    LANDMARKS,
    Identity,
    View,
    au_sheet,
    contact_sheet,
    expression_sheet,
    render,
    sample_identity,
    sample_view,
)
from mien.errors import MienError

SIZE = 96
REGIONS = {"brow": (-0.9, -0.12), "eye": (-0.42, 0.3), "nose": (-0.25, 0.75), "mouth": (0.5, 1.9)}  # y in eye distances
PLACE = {
    **dict.fromkeys(("AU01", "AU02", "AU04"), "brow"),
    **dict.fromkeys(("AU05", "AU06", "AU07", "AU43"), "eye"),
    "AU09": "nose",
}


def plain_person(start: int) -> Identity:
    """Somebody whose brows, eyes and chin nothing covers."""
    for number in range(start, start + 200):
        identity = sample_identity(np.random.default_rng(number))
        if identity.hair_style in ("short", "crop", "bun") and not identity.glasses and identity.beard == "none":
            return identity
    raise AssertionError("no plain person among 200")


def region(landmarks: npt.NDArray[np.float32], name: str) -> tuple[slice, slice]:
    """Rows and columns of a part of a frontal face, measured from the eyes in units of their distance."""
    left, right = landmarks[0], landmarks[1]
    unit = right[0] - left[0]
    top, bottom = (round(float(left[1] + unit * y)) for y in REGIONS[name])
    return slice(max(top, 0), bottom), slice(round(float(left[0] - 0.75 * unit)), round(float(right[0] + 0.75 * unit)))


def difference(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    return np.abs(a.astype(np.int64) - b.astype(np.int64)).sum(axis=2)


def test_same_arguments_give_same_pixels_and_another_seed_another_person() -> None:
    def once(number: int) -> npt.NDArray[np.uint8]:
        identity, view = (f(np.random.default_rng([number, i])) for i, f in enumerate((sample_identity, sample_view)))
        return render(identity, {"AU12": 3.0}, view, 48).image

    assert np.array_equal(once(3), once(3))
    assert not np.array_equal(once(3), once(4))


@pytest.mark.parametrize("name", DRAWN_AUS)
@pytest.mark.parametrize("start", [10, 500])
def test_an_au_moves_its_own_region_more_with_more_intensity(name: str, start: int) -> None:
    identity = plain_person(start)
    rest = render(identity, {}, View(), SIZE)
    own = region(rest.landmarks, PLACE.get(name, "mouth"))
    moved = [difference(render(identity, {name: k}, View(), SIZE).image, rest.image) for k in (1.0, 2.0, 3.5, 5.0)]
    totals = [int(change[own].sum()) for change in moved]
    assert totals[0] > 300, "visible at intensity A"
    assert all(low < high for low, high in pairwise(totals)), totals
    assert totals[-1] > 0.5 * moved[-1].sum(), "most of the change lies in its own region"


@pytest.mark.parametrize("name", ["AU01", "AU02", "AU04", "AU05", "AU43"])
def test_upper_face_aus_leave_the_mouth_alone(name: str) -> None:
    identity = plain_person(40)
    rest = render(identity, {}, View(), SIZE)
    moved = render(identity, {name: 5.0}, View(), SIZE)
    assert not difference(moved.image, rest.image)[region(rest.landmarks, "mouth")].any()


def test_every_two_aus_look_different() -> None:
    identity = plain_person(70)
    images = {name: render(identity, {name: 4.0}, View(), 64).image for name in DRAWN_AUS}
    for i, a in enumerate(DRAWN_AUS):
        for b in DRAWN_AUS[i + 1 :]:
            assert difference(images[a], images[b]).sum() > 1000, (a, b)


def test_asymmetry_moves_one_side_only() -> None:
    identity, half = plain_person(10), SIZE // 2
    rest = render(identity, {}, View(), SIZE).image
    right = difference(render(identity, {"AU14": 5.0}, View(), SIZE, {"AU14": 1.0}).image, rest)
    assert right[:, half + 6 :].sum() > 20 * (right[:, : half - 6].sum() + 1)
    left = difference(render(identity, {"AU14": 5.0}, View(), SIZE, {"AU14": -1.0}).image, rest)
    assert left[:, : half - 6].sum() > 20 * (left[:, half + 6 :].sum() + 1)


def test_landmarks_lie_inside_in_order_over_many_views() -> None:
    for number in range(60):
        identity = sample_identity(np.random.default_rng([number, 0]))
        view = sample_view(np.random.default_rng([number, 1]))
        aus = {"AU27": 5.0, "AU25": 5.0} if number % 2 else {"AU12": 5.0}
        eye_l, eye_r, nose, mouth_l, mouth_r = points = render(identity, aus, view, 48).landmarks
        assert points.shape == (len(LANDMARKS), 2)
        assert ((points > 0) & (points < 48)).all()
        assert eye_l[0] < eye_r[0] and mouth_l[0] < mouth_r[0]
        assert max(eye_l[1], eye_r[1]) < max(mouth_l[1], mouth_r[1]) and nose[1] > min(eye_l[1], eye_r[1])


@pytest.mark.parametrize("yaw_deg", [-25.0, 0.0, 25.0])
def test_eye_landmarks_follow_the_pixels_of_the_eyes(yaw_deg: float) -> None:
    """Closing the eyes changes pixels around the eye landmarks: both centres of change lie within two pixels."""
    identity = plain_person(10)
    view = View(yaw_deg=yaw_deg, roll_deg=10.0, shift_x=0.03)
    start = render(identity, {}, view, SIZE)
    change = difference(start.image, render(identity, {"AU43": 5.0}, view, SIZE).image)
    y, x = np.nonzero(change > 60)
    nearest = np.hypot(x[:, None] + 0.5 - start.landmarks[:2, 0], y[:, None] + 0.5 - start.landmarks[:2, 1])
    for eye in (0, 1):
        mine = nearest.argmin(axis=1) == eye
        centre = np.array([x[mine].mean() + 0.5, y[mine].mean() + 0.5])
        assert np.abs(centre - start.landmarks[eye]).max() < 3.0
        assert np.abs(centre - start.landmarks[1 - eye]).max() > 10, "the other eye would be the wrong answer"


def test_mouth_landmarks_follow_a_smile() -> None:
    identity = plain_person(10)
    rest, smile = (render(identity, {"AU12": k}, View(), SIZE).landmarks for k in (0.0, 5.0))
    assert smile[3, 0] < rest[3, 0] - 2 and smile[4, 0] > rest[4, 0] + 2, "corners move apart"
    assert (smile[3:, 1] < rest[3:, 1] - 2).all(), "and up"
    assert np.array_equal(smile[:2], rest[:2]), "eyes stay"


def test_pose_turns_the_nose_as_documented() -> None:
    identity = plain_person(10)
    front = render(identity, {}, View(), SIZE).landmarks[2]
    assert render(identity, {}, View(yaw_deg=20), SIZE).landmarks[2, 0] > front[0] + 5
    assert render(identity, {}, View(pitch_deg=10), SIZE).landmarks[2, 1] < front[1] - 3
    eyes = render(identity, {}, View(roll_deg=10), SIZE).landmarks[:2]
    assert eyes[1, 1] > eyes[0, 1] + 3


@pytest.mark.parametrize("size", [32, 100, 256])
def test_landmarks_scale_with_the_picture(size: int) -> None:
    identity = plain_person(10)
    drawn = render(identity, {}, View(), size)
    assert drawn.image.shape == (size, size, 3) and drawn.image.dtype == np.uint8
    assert np.allclose(drawn.landmarks / size, render(identity, {}, View(), 64).landmarks / 64, atol=1e-4)


@pytest.mark.parametrize(
    ("intensities", "size", "match"),
    [({"AU12": 6.0}, 64, "0-5"), ({"AU12": -1.0}, 64, "0-5"), ({"AU1": 1.0}, 64, "AU"), ({}, 16, "32-256")],
)
def test_bad_input_is_refused_in_words(intensities: dict[str, float], size: int, match: str) -> None:
    with pytest.raises(MienError, match=match):
        render(plain_person(10), intensities, View(), size)


def test_sheets_have_the_promised_shape() -> None:
    assert expression_sheet(people=1, size=32).shape == (48, 8 * 32, 3)
    assert au_sheet(size=32).shape == (7 * 48, 12 * 32, 3)
    image = np.zeros((4, 6, 3), np.uint8)
    assert contact_sheet([image] * 3, columns=2).shape == (8, 12, 3)
    with pytest.raises(MienError, match="label"):
        contact_sheet([image], 1, ["a", "b"])
    with pytest.raises(MienError, match="one shape"):
        contact_sheet([image, image[:2]], 1)


def test_exposure_and_colour_cast_scale_each_channel() -> None:
    identity = plain_person(10)
    plain = render(identity, {}, View(), 40).image.astype(float)
    tinted = render(identity, {}, View(exposure=0.8, cast=(1.0, 0.75, 0.5)), 40).image
    assert np.abs(tinted - plain * (0.8, 0.6, 0.4)).max() <= 0.51


def test_frames_of_a_clip_differ_in_noise_but_not_in_background() -> None:
    identity = plain_person(10)
    quiet = [View(background=5, variety=30, seed=1, noise_seed=i) for i in (0, 1)]
    same = [render(identity, {}, view, 32).image for view in quiet]
    assert np.array_equal(*same)
    noisy = [render(identity, {}, View(noise=3, seed=1, noise_seed=i), 32).image for i in (0, 1)]
    assert not np.array_equal(*noisy)


def test_noise_has_the_stated_spread_and_no_bias() -> None:
    identity = plain_person(10)
    plain = render(identity, {}, View(), 128).image.astype(float)
    change = render(identity, {}, View(noise=4.0, seed=3), 128).image - plain
    unclipped = change[(plain > 20) & (plain < 235)]
    assert abs(unclipped.mean()) < 0.1 and unclipped.std() == pytest.approx(4.0, rel=0.03)


def test_a_wink_shows_one_open_eye() -> None:
    identity = plain_person(10)
    rest, both = render(identity, {}, View(), SIZE), render(identity, {"AU43": 5.0}, View(), SIZE).image
    wink = render(identity, {"AU43": 5.0}, View(), SIZE, {"AU43": 1.0}).image
    half = SIZE // 2
    assert np.array_equal(wink[:, : half - 6], rest.image[:, : half - 6])
    assert np.array_equal(wink[:, half + 6 :], both[:, half + 6 :])
