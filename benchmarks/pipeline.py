"""Training throughput: the whole pipeline against the bare network, as a ratio in one run.

    python benchmarks/pipeline.py --out benchmarks/results/pipeline.json

The bare network does forward, backward and optimiser step on one batch of tensors that lies in memory. The pipeline
reads faces from the store, augments them, makes masked batches of two databases, and does the same. Both are timed in
turn, round after round, so that a machine that slows down slows both. Preparing the store (decode and cut, once per
table and preprocessing) is timed apart.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import torch
from accelerate import Accelerator
from common import machine, write_results

from mien.config import Augment, Training
from mien.data.loader import Loader
from mien.data.prepare import Faces, prepare
from mien.data.sampling import Mixed
from mien.data.synthetic.databases import Drawing, write_databases
from mien.data.table import LabelTable
from mien.labels import union
from mien.methods import make_method
from mien.models.affect import AffectModel, ModelSpec
from mien.preprocessing import Preprocessing
from mien.training.loop import Learner, run_loop
from mien.training.optim import make_optimizer

CASES = [("resnet32", 32), ("plain_small", 48), ("resnet18", 64)]
BATCH, STEPS, ROUNDS = 128, 6, 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/pipeline.json"))
    parser.add_argument("--precision", default="bf16", choices=["no", "bf16"])
    arguments = parser.parse_args()
    cv2.setNumThreads(1)  # as training does
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIEN_CACHE"] = f"{folder}/cache"
        drawing = Drawing(subjects=10, per_subject=100)
        paths = write_databases(Path(folder), {"A": ["expression"], "B": ["au"]}, drawing)
        tables = [LabelTable(path) for path in paths]
        rows = [measure(tables, backbone, size, arguments.precision) for backbone, size in CASES]
    for row in rows:
        print(
            f"{row['backbone']} at {row['size']} px: pipeline {row['pipeline_images_per_s']:.0f}, bare "
            f"{row['bare_images_per_s']:.0f} images/s, ratio {row['ratio']:.3f} "
            f"(rounds {row['ratio_low']:.3f} to {row['ratio_high']:.3f}); "
            f"preparing the store {row['prepare_images_per_s']:.0f} images/s, once"
        )
    write_results(arguments.out, {"precision": arguments.precision, "batch": BATCH, "machine": machine(), "rows": rows})


def measure(tables: list[LabelTable], backbone: str, size: int, precision: str) -> dict[str, object]:
    """Images per second of both, and their ratio."""
    labels = union(table.labels for table in tables)
    cut = Preprocessing(size=size)
    begun = time.perf_counter()
    stores = [prepare(Faces(table, str(i), labels, cut)) for i, table in enumerate(tables)]
    preparing = sum(map(len, stores)) / (time.perf_counter() - begun)
    accelerator = Accelerator(mixed_precision=precision)
    method = make_method({"name": "sjmt"}, labels)
    model = AffectModel(ModelSpec(backbone=backbone, labels=labels, head="joint", preprocessing=cut))
    model = model.to(memory_format=torch.channels_last)
    settings = Training(steps=STEPS, batch_size=BATCH, precision=precision, schedule="constant")
    learner = Learner(model, method, make_optimizer([model], settings), None)
    sampler = Mixed([len(store) for store in stores], [1, 1], BATCH, seed=0)
    loader = Loader(stores, sampler, size, Augment(), seed=0)
    in_memory = loader.batch(0)

    def images_per_s(batches) -> float:
        begun = time.perf_counter()
        run_loop(learner, accelerator, batches, settings, 0, 0, lambda *_: None)
        return BATCH * STEPS / (time.perf_counter() - begun)

    def bare(start: int, stop: int):
        return (in_memory for _ in range(start, stop))

    images_per_s(bare), images_per_s(loader.stream)  # warm up
    pairs = [(images_per_s(loader.stream), images_per_s(bare)) for _ in range(ROUNDS)]
    ratios = [pipeline / alone for pipeline, alone in pairs]
    return {
        "backbone": backbone,
        "size": size,
        "pipeline_images_per_s": statistics.median(pipeline for pipeline, _ in pairs),
        "bare_images_per_s": statistics.median(alone for _, alone in pairs),
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "prepare_images_per_s": preparing,
    }


if __name__ == "__main__":
    main()
