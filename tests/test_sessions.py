"""ONNX Runtime is asked to report to nobody."""

import os
import subprocess
import sys
from pathlib import Path


def test_onnx_runtime_keeps_no_record_of_its_use(tmp_path: Path) -> None:
    """Its telemetry (1.29 and later, not on Windows) first writes a file ``.ses`` into the temporary folder."""
    code = "from mien.faces.mtcnn import Mtcnn; Mtcnn(threads=1)"
    hidden = ("CI", "ORT_DISABLE_TELEMETRY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
