"""One way to read faces, over an exported file, a run's folder, and everything that can be wrong with either."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from mien.errors import CheckpointError, MienError
from mien.export.onnx_file import export_onnx
from mien.inference import predictor as predictor_module
from mien.inference.base import AT_ONCE, Predictor, network_input
from mien.inference.predictor import load_predictor
from mien.models import shipped
from mien.models.info import ModelInfo
from networks import crops, faces, new_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with its export beside the weights."""
    folder = tmp_path_factory.mktemp("run")
    new_run(folder, preprocessing={"size": 24})
    export_onnx(folder, folder / "model.onnx", calibration=faces(16))
    return folder


@pytest.fixture(scope="module")
def predictor(run: Path) -> Predictor:
    return load_predictor(run / "model.onnx", "cpu", threads=1)


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictor_module, "find_spec", lambda name: None)


def copy_of(run: Path, folder: Path) -> Path:
    return Path(shutil.copytree(run, folder / "copy"))


def same(a: dict[str, Any], b: dict[str, Any], atol: float = 1e-6) -> None:
    assert list(a) == list(b)
    for task in a:
        np.testing.assert_allclose(a[task], b[task], atol=atol, rtol=0, err_msg=task)


def test_outputs_are_in_their_units(predictor: Predictor) -> None:
    shown = crops(predictor.info.spec)
    out = predictor(shown)
    for task in ("expression", "compound"):
        np.testing.assert_allclose(out[task].sum(axis=1), 1, atol=1e-5)
    for task, (low, high) in {"au": (0, 1), "au_intensity": (0, 5), "va": (-1, 1)}.items():
        assert low <= out[task].min() < out[task].max() <= high, task
    assert out["au_intensity"].max() > 1 and out["va"].min() < 0


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, 2 * AT_ONCE + 1])
def test_a_batch_is_its_faces_one_by_one(predictor: Predictor, count: int) -> None:
    shown = np.tile(crops(predictor.info.spec, 16), (9, 1, 1, 1))[:count]
    out = predictor(shown)
    assert {task: len(values) for task, values in out.items()} == dict.fromkeys(predictor.info.spec.labels, count)
    if count:
        alone = [predictor(shown[i : i + 1]) for i in range(16 if count > 16 else 1)]
        one_by_one = {task: np.concatenate([a[task] for a in alone]) for task in out}
        same({task: values[: len(alone)] for task, values in out.items()}, one_by_one, atol=1e-5)
        same({task: values[-1:] for task, values in out.items()}, predictor(shown[-1:]), atol=1e-5)


def test_a_batch_of_any_size_reaches_the_network_in_parts(predictor: Predictor) -> None:
    sizes = []

    def counting(image: np.ndarray) -> dict[str, np.ndarray]:
        sizes.append(len(image))
        return predictor.run(image)

    spy = Predictor(predictor.info, "spy", "cpu", counting)
    spy(np.zeros((2 * AT_ONCE + 1, 24, 24, 1), np.uint8))
    assert sizes == [AT_ONCE, AT_ONCE, 1]


def test_grey_is_three_equal_channels(predictor: Predictor) -> None:
    shown = crops(predictor.info.spec, 8)
    same(predictor(shown), predictor(np.repeat(shown, 3, axis=3)))


def test_pixels_become_channels_first_between_0_and_1() -> None:
    image = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    out = network_input(image[:, ::-1])  # a view, as a caller may give
    assert out.dtype == np.float32 and out.flags.c_contiguous
    np.testing.assert_allclose(out, image[:, ::-1].transpose(0, 3, 1, 2) / 255, atol=1e-7)


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        (np.zeros((1, 24, 24, 1), np.float32), "do not divide"),
        (np.zeros((24, 24, 1), np.uint8), r"\(B, 24, 24, 1 or 3\)"),
        (np.zeros((1, 3, 24, 24), np.uint8), r"\(1, 3, 24, 24\)"),
        (np.zeros((1, 32, 32, 1), np.uint8), "info.spec.preprocessing.crop"),
        (np.zeros((0, 24, 24, 4), np.uint8), "1 or 3"),
    ],
)
def test_other_arrays_are_refused(predictor: Predictor, shown: np.ndarray, message: str) -> None:
    with pytest.raises(MienError, match=message):
        predictor(shown)


def test_a_folder_uses_its_export_and_without_it_its_weights(run: Path, tmp_path: Path) -> None:
    folder = copy_of(run, tmp_path)
    exported = load_predictor(folder, "cpu")
    assert exported.name == str(folder / "model.onnx")
    (folder / "model.onnx").unlink()
    original = load_predictor(str(folder), "cpu")
    assert (original.name, original.device, original.info) == (str(folder), "cpu", exported.info)
    shown = crops(exported.info.spec)
    same(exported(shown), original(shown), atol=2e-5)


def test_an_export_of_other_weights_is_not_used(run: Path, tmp_path: Path) -> None:
    new_run(tmp_path, preprocessing={"size": 24}, dropout=0.5, head="joint")
    shutil.copy(run / "model.onnx", tmp_path)
    assert load_predictor(tmp_path, "cpu").name == str(tmp_path)


