"""How well a face can be seen: size, sharpness, head pose, and how much of it lies in the picture."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mien.faces.boxes import patches, squares
from mien.faces.detect import Detections
from mien.preprocessing import Image

Array = npt.NDArray[np.float32]

SIDE = 64  # at which sharpness is measured, so that it does not depend on the size
# Fitted once to rendered heads of known pose (see tests/faces/test_quality.py for how well they do on others).
YAW_DEG = 93.0  # per eye distance that the nose lies beside the middle of the eyes
PITCH_DEG = 83.0  # per share of the way from eyes to mouth that the nose lies below
PITCH_LEVEL = 0.558


class Quality(NamedTuple):
    """One value per face, (n,) float32 each.

    Attributes:
        size: longer side of the box in pixels.
        sharpness: standard deviation of the Laplacian of the grey face at 64 x 64; below about 5 it is blurred.
        yaw_deg: + when the face turns to the right of the picture. Estimated from five points: rough.
        pitch_deg: + when it looks down. Rough.
        roll_deg: + counter-clockwise in the picture.
        inside: share of the box that lies in the picture, 0 to 1.
    """

    size: Array
    sharpness: Array
    yaw_deg: Array
    pitch_deg: Array
    roll_deg: Array
    inside: Array


def quality(image: Image, found: Detections) -> Quality:
    """Measure every face of a picture (H, W, 3) uint8 RGB."""
    sides = found.xyxy[:, 2:] - found.xyxy[:, :2]
    limits = np.tile(np.array(image.shape[1::-1], np.float32), 2)
    within = np.clip(found.xyxy, 0, limits)
    inside = (within[:, 2:] - within[:, :2]).prod(axis=1) / np.maximum(sides.prod(axis=1), 1e-6)
    faces = patches(image, squares(found.xyxy), SIDE)
    sharpness = [cv2.Laplacian(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.CV_32F).std() for face in faces]
    return Quality(sides.max(axis=1, initial=0), np.array(sharpness, np.float32), *pose(found.landmarks), inside)


def pose(landmarks: Array) -> tuple[Array, Array, Array]:
    """Yaw, pitch and roll in degrees, (n,) each, from landmarks (n, 5, 2).

    In the head's own upright frame the nose moves sideways with yaw and up and down with pitch:
    yaw = a (nose - eyes)_x / eye distance, pitch = b ((nose - eyes)_y / (mouth - eyes)_y - c).
    """
    left, right, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    eyes, mouth = (left + right) / 2, landmarks[:, 3:].mean(axis=1)
    axis = right - left
    distance = np.maximum(np.linalg.norm(axis, axis=1), 1e-6)
    across = axis / distance[:, None]
    down = np.stack([-across[:, 1], across[:, 0]], axis=1)
    aside = ((nose - eyes) * across).sum(axis=1) / distance
    below = ((nose - eyes) * down).sum(axis=1) / np.maximum(((mouth - eyes) * down).sum(axis=1), 1e-6)
    yaw = np.clip(YAW_DEG * aside, -90, 90)
    pitch = np.clip(PITCH_DEG * (below - PITCH_LEVEL), -90, 90)
    return yaw, pitch, -np.degrees(np.arctan2(axis[:, 1], axis[:, 0]))
