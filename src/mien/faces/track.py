"""The same number for the same person from frame to frame."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mien.faces.boxes import overlap
from mien.faces.detect import Detections
from mien.preprocessing import Image

Array = npt.NDArray[np.float32]

LOOK = 16  # side of the small grey picture that a face is remembered by
NEAR = 0.3  # overlap from which a box near the expected place is the same face
ALIKE = 0.6  # correlation of looks from which a face that was lost is the same
REACH = 2.0  # sides of its box that a lost face may have moved
FOLLOW = 0.5  # share of a new speed and look in the remembered ones


@dataclass
class Track:
    """A person as last seen: box, speed in pixels per second, look, time, and whether that was in the last frame."""

    number: int
    xyxy: Array
    speed: Array
    look: Array
    time_s: float

    def expected(self, time_s: float) -> Array:
        """Where the box should be at a time, if it keeps its speed for a moment and then stands still."""
        shift = self.speed * min(time_s - self.time_s, 0.2)
        return np.asarray(self.xyxy + np.concatenate([shift, shift]), np.float32)

    def move(self, time_s: float, box: Array) -> None:
        """The face is here now."""
        x1, y1, x2, y2 = box - self.xyxy
        moved = np.array([x1 + x2, y1 + y2], np.float32) / (2 * max(time_s - self.time_s, 1e-3))
        self.speed = (1 - FOLLOW) * self.speed + FOLLOW * moved
        self.xyxy, self.time_s = box, time_s


class Tracker:
    """Follows faces by place, motion and look; a face that is lost for a while keeps its number.

    Matches are made greedily, best first: by overlap with the expected box, else, for a face that was lost, by the
    correlation of 16 x 16 grey pictures among boxes within reach.

    Args:
        max_gap_s: how long a face may be out of sight and still be known.
    """

    def __init__(self, max_gap_s: float = 2.0) -> None:
        self.max_gap_s = max_gap_s
        self.tracks: list[Track] = []
        self._next = 0

    def update(self, time_s: float, image: Image, found: Detections) -> npt.NDArray[np.int64]:
        """The number of each face of the next frame.

        Args:
            time_s: of the frame; later than that of the frame before.
            image: (H, W, 3) uint8 RGB.
            found: its n faces.

        Returns:
            (n,) int64; numbers count from 0 and are never given twice.
        """
        self.tracks = [track for track in self.tracks if time_s - track.time_s <= self.max_gap_s]
        looks = [look(image, box) for box in found.xyxy]
        owner = self._match(time_s, found.xyxy, looks)
        for row, box in enumerate(found.xyxy):
            track = owner.get(row)
            if track is None:
                track = Track(self._next, box, np.zeros(2, np.float32), looks[row], time_s)
                self._next += 1
                self.tracks.append(track)
                owner[row] = track
                continue
            track.move(time_s, box)
            track.look = (1 - FOLLOW) * track.look + FOLLOW * looks[row]
        return np.array([owner[row].number for row in range(len(found))], np.int64)

    def expected(self, time_s: float, numbers: npt.NDArray[np.int64]) -> Array:
        """(n, 4) where the faces of these numbers (n,) should be at a time."""
        places = {track.number: track.expected(time_s) for track in self.tracks}
        return np.stack([places[number] for number in numbers.tolist()])

    def move(self, time_s: float, xyxy: Array, numbers: npt.NDArray[np.int64]) -> None:
        """The faces of these numbers (n,), looked at again where they were expected, are at (n, 4) now."""
        tracks = {track.number: track for track in self.tracks}
        for number, box in zip(numbers.tolist(), xyxy, strict=True):
            tracks[number].move(time_s, box)

    def _match(self, time_s: float, boxes: Array, looks: list[Array]) -> dict[int, Track]:
        """Row of a box -> its track, best pairs first."""
        if not self.tracks or not len(boxes):
            return {}
        expected = np.stack([track.expected(time_s) for track in self.tracks])
        near = overlap(expected, boxes)
        alike = np.array([[correlation(track.look, one) for one in looks] for track in self.tracks])
        within = np.array([[_reach(place, box) <= REACH for box in boxes] for place in expected])
        score = np.where(near >= NEAR, 1 + near + alike, np.where(within & (alike >= ALIKE), alike, -np.inf))
        owner: dict[int, Track] = {}
        while np.isfinite(score.max()):
            i, row = np.unravel_index(score.argmax(), score.shape)
            owner[int(row)] = self.tracks[int(i)]
            score[i, :] = score[:, row] = -np.inf
        return owner


def look(image: Image, box: Array) -> Array:
    """A face's look: its box as a small grey picture with mean 0 and length 1; zeros where there is nothing to see."""
    x1, y1, x2, y2 = np.clip(np.rint(box), 0, np.tile(image.shape[1::-1], 2)).astype(int)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return np.zeros((LOOK, LOOK), np.float32)
    small = cv2.resize(image[y1:y2, x1:x2], (LOOK, LOOK), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey -= grey.mean()
    return np.asarray(grey / max(float(np.linalg.norm(grey)), 1e-6), np.float32)


def correlation(a: Array, b: Array) -> float:
    """Of two looks, in [-1, 1]."""
    return float((a * b).sum() / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6))


def _reach(a: Array, b: Array) -> float:
    """Distance of two boxes' centres in sides of the larger."""
    side = max(float((box[2:] - box[:2]).max()) for box in (a, b))
    away = a.reshape(2, 2).mean(axis=0) - b.reshape(2, 2).mean(axis=0)
    return float(np.linalg.norm(away)) / max(side, 1e-6)
