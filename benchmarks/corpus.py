"""What a corpus costs: processor time of each stage per frame, and of whole analyses of growing size against their sum.

    MIEN_DATA=... python benchmarks/corpus.py --clips 1 2 4 8

Clips of 250 frames (640x360, one face, 25 a second) go through ``mien analyze --engine processes`` with one worker.
Processor seconds are counted, not those of the clock, so that other work on the machine matters little. The line
seconds = start + frames x slope through the measured analyses is set beside the sum of the stages.
"""

import argparse
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from common import machine, write_results
from video import follow, write_clip

from mien.inference.analyzer import Analyzer
from mien.inference.job import Tally
from mien.inference.journal import Journal
from mien.inference.pool import in_processes
from mien.inference.shards import Setup, analyze_shards, work_of
from mien.inference.sources import find_sources
from mien.inference.video import read_video

FRAMES = 250
HOURS, RATE = 100_000, 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/corpus.json"))
    arguments = parser.parse_args()
    source = Path(os.environ["MIEN_DATA"]) / "clips" / "single_face.mp4"
    with tempfile.TemporaryDirectory() as name:
        clip = Path(name) / "clip.mp4"
        write_clip(clip, source, FRAMES)
        stages = stage_ms(Analyzer(threads=1), clip)
        runs = [run(Path(name), clip, count) for count in arguments.clips]
    frames, seconds = np.array([[r["frames"], r["processor_s"]] for r in runs]).T
    slope, start = np.polyfit(frames, seconds, 1)
    model_ms = sum(stages.values())
    core_hours = HOURS * 3600 * RATE * slope / 3600
    results = {
        "machine": machine(),
        "stages_ms": stages,
        "sum_of_stages_ms": model_ms,
        "runs": runs,
        "measured_ms": 1000 * slope,
        "start_s": start,
        "measured_over_model": 1000 * slope / model_ms,
        "core_hours_of_100000_h": core_hours,
        "terabytes_of_100000_h": HOURS * 3600 * RATE * runs[-1]["bytes"] / runs[-1]["frames"] / 1e12,
    }
    for part, value in results.items():
        print(part, value)
    write_results(arguments.out, results)


def stage_ms(analyzer: Analyzer, clip: Path) -> dict[str, float]:
    """Processor milliseconds per frame of each stage alone, the least of three rounds."""
    frames = list(read_video(clip))
    cut = analyzer.predictor.info.spec.preprocessing
    found = [analyzer.detector.detect([frame.image])[0] for frame in frames]
    faces = [(f.image, d.xyxy[0], d.landmarks[0]) for f, d in zip(frames, found, strict=True)]
    crops = np.stack([cut.crop(image, box, landmarks=points) for image, box, points in faces])
    works: dict[str, Callable[[], object]] = {
        "decode": lambda: sum(1 for _ in read_video(clip)),
        "find and follow": lambda: follow(analyzer, frames),
        "cut": lambda: [cut.crop(image, box, landmarks=points) for image, box, points in faces],
        "network": lambda: [analyzer.predictor(crops[i : i + 32]) for i in range(0, len(crops), 32)],
    }
    return {name: min(1000 * processor_s(work) / len(frames) for _ in range(3)) for name, work in works.items()}


def processor_s(work: Callable[[], object]) -> float:
    """Processor seconds of a call, all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def run(folder: Path, clip: Path, count: int) -> dict[str, float]:
    """An analysis of ``count`` copies of a clip by one worker: frames, processor seconds, bytes of the table."""
    study, out = folder / f"study{count}", folder / f"faces{count}"
    study.mkdir()
    for i in range(count):
        shutil.copy(clip, study / f"{i}.mp4")
    journal = Journal(out, {}, Analyzer().schema)
    before, begun = used_s(), time.perf_counter()
    tally: Tally = analyze_shards(
        work_of(Setup(threads=1)), find_sources([str(study)]), journal, partial(in_processes, workers=1)
    )
    seconds, wall = used_s() - before, time.perf_counter() - begun
    journal.publish(out)
    size = sum(part.stat().st_size for part in out.glob("*.parquet"))
    return {"clips": count, "frames": tally.pictures, "processor_s": seconds, "wall_s": wall, "bytes": size}


def used_s() -> float:
    """Processor seconds of this process and of those that it has ended."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


if __name__ == "__main__":
    main()
