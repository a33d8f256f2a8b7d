"""``mien web --static``: the page computes in a real browser what Python computes, and asks nobody for anything."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mien.cli import app
from mien.errors import MienError
from mien.images import read_image
from mien.inference.analyzer import Analyzer
from mien.inference.base import OverTime
from mien.models.info import WEIGHTS_FILE
from mien.models.postprocess import ClassCalibration
from mien.preprocessing import Preprocessing
from mien.web.static import RUNTIME, RUNTIME_FILES, RUNTIME_VERSION, write_static
from web.visits import Visit

ARCHIVE = f"{RUNTIME}-{RUNTIME_VERSION}.tgz"


def pretend_runtime(folder: Path, version: str = RUNTIME_VERSION) -> Path:
    """A package of the right shape that runs nothing."""
    (folder / "dist").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": RUNTIME, "version": version}))
    for name in RUNTIME_FILES:
        (folder / "dist" / name).write_text(name)
    return folder


def packed(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, "package")
    return archive


def test_all_that_the_page_needs_is_written(network: Path, tmp_path: Path) -> None:
    package = pretend_runtime(tmp_path / "package")
    written = write_static(tmp_path / "site", network, packed(package, tmp_path / "x.tgz"))
    assert all(path.stat().st_size for path in written)
    names = {str(path.relative_to(tmp_path / "site")) for path in written}
    assert {"index.html", "model.onnx", "pnet.onnx", "settings.json", "LICENSE.mtcnn", "examples/group.jpg"} <= names
    assert {f"runtime/{name}" for name in RUNTIME_FILES} <= names
    assert (tmp_path / "site" / "model.onnx").read_bytes() == network.read_bytes()
    page = (tmp_path / "site" / "index.html").read_text()
    assert "AI Act, Article 5(1)(f)" in page and "http" not in page.replace("http-equiv", "")


def test_a_calibration_is_handed_to_the_page(network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = Analyzer(network, "cpu", 1).predictor
    names = predictor.info.spec.labels["expression"]
    how = ClassCalibration(temperature=1.5, bias={names[1]: 0.25})
    calibrated = replace(predictor, info=predictor.info.model_copy(update={"calibration": {"expression": how}}))
    monkeypatch.setattr("mien.web.static.load_predictor", lambda *_: calibrated)
    write_static(tmp_path / "site", network, pretend_runtime(tmp_path / "package"))
    outputs = json.loads((tmp_path / "site" / "settings.json").read_text())["outputs"]
    bias = [0.0, 0.25, *[0.0] * (len(names) - 2)]
    assert outputs["expression"]["calibration"] == {"temperature": 1.5, "bias": bias}
    assert "calibration" not in outputs["compound"]


def test_the_runtime_is_found_in_the_working_folder(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["web", str(network), "--static", "site"])
    assert isinstance(result.exception, MienError)
    assert "neither ships nor fetches; type: npm pack onnxruntime-web@1.30.0" in str(result.exception)
    pretend_runtime(tmp_path / "node_modules" / RUNTIME)
    result = CliRunner().invoke(app, ["web", str(network), "--static", "site"])
    assert result.exit_code == 0 and "python -m http.server" in result.output


def test_another_version_or_another_file_is_refused(network: Path, tmp_path: Path) -> None:
    other = pretend_runtime(tmp_path / "other", "1.17.0")
    with pytest.raises(MienError, match=r"is onnxruntime-web 1\.17\.0; expected onnxruntime-web 1\.30\.0"):
        write_static(tmp_path / "site", network, other)
    half = pretend_runtime(tmp_path / "half")
    (half / "dist" / RUNTIME_FILES[2]).unlink()
    with pytest.raises(MienError, match=r"lacks dist/ort-wasm-simd-threaded\.wasm"):
        write_static(tmp_path / "site", network, half)
    with pytest.raises(MienError, match="not the npm package"):
        write_static(tmp_path / "site", network, packed(half, tmp_path / "half.tgz"))
    (tmp_path / "cut.tgz").write_bytes(b"no archive")
    with pytest.raises(MienError, match=r"cut\.tgz: not the npm package"):
        write_static(tmp_path / "site", network, tmp_path / "cut.tgz")
    with pytest.raises(MienError, match="not the npm package"):
        write_static(tmp_path / "site", network, tmp_path)
    assert not (tmp_path / "site").exists()


def test_weights_of_torch_are_refused(network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / WEIGHTS_FILE).write_bytes(b"")
    predictor = Analyzer(network, "cpu", 1).predictor
    object.__setattr__(predictor, "name", str(run))
    monkeypatch.setattr("mien.web.static.load_predictor", lambda *_: predictor)
    with pytest.raises(MienError, match=f"which no browser runs; type: mien export {run}"):
        write_static(tmp_path / "site", run, pretend_runtime(tmp_path / "package"))


def test_a_model_of_clips_is_refused(network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = replace(Analyzer(network, "cpu", 1).predictor, over_time=OverTime(dict, causal=True))
    monkeypatch.setattr("mien.web.static.load_predictor", lambda *_: clips)
    with pytest.raises(MienError, match="is a model of clips, and this page reads frames one by one"):
        write_static(tmp_path / "site", network, pretend_runtime(tmp_path / "package"))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ONNX Runtime Web itself, from npm's cache or its registry."""
    if given := os.environ.get("MIEN_ORT_WEB"):
        return Path(given)
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed; MIEN_ORT_WEB may name the package instead")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "pack", "--prefer-offline", "--silent", f"{RUNTIME}@{RUNTIME_VERSION}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm pack took longer than two minutes")
    if done.returncode:
        pytest.skip(f"npm pack failed: {done.stderr.strip()[-200:]}")
    return folder / ARCHIVE


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(chromium: Any, network: Path, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The static page behind Python's own file server."""
    folder = tmp_path_factory.mktemp("site")
    write_static(folder, network, runtime)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def open_page(chromium: Any, address: str, **settings: Any) -> Visit:
    visit = Visit(chromium, address, **settings)
    visit.page.locator("body.ready").wait_for()
    return visit


def test_a_photo_gives_what_python_gives(
    address: str, chromium: Any, network: Path, photos: Path, tmp_path: Path
) -> None:
    """Resizing follows OpenCV to the grey level, so boxes agree to a hundredth of a pixel and outputs to a rounding.

    Rejected: a canvas's own scaling, which moved boxes by 5 to 13 pixels and outputs by 0.05 to 0.2, and put the faces
    of a group into another order.
    """
    with open_page(chromium, address, viewport={"width": 390, "height": 800}) as visit:
        visit.page.locator("#file").set_input_files(photos / "two.png")
        visit.page.get_by_text("two.png: 2 faces.").wait_for()
        assert visit.page.locator(".mien-card").count() == 2 and visit.page.locator("#picture").is_visible()
        theirs = pd.read_csv(visit.download("Table (CSV)", tmp_path))
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 390, "it fits a phone"
        bar = visit.page.locator(".mien-card").first.locator(".mien-bars > div").first.inner_text().split()
        drawn = visit.page.locator("#picture").evaluate(
            "(canvas, [x, y]) => Array.from(canvas.getContext('2d').getImageData(x, y, 1, 1).data)",
            [round(theirs["x1"][0]), round((theirs["y1"][0] + theirs["y2"][0]) / 2)],
        )
        assert visit.asked == []
    ours = Analyzer(network, "cpu", 1).image(photos / "two.png").to_pandas().assign(path="two.png")
    assert list(theirs) == list(ours) and len(theirs) == 2
    for column in ours:
        if ours[column].dtype.kind == "f" and column not in ("time_s", "track_id"):
            allowed = 0.01 if column in ("x1", "y1", "x2", "y2") else 0.005
            np.testing.assert_allclose(theirs[column], ours[column], atol=allowed, rtol=0, err_msg=column)
    for column in ("path", "face", "expression", "compound", "status"):
        assert theirs[column].tolist() == ours[column].tolist()
    assert bar == ["neutral", f"{ours['neutral'][0]:.0%}"]
    assert abs(np.array(drawn[:3]) - (102, 204, 238)).max() < 60, "the box is drawn in the first face's colour"


def test_a_bad_file_is_one_sentence_and_nobody_is_a_row(
    address: str, chromium: Any, photos: Path, tmp_path: Path
) -> None:
    with open_page(chromium, address) as visit:
        visit.page.locator("#file").set_input_files(photos / "bad.png")
        said = visit.page.locator("#said.mien-refusal")
        said.wait_for()
        assert said.inner_text() == "bad.png: not a picture that this browser can read; expected JPEG, PNG or WebP."
        assert visit.page.locator("#save").is_hidden()
        visit.page.locator("#file").set_input_files(photos / "none.png")
        visit.page.get_by_text("none.png: no faces.").wait_for()
        row = pd.read_csv(visit.download("Table (CSV)", tmp_path)).loc[0]
        assert (row["path"], row["status"]) == ("none.png", "no face") and np.isnan(row["x1"])
        assert visit.asked == []


def test_a_dropped_photo_an_example_and_the_camera_work(address: str, chromium: Any, photos: Path) -> None:
    with open_page(chromium, address) as visit:
        data = list((photos / "two.png").read_bytes())
        visit.page.evaluate(
            """(bytes) => {
                const all = new DataTransfer();
                all.items.add(new File([new Uint8Array(bytes)], "dropped.png"));
                document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: all, bubbles: true }));
            }""",
            data,
        )
        visit.page.get_by_text("dropped.png: 2 faces.").wait_for()
        visit.page.locator("#camera").click()
        visit.page.get_by_text("pictures a second").wait_for()
        assert visit.page.locator(".mien-card").count() == 1
        visit.page.locator("#examples button").nth(1).click()
        visit.page.get_by_text("group.jpg: 4 faces.").wait_for()
        assert visit.page.locator("#camera").inner_text() == "Use the camera", "a photo ends it"
        assert visit.asked == []


def test_faces_are_cut_as_in_training(address: str, chromium: Any, photos: Path) -> None:
    """By box and by landmarks, in colour and grey, larger and smaller than the input: within two grey levels."""
    cuts = [
        Preprocessing(size=size, align=a, grey=g) for size in (24, 112) for a in (False, True) for g in (False, True)
    ]
    image = read_image(photos / "two.png")[:150, 200:350]
    box = [31.5, 20.2, 120.1, 131.7]
    points = [[60.5, 60.2], [95.1, 67.7], [72.0, 80.4], [55.2, 100.9], [90.8, 106.3]]
    with Visit(chromium, address + "settings.json") as visit:  # a light place from which the scripts can be reached
        theirs = visit.page.evaluate(
            """async ([data, face, cuts]) => {
                const { crop } = await import("./network.js");
                const settings = await (await fetch("settings.json")).json();
                const image = { data: new Uint8Array(data), width: 150, height: 150 };
                return cuts.map((cut) => Array.from(crop(image, face, { ...settings.preprocessing, ...cut })));
            }""",
            [image.flatten().tolist(), {"box": box, "landmarks": points}, [cut.model_dump() for cut in cuts]],
        )
    for cut, face in zip(cuts, theirs, strict=True):
        ours = np.broadcast_to(cut.crop(image, box, landmarks=points), (cut.size, cut.size, 3)).astype(int)
        assert np.abs(np.reshape(face, ours.shape) - ours).max() <= 2, cut
