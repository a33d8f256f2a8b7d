"""mien in an environment of its own; see worker.py."""

from typing import Any

import numpy as np
from worker import SEVEN, work


def ready() -> Any:
    from mien import Analyzer

    return Analyzer(threads=1)


def crop(analyzer: Any, image: Any) -> Any:
    faces = analyzer.crops([image])
    return faces.expression[0, [faces.expression_names.index(name) for name in SEVEN]]


def clip(analyzer: Any, frames: Any) -> int:
    """Every frame searched anew, since the others do so; ``Analyzer.video`` follows faces and is faster."""
    return sum(len(analyzer.image(np.ascontiguousarray(frame))) for frame in frames)


if __name__ == "__main__":
    work("mien", ready, crop, clip)