@pytest.mark.usefixtures("without_torch")
def test_without_torch_an_export_runs_and_weights_say_what_to_type(run: Path, tmp_path: Path) -> None:
    folder = copy_of(run, tmp_path)
    assert load_predictor(folder, "cpu").name == str(folder / "model.onnx")
    (folder / "model.onnx").unlink()
    with pytest.raises(CheckpointError, match=f"no model.onnx, and .* needs torch.*type: mien export {folder}"):
        load_predictor(folder)


def test_the_shipped_network_goes_by_name(monkeypatch: pytest.MonkeyPatch, run: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(MienError, match="ships no network 'default'; give an ONNX file"):
        load_predictor()
    shutil.copy(run / "model.onnx", tmp_path)
    assert load_predictor().name == load_predictor("default").name == str(tmp_path / "model.onnx")
    with pytest.raises(MienError, match="ships no network 'default-int8'"):
        load_predictor("default-int8")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.999])
def test_a_file_cut_short_says_so(run: Path, tmp_path: Path, kept: float) -> None:
    content = (run / "model.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError, match=r"cut short|altered"):
        load_predictor(tmp_path / "cut.onnx")


def test_a_flipped_byte_is_found_wherever_it_is(run: Path, tmp_path: Path) -> None:
    content = (run / "model.onnx").read_bytes()
    path = tmp_path / "flipped.onnx"
    for at in [*range(0, len(content), len(content) // 40), *range(len(content) - 4000, len(content), 97)]:
        flipped = bytearray(content)
        flipped[at] ^= 0x01
        path.write_bytes(flipped)
        with pytest.raises(CheckpointError, match=r"altered|cut short|not exported by mien"):
            load_predictor(path)


def test_a_file_of_another_tool_is_refused(tmp_path: Path) -> None:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    value = [helper.make_tensor_value_info(name, kind, [1]) for name in ("image", "va")]
    graph = helper.make_graph([helper.make_node("Relu", ["image"], ["va"])], "other", value[:1], value[1:])
    onnx.save(helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(CheckpointError, match="not exported by mien, so its labels"):
        load_predictor(tmp_path / "other.onnx")
    (tmp_path / "empty.onnx").touch()
    with pytest.raises(CheckpointError, match="not exported by mien"):
        load_predictor(tmp_path / "empty.onnx")
    with pytest.raises(CheckpointError, match=r"Cannot read the network .*No such file"):
        load_predictor(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize(("device", "message"), [("gpu", "'cpu', 'cuda' or"), ("cuda:x", "cuda:N"), ("", "cuda:N")])
def test_an_unknown_device_is_an_error(run: Path, device: str, message: str) -> None:
    with pytest.raises(MienError, match=message):
        load_predictor(run, device)


@pytest.fixture(params=["as it is", "built for CUDA, no GPU"])
def providers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """ONNX Runtime as it is, and as its GPU build is on a machine without a GPU: it names CUDA and runs on the CPU."""
    if "CUDAExecutionProvider" in ort.get_available_providers():
        pytest.skip("this machine has a GPU")
    if request.param != "as it is":
        monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    yield


@pytest.mark.usefixtures("providers")
def test_a_device_that_is_not_there_is_never_replaced_in_silence(run: Path, tmp_path: Path) -> None:
    assert load_predictor(run).device == "cpu"
    with pytest.raises(MienError, match="cannot use device 'cuda:1' here"):
        load_predictor(run / "model.onnx", "cuda:1")
    folder = copy_of(run, tmp_path)
    (folder / "model.onnx").unlink()
    with pytest.raises(MienError, match=r"sees 0 GPUs"):
        load_predictor(folder, "cuda")


def test_no_threads_at_all_is_an_error(run: Path, tmp_path: Path) -> None:
    folder = copy_of(run, tmp_path)
    for _ in ("exported", "weights alone"):
        with pytest.raises(MienError, match="threads must be at least 1, got 0"):
            load_predictor(folder, threads=0)
        (folder / "model.onnx").unlink(missing_ok=True)


def test_threads(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    session = ort.InferenceSession

    def spy(content: bytes, options: ort.SessionOptions, providers: list[Any]) -> Any:
        seen.append(options.intra_op_num_threads)
        return session(content, options, providers)

    monkeypatch.setattr(ort, "InferenceSession", spy)
    load_predictor(run, "cpu", threads=2)
    load_predictor(run, "cpu")
    assert seen == [2, max(1, (os.cpu_count() or 1) // 2)]


def test_an_exported_network_reads_faces_without_torch(run: Path, predictor: Predictor) -> None:
    import subprocess

    code = (
        "import sys, numpy as np; from mien.inference.predictor import load_predictor; "
        f"load_predictor({str(run)!r}, 'cpu', 1)(np.zeros((1, 24, 24, 1), np.uint8)); "
        "print([m for m in ('torch', 'onnx', 'safetensors', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_predictor_says_of_itself(run: Path, predictor: Predictor) -> None:
    assert isinstance(predictor.info, ModelInfo)
    assert (predictor.name, predictor.device) == (str(run / "model.onnx"), "cpu")
    assert predictor.info.thresholds == {"AU12": 0.4}
