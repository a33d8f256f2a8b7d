"""Smoothing by time: hand-worked steps, uneven frames, persons apart."""

import math

import numpy as np
import pytest

from inference.made import LABELS, faces
from mien.errors import MienError
from mien.inference.results import Faces
from mien.inference.smooth import Smoother


def at(time: float, value: float, track: int = 0) -> Faces:
    one = faces(1, time_s=np.array([time]), track_id=np.array([track]))
    one.values["va"][:] = value
    return one


def test_a_step_is_followed_by_one_minus_exp() -> None:
    smooth = Smoother(0.5)
    assert smooth(at(0.0, 0.0)).va[0, 0] == 0.0
    first = smooth(at(0.5, 1.0)).va[0, 0]
    assert first == pytest.approx(1 - math.exp(-1)), "a weight per frame instead of per second would differ"
    assert smooth(at(1.5, 1.0)).va[0, 0] == pytest.approx(1 - (1 - first) * math.exp(-2))


def test_uneven_frames_of_a_constant_course_end_alike() -> None:
    even, uneven = Smoother(0.3), Smoother(0.3)
    for smooth, times in ((even, np.linspace(0, 1, 11)), (uneven, np.array([0, 0.01, 0.7, 0.72, 1.0]))):
        smooth(at(-0.1, 0.0))
        last = [smooth(at(float(t), 1.0)) for t in times][-1]
        assert last.va[0, 0] == pytest.approx(1 - math.exp(-1.1 / 0.3), rel=1e-4)


def test_persons_do_not_mix_and_shares_add_up() -> None:
    smooth = Smoother(10.0)
    smooth(at(0.0, -1.0, track=1))
    assert smooth(at(0.04, 1.0, track=2)).va[0, 0] == 1.0, "a new person starts at its own value"
    smooth(faces(3, 1, frame=10))
    np.testing.assert_allclose(smooth(faces(3, 2, frame=11)).expression.sum(axis=1), 1, rtol=1e-6)


def test_the_faces_given_are_left_as_they_are() -> None:
    smooth, raw = Smoother(1.0), at(1.0, 1.0)
    smooth(at(0.0, 0.0))
    smooth(raw)
    assert raw.va[0, 0] == 1.0


def test_zero_changes_nothing_and_a_frame_without_faces_passes() -> None:
    assert Smoother(0.0)(faces(2)).va.tolist() == faces(2).va.tolist()
    assert len(Smoother(1.0)(Faces.none(LABELS))) == 0
    with pytest.raises(MienError, match="expected 0 to"):
        Smoother(-1)


def test_tracks_long_gone_are_forgotten() -> None:
    smooth = Smoother(1.0)
    for track in range(500):
        smooth(at(float(track), 0.0, track))
    assert len(smooth._last) < 70
