"""Our detector beside the package ``mtcnn``, from whose wheel its weights are: the same pictures, the same settings.

    MIEN_DATA=/folder python benchmarks/mtcnn_package.py --mtcnn PYTHON

PYTHON is that of an environment with ``pip install tensorflow-cpu mtcnn lz4``. Pictures: the London photos and every
20th frame of the clips, at most 60 of each. A face of one is matched with the other's that it overlaps most.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from common import write_results

from mien.faces.boxes import overlap
from mien.faces.detect import Detections
from mien.faces.mtcnn import SHRINK, Mtcnn
from mien.images import read_image
from mien.inference.video import read_video
from mien.preprocessing import Image

MIN_FACE, THRESHOLDS = 20, (0.6, 0.7, 0.8)
EVERY, MOST = 20, 60
SAME = 0.5  # overlap from which two boxes are of one face
PEER = f"""
import json, pathlib, sys
from importlib.metadata import version
import numpy as np
from mtcnn import MTCNN
names = dict(zip(("threshold_pnet", "threshold_rnet", "threshold_onet"), {THRESHOLDS}))
found, detector = {{}}, MTCNN()
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.npy")):
    faces = detector.detect_faces(np.load(path), fit_to_image=False, box_format="xyxy", output_type="numpy",
                                  min_face_size={MIN_FACE}, scale_factor={SHRINK}, **names)
    found[path.stem] = np.asarray(faces, float)[:, 1:].tolist()
print(json.dumps({{"version": version("mtcnn"), "tensorflow": version("tensorflow-cpu"), "found": found}}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mtcnn", type=Path, required=True, metavar="PYTHON")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/mtcnn_package.json"))
    arguments = parser.parse_args()
    pictures = dict(pictures_in(Path(os.environ["MIEN_DATA"])))
    theirs = peer(arguments.mtcnn, pictures)
    detector = Mtcnn(MIN_FACE, THRESHOLDS)
    results: dict[str, object] = {"versions": {name: theirs[name] for name in ("version", "tensorflow")}}
    for kind in sorted({name.split("-")[0] for name in pictures}):
        pairs = [
            (detector.detect([picture])[0], detections(theirs["found"][name]))
            for name, picture in pictures.items()
            if name.split("-")[0] == kind
        ]
        results[kind] = compared(pairs)
        print(kind, results[kind])
    write_results(arguments.out, results)


def pictures_in(data: Path) -> Iterator[tuple[str, Image]]:
    """Name, which begins with the kind, and picture."""
    for number, row in enumerate(islice(pq.read_table(data / "london.parquet").to_pylist(), MOST)):
        yield f"photos-{number:03d}", read_image(row["image"])
    for clip in sorted([*(data / "clips").glob("*.mov"), *(data / "clips").glob("*.mp4")]):
        wanted = (frame for frame in read_video(clip) if frame.index % EVERY == 0)
        for frame in islice(wanted, MOST):
            yield f"frames-{clip.stem}-{frame.index:05d}", frame.image


def peer(python: Path, pictures: dict[str, Image]) -> dict[str, dict[str, list[list[float]]]]:
    """What the package finds: per picture rows of x1, y1, x2, y2, score, five x and five y."""
    with tempfile.TemporaryDirectory() as folder:
        for name, picture in pictures.items():
            np.save(Path(folder) / f"{name}.npy", picture)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [python, "-c", PEER, folder], env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(f"mtcnn ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, dict[str, list[list[float]]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def detections(rows: list[list[float]]) -> Detections:
    """The package's rows as ours."""
    table = np.array(rows, np.float32).reshape(-1, 15)
    return Detections(table[:, :4], table[:, 4], np.stack([table[:, 5:10], table[:, 10:]], axis=2))


def compared(pairs: list[tuple[Detections, Detections]]) -> dict[str, float]:
    """Counts of faces; and over those that both found, how far boxes, scores and landmarks lie apart."""
    shared, scores, points, both = [], [], [], 0
    for ours, theirs in pairs:
        near = overlap(ours.xyxy, theirs.xyxy)
        for row in range(len(ours)):
            if not len(theirs) or near[row].max() < SAME:
                continue
            other, both = int(near[row].argmax()), both + 1
            shared.append(near[row, other])
            scores.append(abs(ours.score[row] - theirs.score[other]))
            away = np.linalg.norm(ours.landmarks[row] - theirs.landmarks[other], axis=1).mean()
            points.append(100 * away / np.linalg.norm(theirs.landmarks[other, 0] - theirs.landmarks[other, 1]))
    return {
        "pictures": len(pairs),
        "faces of ours": sum(len(ours) for ours, _ in pairs),
        "faces of theirs": sum(len(theirs) for _, theirs in pairs),
        "faces of both": both,
        "pictures with equal counts": sum(len(ours) == len(theirs) for ours, theirs in pairs),
        "IoU median": float(np.median(shared)),
        "IoU 5 %": float(np.percentile(shared, 5)),
        "score difference median": float(np.median(scores)),
        "score difference 95 %": float(np.percentile(scores, 95)),
        "landmarks apart median, % of the eyes' distance": float(np.median(points)),
        "landmarks apart 95 %": float(np.percentile(points, 95)),
    }


if __name__ == "__main__":
    main()
