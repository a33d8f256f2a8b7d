"""Faces in a 640x360 video, end to end, with the share of every stage; memory over an hour; large pictures.

    MIEN_DATA=/folder/with/clips python benchmarks/video.py --out benchmarks/results/video.json
    ... --fer /path/to/python      a Python that has the package ``fer``, for the ratio on the same file
    ... --hour                     also analyse an hour made of the clip, and watch the memory

One face, 25 frames/s, shipped network, all cores. Every stage is also timed alone on the same frames; stages run at the
same time, so their sum may exceed the whole. "Ceiling" is what the slowest stage alone would allow.
"""

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from common import machine, write_results

from mien.faces.follow import Follower
from mien.images import read_image
from mien.inference.analyzer import Analyzer
from mien.inference.job import analyze
from mien.inference.journal import Journal
from mien.inference.sinks import write_tables
from mien.inference.sources import find_sources
from mien.inference.video import Frame, read_video

SIZE, RATE = (640, 360), 25
CLIP_FRAMES = 500
ROUNDS = 3
FER = """
import sys, time, cv2
from fer.fer import FER
detector, capture = FER(mtcnn={mtcnn}), cv2.VideoCapture(sys.argv[1])
frames = [frame for ok, frame in iter(capture.read, (False, None)) if ok][:{count}]
detector.detect_emotions(frames[0])
start = time.perf_counter()
for frame in frames:
    detector.detect_emotions(frame)
print(len(frames) / (time.perf_counter() - start))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/video.json"))
    parser.add_argument("--model", default="default")
    parser.add_argument("--fer", type=Path)
    parser.add_argument("--hour", action="store_true")
    arguments = parser.parse_args()
    clips = Path(os.environ["MIEN_DATA"]) / "clips"
    analyzer = Analyzer(arguments.model)
    with tempfile.TemporaryDirectory() as name:
        clip = Path(name) / "clip.mp4"
        write_clip(clip, clips / "single_face.mp4", CLIP_FRAMES)
        results: dict[str, object] = {"machine": machine(), "stages": stages(analyzer, clip, Path(name))}
        results["large"] = large(analyzer, clips / "multi_face.jpg")
        if arguments.fer:
            results["fer"] = peers(arguments.fer, clip)
        if arguments.hour:
            results["hour"] = hour(analyzer, clip, Path(name))
    for part, values in results.items():
        print(part, values)
    write_results(arguments.out, results)


def write_clip(path: Path, source: Path, count: int) -> None:
    """``count`` frames of ``source``, forwards and backwards in turn so that nothing jumps, as H.264."""
    frames = [cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_AREA) for frame in read_video(source)]
    order = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": "20", "g": "50", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for i in range(count):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frames[order[i % len(order)]], format="rgb24")))
        out.mux(stream.encode())


def stages(analyzer: Analyzer, clip: Path, folder: Path) -> dict[str, float]:
    """Frames per second of the whole and of each stage alone: the median of some rounds, in turn."""
    frames = list(read_video(clip))
    cut = analyzer.predictor.info.spec.preprocessing
    follower = Follower(analyzer.detector)
    found = [follower.update(frame.time_s, frame.image)[0] for frame in frames]
    crops = np.stack(
        [cut.crop(f.image, d.xyxy[0], landmarks=d.landmarks[0]) for f, d in zip(frames, found, strict=True)]
    )
    works: dict[str, Callable[[], object]] = {
        "whole": lambda: to_table(analyzer, clip, folder / "out.csv"),
        "decode": lambda: sum(1 for _ in read_video(clip)),
        "find and follow": lambda: follow(analyzer, frames),
        "cut": lambda: [
            cut.crop(f.image, d.xyxy[0], landmarks=d.landmarks[0]) for f, d in zip(frames, found, strict=True)
        ],
        "network": lambda: [analyzer.predictor(crops[i : i + 32]) for i in range(0, len(crops), 32)],
    }
    rates: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            rates[name].append(len(frames) / (time.perf_counter() - start))
    medians = {name: float(np.median(values)) for name, values in rates.items()}
    alone = {name: 1 / rate for name, rate in medians.items() if name != "whole"}
    shares = {f"share of {name}": seconds / sum(alone.values()) for name, seconds in alone.items()}
    return medians | shares | {"ceiling": min(rate for name, rate in medians.items() if name != "whole")}


def to_table(analyzer: Analyzer, clip: Path, out: Path) -> None:
    """What ``mien analyze CLIP -o OUT`` does."""
    out.unlink(missing_ok=True)
    journal = Journal(out, {}, analyzer.schema)
    analyze(analyzer, find_sources([str(clip)]), journal.keep)
    write_tables(out, journal.rows())
    journal.close()


def follow(analyzer: Analyzer, frames: list[Frame]) -> None:
    follower = Follower(analyzer.detector)
    for frame in frames:
        follower.update(frame.time_s, frame.image)


def large(analyzer: Analyzer, photo: Path) -> dict[str, float]:
    """Seconds and growth of memory for a 4K photo and for one with fifty faces."""
    five = read_image(photo)
    fifty = np.tile(five, (2, 5, 1))
    found = {}
    for name, picture in (("4K", cv2.resize(five, (3840, 2560))), ("fifty faces", fifty)):
        before, start = resident_mb(), time.perf_counter()
        faces = analyzer.image(np.asarray(picture, np.uint8))
        found[f"{name}: faces"] = float(len(faces))
        found[f"{name}: s"] = time.perf_counter() - start
        found[f"{name}: MB more"] = resident_mb() - before
    return found | {"peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def peers(python: Path, clip: Path) -> dict[str, float | str]:
    """Frames per second of ``fer`` on the same file, decoding not counted, with its two detectors; or how it died."""
    rates: dict[str, float | str] = {}
    for mtcnn, count in ((False, 100), (True, 30)):
        code = FER.format(mtcnn=mtcnn, count=count)
        done = subprocess.run([python, "-c", code, clip], capture_output=True, text=True, check=False)
        ended = f"ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
        rates["mtcnn" if mtcnn else "haar"] = ended if done.returncode else float(done.stdout.split()[-1])
    return rates


def hour(analyzer: Analyzer, clip: Path, folder: Path) -> dict[str, float]:
    """Resident memory while an hour of video is analysed into a table."""
    path = folder / "hour.mp4"
    looped(path, clip, 3600 * RATE)
    seen: list[float] = []

    class Watch:
        def begin(self, source: object) -> None: ...
        def end(self, source: object) -> None: ...
        def found(self, faces: object, frame: Frame | None) -> None:
            if frame is not None and frame.index % 1000 == 0:
                seen.append(resident_mb())

    out = folder / "hour.csv"
    journal, start = Journal(out, {}, analyzer.schema), time.perf_counter()
    tally = analyze(analyzer, find_sources([str(path)]), journal.keep, [Watch()])
    write_tables(out, journal.rows())
    journal.close()
    seconds = time.perf_counter() - start
    start_mb = max(seen[:5])  # the first 200 seconds of video
    return {
        "frames": tally.pictures,
        "frames/s": tally.pictures / seconds,
        "MB": start_mb,
        "MB more": max(seen) - start_mb,
    }


def looped(path: Path, clip: Path, count: int) -> None:
    """``count`` frames: the clip's packets again and again, with times that go on."""
    with av.open(str(path), "w") as out, av.open(str(clip)) as source:
        stream = out.add_stream_from_template(source.streams.video[0])
        packets = [(bytes(p), p.is_keyframe) for p in source.demux(video=0) if p.size]
        for i in range(count):
            data, key = packets[i % len(packets)]
            packet = av.Packet(data)
            packet.pts = packet.dts = i
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, RATE), stream, key
            out.mux(packet)


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
