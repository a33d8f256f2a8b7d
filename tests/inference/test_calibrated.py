"""A calibration in model.json reaches whatever reads faces: folder, export, analyser, page; and only that."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest

from inference.made import LABELS, Reddish, faces
from mien.errors import CheckpointError, MienError
from mien.export.onnx_file import _serialised, export_onnx, renew
from mien.files import atomic_write
from mien.inference.analyzer import Analyzer
from mien.inference.base import Predictor
from mien.inference.onnx_predictor import from_bytes
from mien.inference.predictor import load_predictor
from mien.models.info import INFO_FILE, ModelInfo, parse_info, read_info
from mien.models.postprocess import ClassCalibration, ConformalSets
from mien.models.shipped import FOLDER
from networks import crops, new_run
from networks import faces as drawn

HOW = ClassCalibration(
    temperature=2.0, bias={"fear": 0.7}, sets=ConformalSets(coverage=0.9, level=0.75), measured={"faces": 9.0}
)
BROWSER = Path(__file__).parents[2] / "src" / "mien" / "web" / "browser"


def by_hand(p: np.ndarray) -> np.ndarray:
    weights = np.sqrt(p.astype(np.float64)) * [1, 1, np.exp(0.7)]
    return weights / weights.sum(axis=1, keepdims=True)


def rewritten(folder: Path) -> ModelInfo:
    """The folder's network, calibrated."""
    info = read_info(folder).model_copy(update={"calibration": {"expression": HOW}})
    atomic_write(folder / INFO_FILE, info.model_dump_json())
    return info


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    new_run(folder, preprocessing={"size": 24})
    export_onnx(folder, folder / "model.onnx", calibration=drawn(16))
    return folder


@pytest.fixture
def run(plain: Path, tmp_path: Path) -> Path:
    """A run that was calibrated after its export."""
    folder = Path(shutil.copytree(plain, tmp_path / "run"))
    rewritten(folder)
    return folder


def test_every_way_to_run_it_gives_the_same_calibrated_numbers(plain: Path, run: Path) -> None:
    before = load_predictor(plain, "cpu")
    shown = crops(before.info.spec, 16)
    raw, old_export = before(shown), load_predictor(run, "cpu")
    assert old_export.name.endswith("model.onnx"), "the export from before, with the record of now"
    (run / "model.onnx").unlink()
    weights = load_predictor(run, "cpu")
    content = _serialised(onnx.load(plain / "model.onnx"), read_info(run), {})  # as an export of now is written
    for predictor in (old_export, weights, from_bytes(content, "an export of now", "cpu")):
        found = predictor(shown)
        np.testing.assert_allclose(found["expression"], by_hand(raw["expression"]), atol=3e-5)
        for task in ("au", "au_intensity", "va", "compound"):
            np.testing.assert_allclose(found[task], raw[task], atol=1e-4, err_msg=task)
        assert predictor.info.calibration == {"expression": HOW}


def test_an_export_takes_a_new_record_and_stays_sealed(plain: Path, run: Path) -> None:
    path = run / "model.onnx"
    assert renew(path, read_info(run))
    assert load_predictor(path, "cpu").info.calibration == {"expression": HOW}
    old, new = (onnx.load(folder / "model.onnx") for folder in (plain, run))
    keys = [{entry.key for entry in graph.metadata_props} for graph in (old, new)]
    assert keys[0] == keys[1] and old.graph == new.graph
    other = read_info(run).model_copy(update={"weights_sha256": "0" * 64})
    assert not renew(path, other) and load_predictor(path, "cpu").info.calibration == {"expression": HOW}
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="was altered"):
        renew(path, read_info(run))


def reddish(**how: object) -> Predictor:
    found = Reddish().predictor()
    info = found.info.model_copy(update={"calibration": {"expression": HOW.model_copy(update=how)}})
    return Predictor(info, found.name, found.device, found.run)


def test_the_analyzer_gives_sets_of_what_cannot_be_ruled_out() -> None:
    """0.2, 0.7, 0.1: square roots with fear doubled (e^0.7) are 0.447, 0.837, 0.637, of 1.921: 0.233, 0.436, 0.332."""
    found = Analyzer(reddish(), detector=None).crops([np.full((20, 20, 3), 90, np.uint8)])  # type: ignore[arg-type]
    np.testing.assert_allclose(found.expression, [[0.233, 0.436, 0.332]], atol=1e-3)
    assert found.sets() == [("happiness", "fear")], "1 - p <= 0.75; of the raw shares happiness alone"
    assert found[0:0].sets() == []
    with pytest.raises(MienError, match="no sets of compound classes; type: mien calibrate RUN"):
        found.sets("compound")
    with pytest.raises(MienError, match="no sets of expression"):
        faces(2).sets()


def test_a_record_without_a_calibration_reads_as_before() -> None:
    record = json.loads((FOLDER / INFO_FILE).read_text())
    older = {key: value for key, value in record.items() if key not in ("calibration", "smoothing")}
    info = parse_info(json.dumps(older), "an older record")
    assert info.calibration == {} and info.smoothing is None
    raw = Reddish()
    np.testing.assert_array_equal(
        raw.predictor()(np.zeros((1, 16, 16, 3), np.uint8))["expression"],
        raw.run(np.zeros((1, 3, 16, 16), np.float32))["expression"],
    )


@pytest.mark.parametrize(
    ("calibration", "message"),
    [
        ({"au": {}}, "no task of classes"),
        ({"expression": {"bias": {"envy": 1.0}}}, r"does not have: \['envy'\]"),
        ({"expression": {"temperature": 0.0}}, "temperature"),
        ({"expression": {"sets": {"coverage": 90, "level": 0.5}}}, "coverage"),
    ],
)
def test_a_calibration_that_does_not_fit_the_model_is_refused(calibration: object, message: str) -> None:
    content = json.loads(Reddish().predictor().info.model_dump_json()) | {"calibration": calibration}
    with pytest.raises(CheckpointError, match=message):
        parse_info(json.dumps(content), "model.json")


def test_the_page_in_the_browser_does_the_same(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for file in BROWSER.glob("*.js"):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    probs = [[0.2, 0.7, 0.1], [1.0, 0.0, 0.0], [0.3, 0.3, 0.4]]
    how = {"temperature": 2.0, "bias": [0.0, 0.0, 0.7]}
    code = (
        f"import {{ calibrated }} from '{(tmp_path / 'network.js').as_uri()}';"
        f"console.log(JSON.stringify({json.dumps(probs)}.map((p) => calibrated(p, {json.dumps(how)}))))"
    )
    done = subprocess.run([node, "--input-type=module", "-e", code], capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout), by_hand(np.array(probs)), atol=1e-6)
    assert LABELS["expression"][2] == "fear"
