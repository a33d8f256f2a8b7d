"""What each tool's process does: get ready, read the crops, read the clip, and write down answers and costs."""

import json
import resource
import sys
import sysconfig
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

SEVEN = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger")
WARM = 5


def work(package: str, ready: Callable[[], Any], crop: Callable[..., Any], clip: Callable[..., Any]) -> None:
    """Args: package whose version is told; ready() -> tool; crop(tool, image) -> (7,); clip(tool, frames) -> faces."""
    folder = Path(sys.argv[1])
    start = time.process_time()
    tool = ready()
    costs: dict[str, Any] = {"ready_s": time.process_time() - start}
    spent, count = 0.0, 0
    for file in sorted(folder.glob("*.npz")):
        crops = np.load(file)["crops"]
        for image in crops[:WARM]:
            crop(tool, image)
        start = time.process_time()
        answers = [crop(tool, image) for image in crops]
        spent, count = spent + time.process_time() - start, count + len(crops)
        np.save(folder / f"{file.stem}.answers.npy", np.stack(answers))
    costs["ms_per_crop"] = 1000 * spent / count
    frames = np.load(folder / "clip.npy")
    clip(tool, frames[:WARM])
    start = time.process_time()
    costs["faces_in_clip"] = int(clip(tool, frames))
    costs["ms_per_frame"] = 1000 * (time.process_time() - start) / len(frames)
    costs["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    costs["site_packages_mb"] = installed_mb()
    costs["version"], costs["python"] = version(package), sys.version.split()[0]
    (folder / "costs.json").write_text(json.dumps(costs))


def installed_mb() -> float:
    """Files in the environment's site-packages, a file with two names once; without pip and setuptools."""
    top = Path(sysconfig.get_paths()["purelib"])
    files = (file for file in top.rglob("*") if file.is_file() and not file.is_symlink())
    ours = (file.stat() for file in files if file.relative_to(top).parts[0].split("-")[0] not in ("pip", "setuptools"))
    return sum({about.st_ino: about.st_size for about in ours}.values()) / 1e6
