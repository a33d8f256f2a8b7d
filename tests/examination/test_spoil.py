"""What spoils a picture: by how much, and what it leaves alone."""

import numpy as np
import pytest

from mien.examination.no_faces import KINDS, no_faces
from mien.examination.spoil import SPOILERS, coarse, covered, dark, grainy, turned

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", SPOILERS)
def test_every_step_changes_the_picture_more_than_the_one_before(kind: str) -> None:
    smooth = np.asarray(np.kron(PICTURE[:8, :12], np.ones((8, 8, 1))), np.uint8)
    changed = []
    for step in SPOILERS[kind].values():
        out = step(smooth)
        assert out.dtype == np.uint8 and out.shape[2] == 3
        lost = smooth.size - out.size if kind == "side" else np.abs(out.astype(float) - smooth).mean()
        changed.append(float(lost))
    assert changed == sorted(changed) and changed[0] > 0


def test_amounts_mean_what_their_names_say() -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    assert grainy(grey, 0.1).std() == pytest.approx(25.5, rel=0.03)
    assert dark(np.full((2, 2, 3), 101, np.uint8), 0.25).max() == 25
    assert (covered(np.zeros((100, 100, 3), np.uint8), 0.09) == 128).all(axis=2).mean() == pytest.approx(0.09)
    assert coarse(PICTURE, 0.5).shape == (20, 30, 3)


def test_a_turn_is_counter_clockwise() -> None:
    picture = np.zeros((41, 41, 3), np.uint8)
    picture[20, 35] = 255  # to the right of the middle
    out = turned(picture, 90)
    assert np.unravel_index(out[..., 0].argmax(), (41, 41)) == (5, 20)  # above it; (35, 20) would be clockwise


def test_no_faces_are_of_every_kind_and_the_same_every_time() -> None:
    drawn = list(no_faces(each=3))
    assert [kind for kind, _ in drawn] == [kind for kind in KINDS for _ in range(3)]
    assert all(picture.shape == (96, 96, 3) and picture.dtype == np.uint8 for _, picture in drawn)
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(drawn, no_faces(each=3), strict=True))
    assert len({picture.tobytes() for _, picture in drawn}) == len(drawn)
