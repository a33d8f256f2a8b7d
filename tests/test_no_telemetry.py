"""ONNX Runtime from 1.29 on reports to its makers unless it is told not to; the README promises that nothing does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = (
    "from mien.faces.mtcnn import Mtcnn; import numpy as np; Mtcnn(threads=1).detect([np.zeros((40, 40, 3), np.uint8)])"
)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the runtime keeps its records in other places")
def test_running_a_network_makes_no_device_number_and_no_records(tmp_path: Path) -> None:
    """Outside CI, where the runtime keeps still anyway: a process of its own, with an empty home."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment |= {name: os.environ[name] for name in ("PYTHONPATH", "OPENBLAS_CORETYPE") if name in os.environ}
    subprocess.run([sys.executable, "-c", RUN], env=environment, check=True, timeout=60)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []
