"""``fer`` (PyPI) in an environment of its own; needs setuptools<81 and opencv-contrib-python<5 beside it.

Its Haar detector: the other one, MTCNN, crashed where this was made. A crop is one face that fills the picture.
"""

import os
from typing import Any

from worker import SEVEN, work

THEIRS = dict(zip(SEVEN, ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"), strict=True))


def ready() -> Any:
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    from fer.fer import FER

    return FER(mtcnn=False)


def crop(detector: Any, image: Any) -> Any:
    import numpy as np

    height, width = image.shape[:2]
    found = detector.detect_emotions(image[..., ::-1], [(0, 0, width, height)])[0]["emotions"]
    return np.array([found[THEIRS[name]] for name in SEVEN], np.float32)


def clip(detector: Any, frames: Any) -> int:
    return sum(len(detector.detect_emotions(frame[..., ::-1])) for frame in frames)


if __name__ == "__main__":
    work("fer", ready, crop, clip)
