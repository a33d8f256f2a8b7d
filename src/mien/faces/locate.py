"""The five points of a face whose place is known: a face crop of a database, or a box in a photo.

A search would look for faces of every size everywhere; here a few guesses around the known place do, and small crops
in which a search finds nothing still give their points. So crops can be brought to the same upright cut as photos.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from mien.faces.boxes import overlap
from mien.faces.detect import SURE, Detections, Refiner
from mien.faces.mtcnn import Mtcnn
from mien.preprocessing import Finder, Image, Preprocessing

GUESSES = (0.7, 0.85, 1.0)  # sides of the boxes to look at, as shares of the longer side of the known place
SAME_PLACE = 0.2  # overlap that a face found by a search must have with the known place


def locate(detector: Refiner, image: Image, xyxy: npt.ArrayLike | None = None) -> Detections:
    """The most likely face at a known place: one row, whatever its score.

    Args:
        detector: what looks.
        image: (H, W, 3) uint8 RGB.
        xyxy: (4,) box of the face in pixels; without one the whole picture is the face.
    """
    height, width = image.shape[:2]
    place = np.asarray((0, 0, width, height) if xyxy is None else xyxy, np.float32)
    centre, side = (place[:2] + place[2:]) / 2, float((place[2:] - place[:2]).max())
    half = np.array(GUESSES, np.float32)[:, None] * side / 2
    near = _better(detector.refine(image, np.concatenate([centre - half, centre + half], axis=1)))
    near = _better(near, detector.refine(image, near.xyxy))  # a second look, from where the first has moved the box
    if near.score[0] >= SURE:
        return near
    searched = detector.detect([image])[0]
    there = searched[np.flatnonzero(overlap(place, searched.xyxy)[0] >= SAME_PLACE)]
    return _better(there, near)


def _better(*found: Detections) -> Detections:
    """The row with the best score; of equals the first."""
    best = max((one for one in found if len(one)), key=lambda one: float(one.score.max()))
    return best[np.array([best.score.argmax()])]


def finder(preprocessing: Preprocessing) -> Finder | None:
    """For the preparation of training faces: (picture, box or None) -> landmarks (5, 2), None where no face is sure.

    None when faces are not cut upright, for then nobody needs the points.
    """
    if not preprocessing.align:
        return None

    def find(image: Image, xyxy: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float32] | None:
        found = locate(_detector(), image, xyxy)
        return found.landmarks[0] if found.score[0] >= SURE else None

    return find


@cache
def _detector() -> Mtcnn:
    return Mtcnn(threads=1)  # pictures are prepared side by side
