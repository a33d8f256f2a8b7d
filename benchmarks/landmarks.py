"""How far the detector's points lie from hand-placed ones on the London photos, in per cent of the pupils' distance.

MIEN_DATA=/folder/with/london.parquet python benchmarks/landmarks.py
"""

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mien.faces.mtcnn import Mtcnn
from mien.images import read_image

POINTS = ("right_pupil", "left_pupil", "nose_tip", "mouth_right", "mouth_left")  # the person's right is on the left


def main() -> None:
    if "MIEN_DATA" not in os.environ:
        raise SystemExit("MIEN_DATA names no folder; set it to the folder that holds london.parquet")
    detector, errors, faces = Mtcnn(), [], []
    for row in pq.read_table(Path(os.environ["MIEN_DATA"]) / "london.parquet").to_pylist():
        (found,) = detector.detect([read_image(row["image"])])
        faces.append(len(found))
        if row["right_pupil_x"] is not None and len(found):
            truth = np.array([[row[f"{name}_x"], row[f"{name}_y"]] for name in POINTS])
            away = np.linalg.norm(found.landmarks[0] - truth, axis=1)
            errors.append(100 * away / np.linalg.norm(truth[0] - truth[1]))
    counts = {n: faces.count(n) for n in sorted(set(faces))}
    print(f"photos by number of faces found (each shows one person): {counts}")
    print(f"error over {len(errors)} photos with points, % of the distance of the pupils:")
    for name, error in zip(POINTS, np.array(errors).T, strict=True):
        print(f"{name:<12} mean {error.mean():.1f}  median {np.median(error):.1f}  95 % {np.percentile(error, 95):.1f}")


if __name__ == "__main__":
    main()
