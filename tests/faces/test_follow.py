"""Numbers of persons through motion, gaps and crossings; searches only when needed."""

from collections.abc import Sequence

import numpy as np
import pytest

from mien.faces.detect import Detections
from mien.faces.follow import IDLE_S, SEARCH_S, Follower
from mien.faces.track import Tracker

TEXTURES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8).repeat(5, axis=1).repeat(5, axis=2)
Places = dict[int, tuple[float, float]]


def scene(places: Places) -> tuple[np.ndarray, Detections]:
    """A picture with a 40-pixel texture for each person, and where they are."""
    image = np.full((200, 400, 3), 128, np.uint8)
    boxes = []
    for person, (x, y) in places.items():
        image[int(y) : int(y) + 40, int(x) : int(x) + 40] = TEXTURES[person]
        boxes.append([int(x), int(y), int(x) + 40, int(y) + 40])
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return image, Detections(xyxy, np.ones(len(xyxy), np.float32), np.zeros((len(xyxy), 5, 2), np.float32))


def numbers(course: Sequence[Places], fps: float = 25, tracker: Tracker | None = None) -> list[dict[int, int]]:
    """Per frame, person -> the number that the tracker gave."""
    tracker = tracker or Tracker()
    out = []
    for i, places in enumerate(course):
        image, found = scene(places)
        out.append(dict(zip(places, tracker.update(i / fps, image, found).tolist(), strict=True)))
    return out


def test_moving_persons_keep_their_numbers_in_any_order() -> None:
    course: list[Places] = []
    for i in range(30):
        here = {0: (10 + 5 * i, 20), 1: (300 - 5 * i, 120)}
        course.append(here if i % 2 else dict(reversed(here.items())))
    seen = numbers(course)
    assert {frame[0] for frame in seen} == {seen[0][0]} and {frame[1] for frame in seen} == {seen[0][1]}
    assert seen[0][0] != seen[0][1]


def test_a_face_that_is_lost_for_a_second_keeps_its_number() -> None:
    course: list[Places] = [{0: (50, 50)}] * 5 + [{}] * 25 + [{0: (80, 60)}] * 5
    seen = numbers(course)
    assert seen[-1][0] == seen[0][0]


def test_another_face_in_the_same_region_is_another_person() -> None:
    course: list[Places] = [{0: (50, 50)}] * 5 + [{}] * 25 + [{1: (110, 50)}] * 5
    seen = numbers(course)
    assert seen[-1][1] != seen[0][0], "place alone would take it for the same"


def test_after_a_long_gap_a_face_is_new() -> None:
    course: list[Places] = [{0: (50, 50)}, *[{}] * 60, {0: (50, 50)}]
    seen = numbers(course)
    assert seen[-1][0] != seen[0][0]
    assert numbers(course, tracker=Tracker(max_gap_s=9))[-1][0] == 0


def test_two_who_pass_each_other_are_told_apart_by_look() -> None:
    course: list[Places] = [{0: (60 + 6 * i, 50), 1: (240 - 6 * i, 62)} for i in range(31)]
    seen = numbers(course)
    assert seen[-1] == seen[0]


class Counting:
    """A detector that knows the truth and counts its work."""

    def __init__(self) -> None:
        self.searches = self.refined = 0
        self.truth: Places = {}
        self.score = 1.0

    def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
        self.searches += 1
        return [scene(self.truth)[1]]

    def refine(self, image: np.ndarray, xyxy: np.ndarray) -> Detections:
        self.refined += 1
        _, found = scene(self.truth)
        n = len(xyxy)
        nearest = [int(np.abs(found.xyxy - box).sum(axis=1).argmin()) for box in xyxy]
        return Detections(found.xyxy[nearest], np.full(n, self.score, np.float32), found.landmarks[nearest])


def follow(detector: Counting, course: Sequence[Places], fps: float = 25) -> list[int]:
    follower, counts = Follower(detector), []
    for i, places in enumerate(course):
        detector.truth = places
        counts.append(len(follower.update(i / fps, scene(places)[0])[0]))
    return counts


def test_a_steady_face_is_searched_seldom_and_found_always() -> None:
    detector = Counting()
    assert follow(detector, [{0: (50 + i, 50)} for i in range(100)]) == [1] * 100
    assert detector.searches <= 4 / SEARCH_S + 1 and detector.refined >= 85


def test_a_lost_face_is_searched_at_once() -> None:
    detector = Counting()
    detector.score = 0.1
    assert follow(detector, [{0: (50, 50)}] * 5) == [1] * 5
    assert detector.searches == 5, "a low score means a search in the same frame, never an unsure face"


def test_a_newcomer_is_noticed_in_time() -> None:
    second = follow(Counting(), [{0: (50, 50)}] * 10 + [{0: (50, 50), 1: (200, 50)}] * 20)
    assert second[-1] == 2 and second.index(2) - 10 <= SEARCH_S * 25 + 1
    first = follow(Counting(), [{}] * 10 + [{0: (50, 50)}] * 10)
    assert first.index(1) - 10 <= IDLE_S * 25 + 1


def test_faces_that_run_together_are_searched_anew() -> None:
    class Drawn(Counting):
        def refine(self, image: np.ndarray, xyxy: np.ndarray) -> Detections:
            return Detections(
                xyxy[[0] * len(xyxy)], np.ones(len(xyxy), np.float32), np.zeros((len(xyxy), 5, 2), np.float32)
            )

    assert follow(Drawn(), [{0: (50, 50), 1: (200, 50)}] * 6) == [2] * 6


def test_a_followed_face_keeps_its_number_whatever_its_score() -> None:
    """Rows come best first, and the better face changes; numbers by row would change with it."""

    class Wavering(Counting):
        def refine(self, image: np.ndarray, xyxy: np.ndarray) -> Detections:
            found = super().refine(image, xyxy)
            left_better = self.refined % 2 == 0
            return Detections(found.xyxy, np.where((found.xyxy[:, 0] < 150) == left_better, 0.99, 0.9), found.landmarks)

    detector = Wavering()
    follower = Follower(detector)
    sides = []
    for i in range(9):
        detector.truth = {0: (50 + i, 50), 1: (250, 50)}
        found, numbers = follower.update(i / 25, scene(detector.truth)[0])
        sides.append({number: bool(box[0] < 150) for number, box in zip(numbers.tolist(), found.xyxy, strict=True)})
    assert detector.searches == 1 and all(frame == sides[0] for frame in sides)


def test_a_detector_that_cannot_refine_searches_every_frame() -> None:
    class Plain:
        searches = 0

        def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
            self.searches += 1
            return [scene({0: (50, 50)})[1]]

    plain = Plain()
    follower = Follower(plain)
    for i in range(7):
        follower.update(i / 25, scene({0: (50, 50)})[0])
    assert plain.searches == 7


@pytest.mark.parametrize("box", [[-30, -30, 5, 5], [500, 500, 540, 540], [10, 10, 10, 10]])
def test_boxes_at_and_beyond_the_edge_are_tracked(box: list[float]) -> None:
    tracker = Tracker()
    found = Detections(np.array([box], np.float32), np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32))
    for i in range(3):
        assert len(tracker.update(i / 25, np.zeros((50, 50, 3), np.uint8), found)) == 1
