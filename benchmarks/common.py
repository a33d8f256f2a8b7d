"""What all benchmarks share: the machine's description, and results as JSON."""

import json
import os
import platform
from importlib import metadata
from pathlib import Path


def machine() -> dict[str, object]:
    """Enough to read the absolute numbers; the ratios are what counts."""
    versions = {
        name: metadata.version(name) for name in ("torch", "onnxruntime", "numpy", "pyarrow", "opencv-python-headless")
    }
    return {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version(), **versions}


def write_results(path: Path, results: dict[str, object]) -> None:
    """Write JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {path}")
