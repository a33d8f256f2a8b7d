"""Smoothing by time: hand-worked steps, uneven frames, persons apart."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from inference.made import LABELS, faces
from mien.errors import MienError
from mien.inference.results import Faces, concatenate
from mien.inference.smooth import Smoother, smoothed
from mien.models.postprocess import Smoothing
from mien.smoothing import smooth as smooth_series


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


def course(seconds: float = 6.0, rate: float = 25.0) -> list[tuple[int, Faces]]:
    """Frames of two people, one of whom is away now and then, and some frames with nobody."""
    rng = np.random.default_rng(0)
    frames = []
    for number in range(round(seconds * rate)):
        there = [track for track, gone in ((3, number % 40 in (7, 8)), (5, number % 40 < 9)) if not gone]
        time = number / rate + 0.01 * rng.random()
        about = {"track_id": np.array(there), "time_s": np.full(len(there), time), "index": (number, time)}
        one = (
            faces(len(there), seed=number, frame=number, **about) if there else Faces.none(LABELS, index=(number, time))
        )
        frames.append((number, one))
    return frames


@pytest.mark.parametrize(("kernel", "width"), [("gaussian", 0.1), ("gaussian", 0.35), ("box", 0.5), ("box", 20.0)])
def test_a_kernel_around_each_moment_is_that_of_the_whole_series(kernel: str, width: float) -> None:
    frames = course()
    found = list(smoothed(iter(frames), Smoothing(kernel=kernel, width_s=width)))  # type: ignore[arg-type]
    assert [number for number, _ in found] == [number for number, _ in frames]
    assert [len(one) for _, one in found] == [len(one) for _, one in frames]
    whole, calm = (concatenate([one for _, one in some if len(one)]) for some in (frames, found))
    for track in (3, 5):
        rows = whole.track_id == track
        for task, values in whole.values.items():
            alone = smooth_series(values[rows], whole.time_s[rows], width, kernel)
            np.testing.assert_allclose(calm.values[task][rows], alone, atol=1e-6, err_msg=f"{task} of {track}")
    np.testing.assert_allclose(calm.expression.sum(axis=1), 1, atol=1e-5)
    assert np.abs(calm.va - whole.va).max() > 0.3


def test_no_more_is_held_than_the_kernel_needs() -> None:
    taken = 0

    def counting() -> Iterator[tuple[int, Faces]]:
        nonlocal taken
        for pair in course():
            taken += 1
            yield pair

    ahead = [taken - number for number, _ in smoothed(counting(), Smoothing(kernel="gaussian", width_s=0.1))]
    assert max(ahead) <= 3 * 0.4 * 25 + 2, "four standard deviations on either side, and one more to wait for"


def test_a_live_stream_does_not_wait() -> None:
    frames = iter(course())
    found = smoothed(frames, Smoothing(kernel="box", width_s=2.0), live=True)
    next(found), next(found)
    assert next(frames)[0] == 2
    follow = Smoother(2.0)
    expected = [follow(one) for _, one in course()][-1]
    assert list(smoothed(iter(course()), Smoothing(kernel="box", width_s=2.0), live=True))[-1][1].va.tolist() == (
        expected.va.tolist()
    )


def test_a_width_of_zero_gives_what_came() -> None:
    frames = course(1.0)
    for kernel in ("past", "gaussian", "box"):
        how = Smoothing(kernel=kernel, width_s=0)  # type: ignore[arg-type]
        assert all(a is b[1] for (_, a), b in zip(smoothed(iter(frames), how), frames, strict=True))
