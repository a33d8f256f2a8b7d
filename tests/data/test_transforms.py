"""Random changes of faces: what moves where, by how much, and what stays."""

from dataclasses import replace

import numpy as np
import pytest

from mien.config import Augment
from mien.data.transforms import _matrices, augmented, centred, draw_changes

SIZE, PAD = 32, 4
FULL = SIZE + 2 * PAD
OFF = dict.fromkeys(Augment.model_fields, 0.0)
EVERYTHING = Augment(colour=0.1, grey=0.3, blur=0.4, jpeg=0.4, erase=0.5, coarse=0.4, noise=0.4)


def rng(seed=0):
    return np.random.default_rng(seed)


def random_faces(count, channels=3, seed=1):
    return rng(seed).integers(0, 256, (count, FULL, FULL, channels), dtype=np.uint8)


def changes(count=8, seed=0, **settings):
    """Changes of one kind alone."""
    return draw_changes(Augment(**{**OFF, **settings}), count, SIZE, PAD, rng(seed))


def applied(faces, **settings):
    return augmented(faces, changes(len(faces), **settings), SIZE)


def moved(faces, flip=1.0, angle=0.0, zoom=1.0, shift=(0.0, 0.0)):
    """Every face with one known move."""
    n = len(faces)
    matrix = _matrices(
        np.full(n, flip), np.full(n, angle), np.full(n, zoom), np.tile(np.array(shift), (n, 1)), SIZE, PAD
    )
    return augmented(faces, replace(changes(n), matrix=matrix), SIZE)


def levels(out):
    """Floats in [0, 1] as 8-bit levels."""
    return np.round(out * 255).astype(np.uint8)


def dot(x, y):
    """A black padded face with one white pixel; ``x`` and ``y`` are its place in the result."""
    face = np.zeros((1, FULL, FULL, 1), np.uint8)
    face[0, y + PAD, x + PAD] = 255
    return face


def place(out):
    y, x = np.unravel_index(out[0, ..., 0].argmax(), (SIZE, SIZE))
    return int(x), int(y)


# -- all together


@pytest.mark.parametrize("channels", [1, 3])
def test_without_changes_training_sees_what_evaluation_sees(channels):
    faces = random_faces(5, channels)
    out = applied(faces)
    assert out.dtype == np.float32 and out.shape == (5, SIZE, SIZE, channels)
    assert np.array_equal(out, centred(faces, SIZE))
    assert np.array_equal(out, faces[:, PAD:-PAD, PAD:-PAD].astype(np.float32) * np.float32(1 / 255))


