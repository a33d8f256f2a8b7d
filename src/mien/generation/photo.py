"""The face of a photo, cut as an editor takes it."""

from pathlib import Path

import cv2
import numpy as np

from mien.errors import ImageError
from mien.faces.detect import make_detector
from mien.images import read_image
from mien.models.info import read_info
from mien.preprocessing import Image


def face_of(photo: str | Path, run: str | Path) -> Image:
    """The surest face of a photo, (S, S, 3) uint8 RGB, cut as the faces of the run were.

    Raises:
        ImageError: the photo cannot be read, or shows no face.
        CheckpointError: the folder holds no run.
    """
    cut, image = read_info(run).spec.preprocessing, read_image(photo)
    found = make_detector().detect([image])[0]
    if not len(found):
        raise ImageError(f"{photo}: no face was found; give a photo in which a face is at least 40 pixels large")
    face = cut.crop(image, found.xyxy[0], landmarks=found.landmarks[0])
    return cv2.cvtColor(face, cv2.COLOR_GRAY2RGB).astype(np.uint8) if cut.grey else face
