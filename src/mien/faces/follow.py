"""Faces of a video without a full search in every frame."""

import numpy as np
import numpy.typing as npt

from mien.faces.boxes import suppress
from mien.faces.detect import Detections, Detector
from mien.faces.track import Tracker
from mien.preprocessing import Image

SEARCH_S = 0.4  # between two full searches while all known faces are still there
IDLE_S = 0.1  # and while there is none: how late a face may be noticed
STILL_A_FACE = 0.8  # score below which a followed face counts as lost
SAME_FACE = 0.6  # overlap from which two followed boxes have run together


class Follower:
    """Searches now and then, and between searches only looks again where the faces should be.

    A full search is made every 0.4 s, every 0.1 s while there is no face, and at once when a followed face is lost. A
    new person is so noticed 0.4 s late at most, and the first one 0.1 s.

    Args:
        detector: one with ``refine`` (see ``Refiner``); any other searches every frame.
        tracker: gives the numbers; ``Tracker()`` when None.
    """

    def __init__(self, detector: Detector, tracker: Tracker | None = None) -> None:
        self.detector, self.tracker = detector, tracker or Tracker()
        self._refine = getattr(detector, "refine", None)
        self._searched_s = -np.inf
        self._known: npt.NDArray[np.int64] = np.zeros(0, np.int64)

    def update(self, time_s: float, image: Image) -> tuple[Detections, npt.NDArray[np.int64]]:
        """The faces of the next frame, and the number of each person.

        Args:
            time_s: of the frame, later than that of the one before.
            image: (H, W, 3) uint8 RGB.
        """
        followed = self._followed(time_s, image)
        if followed is None:
            found = self.detector.detect([image])[0]
            self._searched_s = time_s
            followed = found, self.tracker.update(time_s, image, found)
        self._known = followed[1]
        return followed

    def _followed(self, time_s: float, image: Image) -> tuple[Detections, npt.NDArray[np.int64]] | None:
        """Last frame's faces in this one; None when it is time to search."""
        wait_s = SEARCH_S if len(self._known) else IDLE_S
        if self._refine is None or not 0 <= time_s - self._searched_s < wait_s:
            return None
        if not len(self._known):
            return Detections.empty(), self._known
        found: Detections = self._refine(image, self.tracker.expected(time_s, self._known))
        apart = suppress(found.xyxy, found.score, SAME_FACE)
        if found.score.min() < STILL_A_FACE or len(apart) < len(found):
            return None
        found, numbers = found[apart], self._known[apart]
        self.tracker.move(time_s, found.xyxy, numbers)
        return found, numbers
