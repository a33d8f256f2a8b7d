"""Training throughput: the whole pipeline against the bare network, as a ratio in one run.

    python benchmarks/pipeline.py --out benchmarks/results/pipeline.json

The bare network does forward, backward and optimiser step on one batch of tensors that lies in memory. The pipeline
reads faces from the store, augments them, makes masked batches of two databases, and does the same. Both are timed in
turn, round after round, so that a machine that slows down slows both. Preparing the store (decode and cut, once per
table and preprocessing) is timed apart. --compiled measures instead what training.compile gains, on the bare network:

    python benchmarks/pipeline.py --compiled --precision no --out benchmarks/results/compiled.json
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
COMPILED = ("resnet32", 32)
BATCH, STEPS, ROUNDS = 128, 6, 9
SJMT: dict[str, object] = {"name": "sjmt"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/pipeline.json"))
    parser.add_argument("--precision", default="bf16", choices=["no", "bf16"])
    parser.add_argument("--compiled", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)  # as training does
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIEN_CACHE"] = f"{folder}/cache"
        drawing = Drawing(subjects=10, per_subject=100)
        paths = write_databases(Path(folder), {"A": ["expression"], "B": ["au"]}, drawing)
        tables = [LabelTable(path) for path in paths]
        if arguments.compiled:
            found = compiled_gain(tables, *COMPILED, arguments.precision)
            print(", ".join(f"{name} {value}" for name, value in found.items()))
            write_results(arguments.out, {"batch": BATCH, "machine": machine(), **found})
            return
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
    pipeline = Pipeline(tables, backbone, size, precision)
    images_per_s = pipeline.images_per_s
    images_per_s(pipeline.bare), images_per_s(pipeline.loader.stream)  # warm up
    pairs = [(images_per_s(pipeline.loader.stream), images_per_s(pipeline.bare)) for _ in range(ROUNDS)]
    ratios = [whole / alone for whole, alone in pairs]
    return {
        "backbone": backbone,
        "size": size,
        "pipeline_images_per_s": statistics.median(whole for whole, _ in pairs),
        "bare_images_per_s": statistics.median(alone for _, alone in pairs),
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "prepare_images_per_s": pipeline.preparing,
    }


def compiled_gain(tables: list[LabelTable], backbone: str, size: int, precision: str) -> dict[str, object]:
    """Images per second of the bare network with and without torch.compile, and their ratio."""
    pipeline = Pipeline(tables, backbone, size, precision)
    begun = time.perf_counter()
    pipeline.images_per_s(pipeline.bare, compiled=True)
    first = time.perf_counter() - begun
    pipeline.images_per_s(pipeline.bare)
    pairs = [
        (pipeline.images_per_s(pipeline.bare, compiled=True), pipeline.images_per_s(pipeline.bare))
        for _ in range(ROUNDS)
    ]
    ratios = [compiled / plain for compiled, plain in pairs]
    return {
        "backbone": backbone,
        "size": size,
        "precision": precision,
        "compiled_images_per_s": statistics.median(compiled for compiled, _ in pairs),
        "plain_images_per_s": statistics.median(plain for _, plain in pairs),
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "first_round_s": first,  # compiling is in it
    }


class Pipeline:
    """A network, its training, and batches for it, from the store or from memory."""

    def __init__(
        self,
        tables: list[LabelTable],
        backbone: str,
        size: int,
        precision: str,
        method: dict[str, object] = SJMT,
        batch: int = BATCH,
    ) -> None:
        labels = union(table.labels for table in tables)
        cut = Preprocessing(size=size)
        begun = time.perf_counter()
        stores = [prepare(Faces(table, str(i), labels, cut)) for i, table in enumerate(tables)]
        self.preparing = sum(map(len, stores)) / (time.perf_counter() - begun)
        self.accelerator = Accelerator(mixed_precision=precision)
        rule = make_method(dict(method), labels)
        model = AffectModel(ModelSpec(backbone=backbone, labels=labels, head=rule.head, preprocessing=cut))
        rule.meet(model)
        model = model.to(memory_format=torch.channels_last)
        self.settings = Training(steps=STEPS, batch_size=batch, precision=precision, schedule="constant")
        self.learner = Learner(model, rule, make_optimizer([model, rule], self.settings), None)
        sampler = Mixed([len(store) for store in stores], [1, 1], batch, seed=0)
        self.loader = Loader(stores, sampler, size, Augment(), seed=0)
        self.in_memory = self.loader.batch(0)

    def images_per_s(self, batches, compiled: bool = False) -> float:
        """Train for ``STEPS`` updates."""
        settings = self.settings.model_copy(update={"compile": compiled})
        begun = time.perf_counter()
        run_loop(self.learner, self.accelerator, batches, settings, 0, 0, lambda *_: None)
        return settings.batch_size * STEPS / (time.perf_counter() - begun)

    def bare(self, start: int, stop: int):
        """One batch in memory, again and again."""
        return (self.in_memory for _ in range(start, stop))


if __name__ == "__main__":
    main()
