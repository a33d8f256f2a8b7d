"""The same file in OpenVINO gives what ONNX Runtime gives; and what is said where it cannot run."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mien.errors import CheckpointError, MienError
from mien.export.onnx_file import export_onnx
from mien.inference import openvino_predictor
from mien.inference.analyzer import Analyzer
from mien.inference.base import AT_ONCE
from mien.inference.predictor import load_predictor
from networks import LABELS, crops, faces, new_run

installed = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO is not installed: pip install 'mien[openvino]'"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with exports of two precisions beside the weights."""
    folder = tmp_path_factory.mktemp("run")
    new_run(folder, preprocessing={"size": 24})
    export_onnx(folder, folder / "model.onnx", calibration=faces(16))
    export_onnx(folder, folder / "int8.onnx", "int8", faces(16))
    return folder


@installed
@pytest.mark.parametrize("count", [0, 1, 7, AT_ONCE + 3])
def test_it_gives_what_onnx_runtime_gives(run: Path, count: int) -> None:
    ours, theirs = (load_predictor(run / "model.onnx", device, 1) for device in ("openvino", "cpu"))
    assert ours.device == "openvino" and ours.info == theirs.info and ours.name == theirs.name
    shown = np.tile(crops(ours.info.spec), (2, 1, 1, 1))[:count]
    got, expected = ours(shown), theirs(shown)
    assert list(got) == list(expected) == list(LABELS)
    for task, values in expected.items():
        assert got[task].shape == values.shape and got[task].dtype == np.float32
        np.testing.assert_allclose(got[task], values, atol=1e-4, rtol=0, err_msg=task)


@installed
def test_an_answer_stays_when_the_next_comes(run: Path) -> None:
    predictor = load_predictor(run, "openvino", 1)
    shown = crops(predictor.info.spec, 8)
    first = predictor(shown[:4])
    before = {task: values.copy() for task, values in first.items()}
    predictor(shown[4:])
    for task in before:
        np.testing.assert_array_equal(first[task], before[task])


@installed
def test_eight_bit_networks_run(run: Path) -> None:
    ours, theirs = (load_predictor(run / "int8.onnx", device, 1) for device in ("openvino", "cpu"))
    shown = crops(ours.info.spec)
    got, expected = ours(shown), theirs(shown)
    for task, values in expected.items():
        span = {"au_intensity": 5.0, "va": 2.0}.get(task, 1.0)
        assert np.abs(got[task] - values).max() < 0.05 * span, task


@installed
def test_an_analyzer_finds_faces_beside_it(run: Path) -> None:
    found = Analyzer(run, "openvino", 1).image(np.full((60, 60, 3), 128, np.uint8))
    assert found.status == "no face"


@installed
def test_a_folder_without_its_export_says_what_to_type(run: Path, tmp_path: Path) -> None:
    new_run(tmp_path, preprocessing={"size": 24})
    with pytest.raises(CheckpointError, match=f"OpenVINO needs; type: mien export {tmp_path}"):
        load_predictor(tmp_path, "openvino")


@installed
def test_wrong_settings_and_an_altered_file_are_said(run: Path, tmp_path: Path) -> None:
    with pytest.raises(MienError, match="threads must be at least 1"):
        load_predictor(run, "openvino", 0)
    content = bytearray((run / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "altered.onnx").write_bytes(content)
    with pytest.raises(CheckpointError, match="was altered"):
        load_predictor(tmp_path / "altered.onnx", "openvino")
    with pytest.raises(CheckpointError, match=r"OpenVINO \S+ cannot run junk"):
        openvino_predictor.from_bytes(b"junk", "junk", "mien")


@installed
def test_it_reports_to_nobody(run: Path, tmp_path: Path) -> None:
    """OpenVINO's import makes a number of the user in the home folder and sends it, outside CI."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {name: os.environ[name] for name in ("PYTHONPATH", "OPENBLAS_CORETYPE") if name in os.environ}
    code = f"from mien.inference.predictor import load_predictor; load_predictor({str(run)!r}, 'openvino', 1)"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_without_it_it_says_what_to_type(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_predictor, "find_spec", lambda name: None)
    with pytest.raises(MienError, match=r"not installed here; type: pip install 'mien\[openvino\]'"):
        load_predictor(run, "openvino")
