"""What the game costs: images per second of training against the same trunk without a generator, and of making faces.

    python benchmarks/generation.py --out benchmarks/results/generation.json

The network of recipes/gan_faces.toml on drawn faces in batches of 32. Every form of the game and plain training take
turns, round after round, so that a machine that slows down slows all. Memory is what the process has come to hold at
most by the end of each part; the first line of it holds Python and torch.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import cv2
from common import machine, write_results
from pipeline import Pipeline

from mien.data.synthetic.databases import Drawing, write_databases
from mien.data.table import LabelTable
from mien.generation.checkpoint import Makers
from mien.generation.make import edited, made

BACKBONE, WIDTH, BATCH, ROUNDS = "face_resnet_gn_slim", 16, 32, 5
SIZES = (32, 48, 64)
GAMES = {"noise": ["noise"], "noise and image": ["noise", "image"]}
FACES = 256
ASKED = {"expression": "happiness", "AU12": 3.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/generation.json"))
    out: Path = parser.parse_args().out
    cv2.setNumThreads(1)  # as training does
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIEN_CACHE"] = f"{folder}/cache"
        parts = {"A": ["expression", "va"], "B": ["au", "au_intensity"]}
        tables = [LabelTable(path) for path in write_databases(Path(folder), parts, Drawing(subjects=10))]
        for size in SIZES:
            rows.append(measure(tables, size))
            print(", ".join(f"{name} {value}" for name, value in rows[-1].items()))
    write_results(out, {"backbone": BACKBONE, "width": WIDTH, "batch": BATCH, "machine": machine(), "rows": rows})


def measure(tables: list[LabelTable], size: int) -> dict[str, object]:
    """Images per second of each kind of training and making at one size, ratios to plain training, and memory."""
    found: dict[str, object] = {"size": size, "MB before": peak()}
    runs = {"joint": pipeline(tables, size, {"name": "joint"})}
    runs |= {f"gan: {name}": pipeline(tables, size, game(forms)) for name, forms in GAMES.items()}
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(1 + ROUNDS):
        for name, run in runs.items():
            speeds[name].append(run.images_per_s(run.bare))
    for name, (_, *rounds) in speeds.items():  # the first warms up
        found[f"{name}, images/s"] = statistics.median(rounds)
        ratios = [speed / plain for speed, plain in zip(rounds, speeds["joint"][1:], strict=True)]
        found[f"{name}, ratio"] = statistics.median(ratios)
    found["MB after training"] = peak()
    return found | making(runs["gan: noise and image"].learner.method.average)


def pipeline(tables: list[LabelTable], size: int, method: dict[str, object]) -> Pipeline:
    """Training at one size by a method, in float32: the penalty differentiates twice."""
    return Pipeline(tables, BACKBONE, size, "no", method, BATCH)


def game(forms: list[str]) -> dict[str, object]:
    """The settings of a game."""
    return {"name": "gan", "width": WIDTH, "forms": forms}


def making(makers: Makers) -> dict[str, object]:
    """Faces per second from noise, and from faces."""
    makers.eval()
    faces = made(makers, ASKED, FACES, 0)
    found: dict[str, object] = {}
    for name, work in (
        ("made from noise, faces/s", lambda: made(makers, ASKED, FACES, 0)),
        ("changed, faces/s", lambda: edited(makers, faces, [ASKED] * FACES)),
    ):
        times = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
        found[name] = FACES / statistics.median(times)
    return found | {"MB after making": peak()}


def peak() -> float:
    """The most memory that this process has held so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
