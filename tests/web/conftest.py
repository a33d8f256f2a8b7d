"""A network, drawn photos, and a browser for the tests of the pages."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from inference.made import LABELS
from mien.data.synthetic import View, render
from mien.data.synthetic.records import person
from mien.images import write_png
from mien.inference.onnx_predictor import INFO_KEY
from mien.inference.seal import PRODUCER, UNSEALED, seal
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec
from mien.preprocessing import Preprocessing

SIDE = 24  # of the network's input
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def drawn(subject: int, side: int = 200, **units: float) -> np.ndarray:
    """A drawn person on a plain ground."""
    return render(person(3, subject), units, View(light=0.25), side).image


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with every task, which cuts aligned grey faces: one random layer, as ``mien export`` writes it."""
    path = tmp_path_factory.mktemp("network") / "model.onnx"
    write_network(path, Preprocessing(size=SIDE, align=True))
    return path


def write_network(path: Path, cut: Preprocessing) -> None:
    """A sealed ONNX file whose outputs keep to their ranges and differ from face to face."""
    rng, inputs = np.random.default_rng(0), 3 * cut.size**2
    nodes, constants, outputs = [helper.make_node("Flatten", ["image"], ["flat"])], [], []
    for task, names in LABELS.items():
        weights = (rng.normal(size=(inputs, len(names))) * 6 / inputs**0.5).astype(np.float32)
        bias = (-0.5 * weights.sum(axis=0)).astype(np.float32)
        last = {"expression": "Softmax", "compound": "Softmax", "va": "Tanh"}.get(task, "Sigmoid")
        scale = np.float32(5 if task == "au_intensity" else 1)
        constants += [
            numpy_helper.from_array(np.asarray(v), f"{task}_{n}")
            for n, v in (("w", weights), ("b", bias), ("s", scale))
        ]
        nodes += [
            helper.make_node("Gemm", ["flat", f"{task}_w", f"{task}_b"], [f"{task}_z"]),
            helper.make_node(last, [f"{task}_z"], [f"{task}_p"]),
            helper.make_node("Mul", [f"{task}_p", f"{task}_s"], [task]),
        ]
        outputs.append(helper.make_tensor_value_info(task, TensorProto.FLOAT, ["faces", len(names)]))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["faces", 3, cut.size, cut.size])
    graph = helper.make_graph(nodes, "random", [image], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=PRODUCER)
    spec = ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=cut)
    info = ModelInfo(spec=spec, thresholds={"AU12": 0.4}, weights_sha256="0" * 64)
    helper.set_model_props(model, {INFO_KEY: info.model_dump_json(), "mien_seal": UNSEALED.decode()})
    path.write_bytes(seal(model.SerializeToString(deterministic=True)))


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """two.png shows two drawn people, one small and one large; none.png nobody; bad.png is no picture."""
    folder = tmp_path_factory.mktemp("photos")
    scene = np.full((300, 480, 3), 170, np.uint8)
    scene[10:266, 200:456] = drawn(4, 256, AU12=4.0, AU25=3.0)
    scene[40:150, 30:140] = drawn(1, 110, AU01=3.0, AU02=3.0)
    write_png(folder / "two.png", scene)
    write_png(folder / "none.png", np.full((120, 160, 3), 120, np.uint8))
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless browser whose camera shows a drawn person."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    camera = tmp_path_factory.mktemp("camera") / "person.mjpeg"
    _write_camera(camera)
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", *fake, f"--use-file-for-fake-video-capture={camera}"]
        )
        yield browser
        browser.close()


def _write_camera(path: Path) -> None:
    picture = cv2.copyMakeBorder(drawn(6, 256, AU12=4.0), 32, 32, 64, 64, cv2.BORDER_REPLICATE)
    with av.open(str(path), "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuvj420p"
        for _ in range(10):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="rgb24")))
        out.mux(stream.encode())


class Visit:
    """A page in a browser, and every address that it asked for.

    Attributes:
        page: Playwright's page.
        asked: addresses outside this machine, with what else is wrong: none of a page that keeps its word.
    """

    def __init__(self, browser: Any, address: str, **settings: Any) -> None:
        self._context = browser.new_context(permissions=["camera"], **settings)
        self.page, self.asked = self._context.new_page(), []
        local = (address, "blob:", "data:")
        self.page.on("request", lambda r: None if r.url.startswith(local) else self.asked.append(r.url))
        self.page.on("requestfailed", lambda r: self.asked.append(f"{r.url} failed") if "policy" in r.failure else None)
        self.page.on("pageerror", lambda error: self.asked.append(str(error)))
        self.page.goto(address)

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def download(self, button: str, folder: Path) -> Path:
        """Press a button that gives a file, and keep the file."""
        with self.page.expect_download() as waiting:
            self.page.locator("button:visible, a:visible", has_text=button).first.click()
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
