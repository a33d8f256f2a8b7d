"""Drawn people, a network without training, and a look at a page: what the tests of the pages share."""

import socket
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from inference.made import LABELS
from mien.data.synthetic import View, render
from mien.data.synthetic.records import person
from mien.inference.onnx_predictor import INFO_KEY
from mien.inference.seal import PRODUCER, UNSEALED, seal
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec
from mien.preprocessing import Preprocessing


def drawn(subject: int, side: int = 200, **units: float) -> np.ndarray:
    """A drawn person on a plain ground."""
    return render(person(3, subject), units, View(light=0.25), side).image


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
