"""How label tables grow: seconds and memory from 10 thousand to 10 million rows.

    python benchmarks/tables.py --rows 10000 100000 1000000 10000000 --out benchmarks/results/tables.json

For each size a table of labels (9 expression and AU columns with gaps, no pictures) is written as a stream, checked,
and summarised, each in a process of its own whose peak memory is read from the system. Then training batches are drawn
from a store of that many faces; its picture file is sparse (all black), so that its length costs no disk, and what
counts there is the process's own memory (anonymous pages): mapped pages belong to the system's cache.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from common import machine, write_results

AT_ONCE = 100_000
STEPS = ("write", "check", "summarise", "batches")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/tables.json"))
    parser.add_argument("--step", choices=STEPS, help="(internal) do one step and print its measures")
    parser.add_argument("--folder", type=Path, help="(internal)")
    arguments = parser.parse_args()
    if arguments.step:
        print(json.dumps(globals()[arguments.step](arguments.folder, arguments.rows[0])))
        return
    results = []
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            for step in STEPS:
                command = [sys.executable, __file__, "--rows", str(rows), "--step", step, "--folder", folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                took = json.loads(done.stdout.splitlines()[-1])
                results.append({"rows": rows, "step": step, **took})
                print(f"{rows:>10,} rows  {step:<10} {took['seconds']:8.2f} s  {took['mib']:7.0f} MiB", flush=True)
    write_results(arguments.out, {"machine": machine(), "rows": results})


def measured(begun: float, key: str = "VmHWM") -> dict[str, float]:
    """Seconds since ``begun``, and the process's peak (VmHWM) or anonymous (RssAnon) memory."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"seconds": time.perf_counter() - begun, "mib": int(status[key].split()[0]) / 1024}


def write(folder: Path, rows: int) -> dict[str, float]:
    from mien.data.table import write_batches
    from mien.labels import EXPRESSIONS

    rng = np.random.default_rng(0)
    units = [f"AU{number:02d}" for number in (1, 2, 4, 6, 12, 15, 20, 25)]

    def batch(start: int) -> pa.RecordBatch:
        count = min(AT_ONCE, rows - start)
        number = np.arange(start, start + count)
        gaps = rng.random(count) < 0.5
        split = np.array(["train", "val", "test"])[number // 50 % 10 % 3]
        columns = {
            "database": pa.array(["big"] * count),
            "split": pa.array(split),
            "subject": pa.array(np.char.add("s", (number // 50).astype(str))),
            "image": pa.array([b"x"] * count, pa.binary()),
            "expression": pa.array(np.array(EXPRESSIONS)[rng.integers(0, 8, count)], pa.string(), mask=gaps),
            **{unit: pa.array(rng.integers(0, 2, count).astype(np.int8), mask=~gaps) for unit in units},
            "valence": pa.array(rng.uniform(-1, 1, count).astype(np.float32)),
        }
        return pa.record_batch(columns)

    begun = time.perf_counter()
    batches = (batch(start) for start in range(0, rows, AT_ONCE))
    write_batches(folder / "big.parquet", batch(rows - 1).schema, batches, {"expression": EXPRESSIONS}, {})
    return measured(begun)


def check(folder: Path, rows: int) -> dict[str, float]:
    from mien.data.check import check as check_table
    from mien.data.table import LabelTable

    begun = time.perf_counter()
    report = check_table(LabelTable(folder / "big.parquet"))
    assert not report.errors, report
    return measured(begun)


def summarise(folder: Path, rows: int) -> dict[str, float]:
    from mien.data.summary import summarise as summarise_table
    from mien.data.table import LabelTable

    begun = time.perf_counter()
    summary = summarise_table(LabelTable(folder / "big.parquet"))
    assert summary.rows == rows
    return measured(begun)


def batches(folder: Path, rows: int) -> dict[str, float]:
    from numpy.lib.format import open_memmap

    from mien.config import Augment
    from mien.data.loader import Loader
    from mien.data.sampling import Mixed
    from mien.data.store import open_store

    shapes = {"images": ((rows, 40, 40, 1), np.uint8), "rows": ((rows,), np.int64)}
    shapes |= {"target_au": ((rows, 12), np.float32), "mask_au": ((rows, 12), np.bool_)}
    for part, (shape, dtype) in shapes.items():
        open_memmap(folder / f"{part}.npy", mode="w+", dtype=dtype, shape=shape).flush()
    (folder / "skipped.csv").touch()
    (folder / "info.json").write_text(json.dumps({"rows": rows}))
    store = open_store(folder, "big", ["au"])
    loader = Loader([store], Mixed([rows], [1], 128, seed=0), 32, Augment(), seed=0)
    begun = time.perf_counter()
    for step in range(200):
        loader.batch(step * 1009)  # far apart: all over the table
    return measured(begun, "RssAnon")


if __name__ == "__main__":
    main()
