"""One file, the same answers: over kinds of networks, numbers of faces and precisions."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from mien.errors import CheckpointError, MienError
from mien.export import onnx_file
from mien.export.graph import to_graph
from mien.export.onnx_file import export_onnx
from mien.export.parity import OutputParity, Parity
from mien.inference.base import AT_ONCE, network_input
from mien.inference.onnx_predictor import load_onnx
from mien.inference.torch_predictor import load_torch
from mien.models.checkpoint import load, save
from mien.models.info import parse_info
from mien.models.outputs import read
from mien.models.temporal import TEMPORAL
from networks import LABELS, THRESHOLDS, clip_network, crops, faces, network, new_run

KINDS: dict[str, dict[str, Any]] = {
    "plain, joint head, colour": {"head": "joint", "preprocessing": {"size": 32, "grey": False}},
    "cifar, bins, sigmoid": {"backbone": "resnet20", "va_bins": 4, "expression_activation": "sigmoid"},
    "resnet, its own mean": {"backbone": "resnet18", "preprocessing": {"size": 32, "mean": (0.4, 0.5, 0.6)}},
    "mobile, hidden layers, dropout": {"backbone": "mobilenet_v3_small", "hidden": 8, "dropout": 0.5},
    "one task": {"labels": {"au": LABELS["au"]}},
}
"""Depthwise and plain, shortcuts and none; the registry's other backbones are larger ones of the same layers."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_output_is_that_of_the_network_for_any_number_of_faces(kind: str, tmp_path: Path) -> None:
    info = new_run(tmp_path, **KINDS[kind])
    report = export_onnx(tmp_path, tmp_path / "out.onnx", calibration=faces())
    assert [o.output for o in report.outputs] == list(info.spec.labels)
    assert report.max_error < 2e-5
    exported, original = load_onnx(tmp_path / "out.onnx", "cpu"), load_torch(tmp_path, "cpu")
    shown = np.tile(crops(info.spec), (2, 1, 1, 1))
    for count in (1, 3, AT_ONCE + 6):
        got, expected = exported(shown[:count]), original(shown[:count])
        assert got.keys() == expected.keys() == info.spec.labels.keys()
        for task, names in info.spec.labels.items():
            assert got[task].shape == (count, len(names)) and got[task].dtype == np.float32
            np.testing.assert_allclose(got[task], expected[task], atol=2e-5, err_msg=task)
            assert count == 1 or got[task].std(axis=0).max() > 1e-3, f"{task} does not depend on the face"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    new_run(folder)
    return folder


@pytest.fixture(scope="module")
def written(run: Path) -> tuple[Path, Parity]:
    """The only file of a folder, and how near it is."""
    out = run / "new" / "out.onnx"
    return out, export_onnx(run, out, calibration=faces())


def test_half_precision_halves_the_file_and_keeps_decisions(run: Path, tmp_path: Path) -> None:
    report = export_onnx(run, tmp_path / "half.onnx", "fp16", faces())
    content = onnx.load(tmp_path / "half.onnx")
    kinds = {o.type.tensor_type.elem_type for o in (*content.graph.input, *content.graph.output)}
    assert kinds == {onnx.TensorProto.FLOAT}
    assert (tmp_path / "half.onnx").stat().st_size < 0.6 * (run / "weights.safetensors").stat().st_size
    assert 0 < report.max_error < 0.02
    assert all(o.agreement is None or o.agreement >= 0.95 for o in report.outputs)


