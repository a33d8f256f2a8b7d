"""Pose signs and accuracy on rendered heads of known pose; sharpness; what lies outside."""

import os
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from mien.data.columns import LANDMARKS
from mien.faces.detect import Detections
from mien.faces.quality import pose, quality
from mien.geometry import TEMPLATE


def one(xyxy: list[float]) -> Detections:
    points = (TEMPLATE * (xyxy[2] - xyxy[0]) + xyxy[:2]).astype(np.float32)
    return Detections(np.array([xyxy], np.float32), np.ones(1, np.float32), points[None])


def test_signs_of_yaw_pitch_and_roll() -> None:
    level = (TEMPLATE * 100).astype(np.float32)
    right, down, turned = level.copy(), level.copy(), level.copy()
    right[2, 0] += 10
    down[2, 1] += 8
    c, s = np.cos(np.radians(-20)), np.sin(np.radians(-20))  # y points down: a negative angle is counter-clockwise
    turned = (level @ np.array([[c, -s], [s, c]]).T).astype(np.float32)
    yaw, pitch, roll = pose(np.stack([level, right, down, turned]))
    assert yaw[1] > yaw[0] + 15 and pitch[2] > pitch[0] + 10
    assert roll == pytest.approx([0, 0, 0, 20], abs=0.1)
    assert yaw[3] == pytest.approx(yaw[0], abs=0.1) and pitch[3] == pytest.approx(pitch[0], abs=0.1), "measured upright"


@pytest.mark.skipif("MIEN_DATA" not in os.environ, reason="MIEN_DATA names no folder with the rendered heads")
def test_pose_of_rendered_heads_that_were_not_fitted() -> None:
    table = pq.read_table(
        Path(os.environ["MIEN_DATA"]) / "avatars.parquet",
        columns=[*LANDMARKS, "yaw", "pitch", "roll"],
        filters=[("split", "==", "val")],
    ).to_pandas()
    found = pose(table[list(LANDMARKS)].to_numpy(np.float32).reshape(-1, 5, 2))
    for name, angle, error_deg, least in (
        ("yaw", found[0], 2.5, 0.95),
        ("pitch", found[1], 3.5, 0.8),
        ("roll", found[2], 2, 0.85),
    ):
        truth = table[name].to_numpy()
        assert np.abs(angle - truth).mean() < error_deg, name
        assert np.corrcoef(angle, truth)[0, 1] > least, f"{name}: a wrong sign gives -1"


def test_blur_lowers_sharpness_and_the_edge_lowers_inside() -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    sharp = quality(image, one([40, 40, 140, 140]))
    soft = quality(cv2.GaussianBlur(image, (0, 0), 3), one([40, 40, 140, 140]))
    assert sharp.sharpness[0] > 4 * soft.sharpness[0]
    assert sharp.size[0] == 100 and sharp.inside[0] == 1
    assert quality(image, one([-50, 0, 50, 100])).inside[0] == pytest.approx(0.5)


def test_no_face_has_no_quality() -> None:
    assert all(len(values) == 0 for values in quality(np.zeros((9, 9, 3), np.uint8), Detections.empty()))
