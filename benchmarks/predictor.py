"""What a predictor costs over bare ONNX Runtime, and torch and OpenVINO on the same network, as ratios in one run.

    python benchmarks/predictor.py --out benchmarks/results/predictor.json

Bare ONNX Runtime gets float32 arrays that lie ready in memory; the predictor gets uint8 faces, checks them, makes the
network's input and names the outputs. OpenVINO is measured where it is installed. All run with one thread, in turn,
round after round, so that a machine that slows down slows all. The networks are untrained: their speed does not depend
on what they learned.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime as ort
from common import machine, write_results

from mien.export.onnx_file import export_onnx
from mien.inference.base import network_input
from mien.inference.onnx_predictor import load_onnx
from mien.inference.torch_predictor import load_torch
from mien.labels import EXPRESSIONS, VALENCE_AROUSAL
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import save
from mien.preprocessing import Preprocessing

CASES = [
    ("plain_small", 64, True, "fp32"),
    ("plain_small", 64, True, "int8"),
    ("mobilenet_v3_small", 64, False, "fp32"),
    ("resnet18", 112, False, "fp32"),
    ("resnet18", 112, False, "int8"),
]
LABELS = {"expression": EXPRESSIONS, "au": ("AU01", "AU04", "AU12", "AU25"), "va": VALENCE_AROUSAL}
BATCHES = (1, 32)
ROUNDS = 41


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/predictor.json"))
    arguments = parser.parse_args()
    rows = [row for case in CASES for row in measure(*case)]
    for row in rows:
        print(
            f"{row['backbone']} at {row['size']} px, {row['precision']}, batch {row['batch']}: bare "
            f"{row['bare_ms']:.2f} ms; predictor / bare {row['predictor_ratio']:.3f}; torch fp32 / bare "
            f"{row['torch_ratio']:.2f}; OpenVINO / bare {row['openvino_ratio'] or float('nan'):.2f}"
        )
    write_results(arguments.out, {"threads": 1, "rounds": ROUNDS, "machine": machine(), "rows": rows})


def measure(backbone: str, size: int, grey: bool, precision: str) -> list[dict[str, object]]:
    cut = Preprocessing(size=size, grey=grey)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save(folder, AffectModel(ModelSpec(backbone=backbone, labels=LABELS, preprocessing=cut)))
        export_onnx(folder, folder / "model.onnx", precision)  # type: ignore[arg-type]
        predictor, original = load_onnx(folder / "model.onnx", "cpu", 1), load_torch(folder, "cpu", 1)
        others = [load_onnx(folder / "model.onnx", "openvino", 1)] if find_spec("openvino") else []
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession(folder / "model.onnx", options, ["CPUExecutionProvider"])
    rows: list[dict[str, object]] = []
    for batch in BATCHES:
        shape = (batch, size, size, 1 if grey else 3)
        faces = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        image = network_input(faces)
        bare, ours, torchs, *more = interleaved(
            lambda image=image: session.run(None, {"image": image}),
            lambda faces=faces: predictor(faces),
            lambda faces=faces: original(faces),
            *[lambda faces=faces, other=other: other(faces) for other in others],
        )
        ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
        row = {"backbone": backbone, "size": size, "grey": grey, "precision": precision, "batch": batch}
        times = {"bare_ms": 1000 * statistics.median(bare), "predictor_ratio": ratio}
        slower = statistics.median(a / b for a, b in zip(torchs, bare, strict=True))
        openvino = statistics.median(a / b for a, b in zip(more[0], bare, strict=True)) if more else None
        rows.append({**row, **times, "torch_ratio": slower, "openvino_ratio": openvino})
    return rows


def interleaved(*calls: Callable[[], object]) -> list[list[float]]:
    """Seconds per round of each call, in turn; the first round is not counted."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS + 1):
        for call, times in zip(calls, seconds, strict=True):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
    return [times[1:] for times in seconds]


if __name__ == "__main__":
    main()