@pytest.mark.parametrize("channels", [1, 3])
def test_values_stay_in_range(channels):
    wild = Augment(
        flip=1, rotate_deg=45, scale=0.5, shift=0.3, brightness=0.5, contrast=1, colour=0.5, blur=1, jpeg=1, erase=1
    )
    out = augmented(random_faces(20, channels), draw_changes(wild, 20, SIZE, PAD, rng()), SIZE)
    assert out.min() == 0 and out.max() == 1  # clipped at both ends, and never NaN
    assert out.shape == (20, SIZE, SIZE, channels)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_generator_gives_the_same_pictures_and_the_faces_stay(channels):
    faces = random_faces(12, channels)
    before = faces.copy()
    one, same, other = (
        augmented(faces, draw_changes(EVERYTHING, 12, SIZE, PAD, rng(seed)), SIZE) for seed in (3, 3, 4)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.array_equal(faces, before)


@pytest.mark.parametrize("part", [slice(0, 5), slice(1, None, 2), slice(2, None, 3), slice(0, 0)])
def test_a_part_of_the_changes_gives_that_part_of_the_pictures(part):
    faces = random_faces(12)
    whole = draw_changes(EVERYTHING, 12, SIZE, PAD, rng(3))
    mine = whole.part(part)
    assert len(mine.matrix) == len(mine.cover) == len(range(12)[part])
    if len(mine.matrix):
        assert np.array_equal(augmented(faces[part], mine, SIZE), augmented(faces, whole, SIZE)[part])


def test_every_face_has_changes_of_its_own():
    drawn = draw_changes(Augment(), 50, SIZE, PAD, rng())
    assert len(np.unique(drawn.matrix, axis=0)) == len(np.unique(drawn.gain[:, 0])) == 50


# -- moves


def test_a_flip_mirrors_left_and_right():
    faces = random_faces(4)
    out = applied(faces, flip=1.0)
    assert np.array_equal(out, centred(faces, SIZE)[:, :, ::-1])
    assert not np.array_equal(out, centred(faces, SIZE)[:, ::-1])  # upside down


def test_about_so_many_are_flipped_as_wanted():
    flipped = changes(4000, flip=0.3).matrix[:, 0, 0] < 0
    assert flipped.mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("shift", [(3, 0), (0, -2), (-4, 4)])
def test_a_shift_moves_the_face_right_and_down(shift):
    # To the left and up is the wrong answer: the map taken the other way round.
    assert place(moved(dot(10, 20), shift=shift)) == (10 + shift[0], 20 + shift[1])
    faces = random_faces(1)
    x, y = PAD - shift[0], PAD - shift[1]
    assert np.array_equal(levels(moved(faces, shift=shift))[0], faces[0, y : y + SIZE, x : x + SIZE])


def test_the_padding_fills_what_a_shift_lays_bare_and_the_edge_what_is_beyond():
    face = np.zeros((1, FULL, FULL, 1), np.uint8)
    face[:, :, 0] = 200  # only the outermost column
    out = levels(moved(face, shift=(PAD + 3, 0)))[0, :, :, 0]
    assert (out[:, :4] == 200).all() and (out[:, 4:] == 0).all()


def test_a_shift_is_in_parts_of_the_side():
    offsets = changes(4000, shift=0.1).matrix[:, :, 2] + PAD
    assert offsets.std(axis=0) == pytest.approx(0.1 * SIZE, rel=0.06)  # in pixels of the input: 3.2, not of the padded
    assert np.abs(offsets).max() <= 0.25 * SIZE + 1e-9  # and never more than 2.5 of it


@pytest.mark.parametrize("angle", [np.pi / 2, -np.pi / 2, np.pi])
def test_a_rotation_keeps_the_centre(angle):
    faces = random_faces(2)
    turns = round(angle / (np.pi / 2))
    expected = np.rot90(centred(faces, SIZE), turns, axes=(1, 2))
    assert np.abs(moved(faces, angle=angle) - expected).max() < 0.01  # half a pixel off, noise would differ by 1


@pytest.mark.parametrize(("flip", "angle", "zoom"), [(1, 0.3, 1.2), (-1, -0.2, 0.8), (-1, 0, 2), (1, 0.7, 1)])
def test_every_move_keeps_the_centre(flip, angle, zoom):
    (matrix,) = _matrices(*(np.array([float(v)]) for v in (flip, angle, zoom)), np.zeros((1, 2)), SIZE, PAD)
    middle = (FULL - 1) / 2
    assert matrix @ (middle, middle, 1) == pytest.approx(np.full(2, (SIZE - 1) / 2))
    assert abs(np.linalg.det(matrix[:, :2])) == pytest.approx(zoom**2)
    assert np.sign(np.linalg.det(matrix[:, :2])) == flip
    assert matrix[:, :2] @ matrix[:, :2].T == pytest.approx(zoom**2 * np.eye(2))  # nothing is sheared


def test_a_zoom_above_one_enlarges():
    face = np.zeros((1, FULL, FULL, 1), np.uint8)
    face[:, PAD + 12 : PAD + 20, PAD + 12 : PAD + 20] = 255  # 8 x 8 in the middle
    assert moved(face, zoom=2.0).sum() == pytest.approx(16 * 16, rel=0.02)
    assert moved(face, zoom=0.5).sum() == pytest.approx(4 * 4, rel=0.02)


def test_moves_are_drawn_as_wide_as_their_settings_say():
    turned = changes(4000, rotate_deg=10.0).matrix
    angles = np.rad2deg(np.arctan2(turned[:, 0, 1], turned[:, 0, 0]))
    assert angles.std() == pytest.approx(10, rel=0.06) and np.abs(angles).max() <= 25.001
    assert angles.mean() == pytest.approx(0, abs=0.6)
    zooms = np.log(changes(4000, scale=0.1).matrix[:, 0, 0])
    assert zooms.std() == pytest.approx(0.1, rel=0.06) and np.abs(zooms).max() <= 0.2501


# -- colour


def test_brightness_adds_and_contrast_turns_about_mid_grey():
    for value in (0.25, 0.5):
        faces = np.full((500, FULL, FULL, 1), round(255 * value), np.uint8)
        brighter = applied(faces, brightness=0.05)[:, 0, 0, 0] - faces[0, 0, 0, 0] / 255
        assert brighter.std() == pytest.approx(0.05, rel=0.15)
    grey = np.full((50, FULL, FULL, 3), 127.5).astype(np.uint8)
    assert np.abs(applied(grey, contrast=0.5) - 0.5).max() < 0.01  # about 0, dark pictures would stay dark alone
    steps = np.zeros((1, FULL, FULL, 1), np.uint8)
    steps[:, :, FULL // 2 :] = 255
    drawn = replace(changes(1), gain=np.full((1, 3), 0.5, np.float32), bias=np.full((1, 3), 0.25, np.float32))
    assert sorted(np.unique(augmented(steps, drawn, SIZE))) == [0.25, 0.75]


def test_brightness_and_contrast_leave_the_hue():
    faces = np.broadcast_to(np.array([100, 100, 100], np.uint8), (20, FULL, FULL, 3))
    out = applied(faces, brightness=0.1, contrast=0.2)
    assert np.array_equal(out[..., 0], out[..., 1]) and np.array_equal(out[..., 0], out[..., 2])
    tinted = applied(faces, colour=0.2)
    assert (np.ptp(tinted, axis=3) > 0).any()


@pytest.mark.parametrize("colour", [0.0, 0.3])
def test_grey_makes_the_channels_equal(colour):
    faces = random_faces(6)
    out = applied(faces, grey=1.0, colour=colour)
    assert np.array_equal(out[..., 0], out[..., 1]) and np.array_equal(out[..., 0], out[..., 2])
    if not colour:
        luminance = centred(faces, SIZE) @ np.array([0.299, 0.587, 0.114])
        assert np.abs(out[..., 0] - luminance).max() < 1e-6
        assert np.abs(out[..., 0] - centred(faces, SIZE).mean(axis=3)).max() > 0.05  # the plain mean


def test_grey_takes_only_the_chosen_faces():
    faces = random_faces(6)
    chosen = np.array([True, False, False, True, False, False])
    out = augmented(faces, replace(changes(6), grey=chosen), SIZE)
    assert np.array_equal(out[~chosen], centred(faces, SIZE)[~chosen])
    assert np.array_equal(out[chosen][..., 0], out[chosen][..., 2])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["blur", "jpeg", "coarse", "noise"])
def test_what_spoils_a_picture_changes_the_pixels_but_not_the_mean(kind, channels):
    faces = random_faces(6, channels)
    out = applied(faces, **{kind: 1.0})
    assert out.shape == (6, SIZE, SIZE, channels)
    assert (np.abs(out - centred(faces, SIZE)).mean(axis=(1, 2, 3)) > 0.005).all()
    assert out.mean() == pytest.approx(centred(faces, SIZE).mean(), abs=0.02)
    if kind in ("blur", "coarse"):
        assert out.std() < centred(faces, SIZE).std()


def test_grain_is_as_strong_as_drawn_and_not_the_same_on_two_faces():
    grey = np.full((200, FULL, FULL, 1), 128, np.uint8)
    drawn = changes(200, noise=1.0)
    out = augmented(grey, drawn, SIZE)
    np.testing.assert_allclose(out.std(axis=(1, 2, 3)), drawn.grain, rtol=0.15)
    assert drawn.grain.min() < 0.02 and 0.07 < drawn.grain.max() <= 0.08
    assert not np.array_equal(out[0] - 128 / 255, (out[1] - 128 / 255) * drawn.grain[0] / drawn.grain[1])


def test_a_coarse_picture_has_a_third_to_four_fifths_of_the_side():
    drawn = changes(300, coarse=1.0)
    assert drawn.coarse.min() == int(0.3 * SIZE) and drawn.coarse.max() == int(0.8 * SIZE) - (0.8 * SIZE % 1 == 0)


# -- the covered rectangle


def test_erasing_covers_2_to_15_percent_with_one_brightness():
    size, pad, count = 64, 8, 300
    drawn = draw_changes(Augment(**{**OFF, "erase": 1.0}), count, size, pad, rng())
    faces = np.zeros((count, size + 2 * pad, size + 2 * pad, 3), np.uint8)
    drawn = replace(drawn, cover=np.maximum(drawn.cover, 0.01))
    covered = augmented(faces, drawn, size) > 0
    share = covered[..., 0].mean(axis=(1, 2))
    assert share.min() > 0.017 and share.max() < 0.16  # edges are rounded to whole pixels
    assert share.min() < 0.03 and share.max() > 0.13 and share.mean() == pytest.approx(0.085, abs=0.01)
    assert (covered[..., 0] == covered[..., 1]).all()
    assert drawn.erase.min() == 0 and drawn.erase.max() == size  # up to the edges, never beyond


def test_what_is_not_erased_stays():
    faces = random_faces(40)
    drawn = changes(40, erase=0.5)
    out = augmented(faces, drawn, SIZE)
    chosen = drawn.erase[:, 2] > 0
    assert 10 < chosen.sum() < 30
    assert np.array_equal(out[~chosen], centred(faces, SIZE)[~chosen])
    for i in np.flatnonzero(chosen):
        x1, y1, x2, y2 = drawn.erase[i]
        same = (out[i] == centred(faces, SIZE)[i]).all(axis=2)
        same[y1:y2, x1:x2] = True
        assert same.all()
        assert (out[i, y1:y2, x1:x2] == drawn.cover[i]).all()