def test_int8_quarters_the_file_and_keeps_most_decisions(
    run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = export_onnx(run, tmp_path / "small.onnx", "int8", faces())
    assert capfd.readouterr() == ("", "")  # exporters and quantisers like to talk
    kinds = [node.op_type for node in onnx.load(tmp_path / "small.onnx").graph.node]
    assert kinds.count("Conv") == 8 and "QuantizeLinear" in kinds
    assert (tmp_path / "small.onnx").stat().st_size < 0.32 * (run / "weights.safetensors").stat().st_size
    assert report.faces == 24  # the other half set the ranges
    spans = {"au_intensity": 5.0, "va": 2.0}  # the others are probabilities
    shares = {o.output: o.max_error / spans.get(o.output, 1.0) for o in report.outputs}
    assert 1e-4 < max(shares.values()) < 0.12, shares
    assert all(o.agreement is None or o.agreement >= 0.85 for o in report.outputs), report


def test_calibration_sets_the_ranges(run: Path) -> None:
    """Ranges from black pictures alone must spoil the answers: else calibration is not used."""
    from mien.export.quantise import quantised

    model, info = load(run)
    graph, shown = to_graph(model), crops(info.spec)
    image = {"image": network_input(shown)}

    def va(calibrated_on: np.ndarray) -> np.ndarray:
        content = quantised(graph, calibrated_on).SerializeToString()
        return np.asarray(ort.InferenceSession(content, providers=["CPUExecutionProvider"]).run(["va"], image)[0])

    expected = load_torch(run, "cpu")(shown)["va"]
    good, bad = (np.abs(va(on) - expected).mean() for on in (shown, np.zeros_like(shown)))
    assert good < 0.5 * bad


def test_one_file_carries_everything(run: Path, written: tuple[Path, Parity]) -> None:
    out, report = written
    assert [path.name for path in out.parent.iterdir()] == ["out.onnx"]
    content = onnx.load(out)
    onnx.checker.check_model(content, full_check=True)
    meta = {entry.key: entry.value for entry in content.metadata_props}
    _, info = load(run)
    assert parse_info(meta["mien"], "test") == info == load_onnx(out).info
    assert info.thresholds == THRESHOLDS
    assert meta["licence"] == "BSD-2-Clause; CC0-1.0"
    about = json.loads(meta["mien_export"])
    assert (about["precision"], about["calibrated"], about["faces"]) == ("fp32", False, "table")
    assert about["parity"] == json.loads(json.dumps(report.to_record()))
    assert "AU12" in content.doc_string


def test_a_network_that_strays_is_not_written(
    run: Path, written: tuple[Path, Parity], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "to_graph", lambda *_, **__: onnx.load(written[0]))
    out = tmp_path / "out.onnx"
    out.write_bytes(b"before")
    for error in (2e-4, float("nan")):
        strayed = Parity(1, "test", (OutputParity("va", error, error, 0.5, None),))
        monkeypatch.setattr(onnx_file, "parity", lambda *_, strayed=strayed: strayed)
        with pytest.raises(
            MienError, match=r"va by up to (0\.0002|nan), rounding explains 0\.0001; nothing was written"
        ):
            export_onnx(run, out, calibration=faces(4))
        assert out.read_bytes() == b"before"


def test_wrong_requests_are_named_at_once(run: Path, tmp_path: Path) -> None:
    with pytest.raises(MienError, match="did you mean 'int8'"):
        export_onnx(run, tmp_path / "out.onnx", "int9")  # type: ignore[arg-type]
    with pytest.raises(CheckpointError, match="No checkpoint"):
        export_onnx(tmp_path / "nowhere", tmp_path / "out.onnx")


@torch.no_grad()
def test_expressions_stay_numbers_where_every_sigmoid_is_tiny() -> None:
    """softmax(log s(z)) in the graph; rejects log(sigmoid(z)), which is NaN from z = -18 or so."""
    model = network(labels={"expression": LABELS["expression"]}, expression_activation="sigmoid")
    model.head.outputs["expression"].bias.add_(torch.tensor([-60.0, -61.0, -130.0]))
    session = ort.InferenceSession(to_graph(model).SerializeToString(), providers=["CPUExecutionProvider"])
    image = network_input(crops(model.spec, 8))
    expected = read(model(torch.from_numpy(image)), model.spec)["expression"].numpy()
    np.testing.assert_allclose(session.run(None, {"image": image})[0], expected, atol=1e-5)
    assert 0.5 < expected[:, 0].mean() < 0.9


def test_exporting_leaves_the_network_as_it_was() -> None:
    model = network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    to_graph(model, half=True)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_file_tells_nothing_of_the_machine_that_wrote_it(run: Path, written: tuple[Path, Parity]) -> None:
    """The exporter notes for every node where in which file it was made."""
    content = written[0].read_bytes()
    assert b"site-packages" not in content and b"affect.py" not in content and str(run).encode() not in content


@pytest.mark.parametrize("kind", TEMPORAL)
def test_a_model_of_clips_is_one_file_with_the_same_answers(kind: str, tmp_path: Path) -> None:
    model = clip_network(kind, va_bins=4)
    save(tmp_path, model, thresholds=THRESHOLDS)
    report = export_onnx(tmp_path, tmp_path / "out.onnx", calibration=faces())
    assert report.max_error < 1e-4 and [o.output for o in report.outputs] == list(model.spec.labels)
    exported, original = load_onnx(tmp_path / "out.onnx", "cpu"), load_torch(tmp_path, "cpu")
    assert exported.over_time is not None and exported.over_time.causal == model.causal
    shown = crops(model.spec)
    for got, expected in ((exported(shown), original(shown)), (exported.clip(shown), original.clip(shown))):
        for task, names in model.spec.labels.items():
            assert got[task].shape == (len(shown), len(names))
            np.testing.assert_allclose(got[task], expected[task], atol=1e-4, err_msg=task)
    alone, together = exported(shown)["va"], exported.clip(shown)["va"]
    assert np.abs(alone - together).max() > 1e-3, "the frames were read one by one"
    for precision in ("fp16", "int8") if kind == "causal" else ():  # they are a matter of the first half
        agreement = [o.agreement for o in export_onnx(tmp_path, tmp_path / f"{precision}.onnx", precision).outputs]
        assert min(share for share in agreement if share is not None) > 0.8, precision


def test_openvino_says_what_it_cannot_run(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="the extra mien[openvino] is not installed")
    save(tmp_path, clip_network("causal"))
    export_onnx(tmp_path, tmp_path / "out.onnx", calibration=faces())
    with pytest.raises(MienError, match="runs in ONNX Runtime only"):
        load_onnx(tmp_path / "out.onnx", "openvino")
