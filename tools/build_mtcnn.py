"""Write the detector's three networks as ONNX files from the weights in the ``mtcnn`` wheel (MIT licence).

    pip install 'mtcnn>=1,<2' onnx && python tools/build_mtcnn.py src/mien/faces/weights

The wheel stores its weights with joblib, which can run code when read. So they are read here, once, by a developer, and
the package ships graphs that hold numbers only.

*Source*: Zhang et al. 2016, "Joint face detection and alignment using multi-task cascaded convolutional networks"
(arXiv 1604.02878); layers as in github.com/ipazc/mtcnn 1.0.
"""

import argparse
from importlib import metadata
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8

# conv: kernel size follows from the weights; pool: (kernel, padding), stride 2; dense and heads follow after a flatten.
TRUNKS = {
    "pnet": ["conv", ("pool", 2, "SAME_UPPER"), "conv", "conv"],
    "rnet": ["conv", ("pool", 3, "SAME_UPPER"), "conv", ("pool", 3, "VALID"), "conv", "flatten", "dense"],
    "onet": [
        *("conv", ("pool", 3, "SAME_UPPER"), "conv", ("pool", 3, "VALID"), "conv", ("pool", 2, "SAME_UPPER"), "conv"),
        *("flatten", "dense"),
    ],
}
HEADS = {"pnet": ("offset", "score"), "rnet": ("offset", "score"), "onet": ("offset", "landmarks", "score")}
SIDES: dict[str, tuple[str | int, str | int]] = {"pnet": ("height", "width"), "rnet": (24, 24), "onet": (48, 48)}


class Graph:
    """Collects nodes, each on top of the last."""

    def __init__(self, weights: list[np.ndarray]) -> None:
        self.weights = iter(weights)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), f"w{len(self.constants)}"))
        return str(self.constants[-1].name)

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def conv(self, x: str) -> str:
        kernel, bias = next(self.weights), next(self.weights)  # Keras: height, width, in, out
        return self.add("Conv", x, self.constant(kernel.transpose(3, 2, 0, 1)), self.constant(bias))

    def dense(self, x: str, output: str = "") -> str:
        matrix, bias = next(self.weights), next(self.weights)
        return self.add("Gemm", x, self.constant(matrix), self.constant(bias), output=output)

    def prelu(self, x: str, spatial: bool) -> str:
        """s x + (1 - s) relu(x), which ONNX Runtime computes a quarter to a half faster than its own PRelu."""
        slope = next(self.weights).reshape(-1)
        slope = slope[:, None, None] if spatial else slope
        below = self.add("Mul", x, self.constant(slope))
        above = self.add("Mul", self.add("Relu", x), self.constant(1 - slope))
        return self.add("Add", below, above)


def build(name: str, weights: list[np.ndarray]) -> onnx.ModelProto:
    """The network ``name``: uint8 RGB (N, H, W, 3) in; offsets, landmarks and face score out."""
    graph = Graph(weights)
    x = graph.add("Cast", "image", to=TensorProto.FLOAT)
    x = graph.add("Sub", x, graph.constant(np.float32(127.5)))
    x = graph.add("Mul", x, graph.constant(np.float32(1 / 128)))
    x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
    for layer in TRUNKS[name]:
        if layer == "conv":
            x = graph.prelu(graph.conv(x), spatial=True)
        elif layer == "flatten":  # the first authors' arrays were column-major: width, height, channel
            x = graph.add("Flatten", graph.add("Transpose", x, perm=[0, 3, 2, 1]))
        elif layer == "dense":
            x = graph.prelu(graph.dense(x), spatial=False)
        else:
            _, side, padding = layer
            x = graph.add("MaxPool", x, kernel_shape=[side, side], strides=[2, 2], auto_pad=padding)
    for head in HEADS[name]:
        y = graph.conv(x) if name == "pnet" else graph.dense(x)
        if head == "score":
            y = graph.add("Gather", graph.add("Softmax", y, axis=1), graph.constant(np.int64(1)), axis=1)
        graph.add("Identity", y, output=head)
    if next(graph.weights, None) is not None:
        raise SystemExit(f"{name}: the wheel holds more weights than the network has layers; expected mtcnn 1.0")
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["faces", *SIDES[name], 3])
    outputs = [helper.make_tensor_value_info(head, TensorProto.FLOAT, _shape(name, head)) for head in HEADS[name]]
    body = helper.make_graph(graph.nodes, name, [image], outputs, graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.producer_name = "mien tools/build_mtcnn.py"
    onnx.checker.check_model(model)
    return model


def _shape(name: str, head: str) -> list[str | int]:
    place: list[str | int] = ["down", "across"] if name == "pnet" else []
    return ["faces", *({"offset": [4], "landmarks": [10], "score": []}[head]), *place]


def read_wheel(name: str) -> list[np.ndarray]:
    """A network's weights as the wheel has them."""
    place = metadata.distribution("mtcnn").locate_file(
        f"mtcnn/assets/weights/{name}.lz4"
    )  # importing it needs TensorFlow
    return list(joblib.load(str(place)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where pnet.onnx, rnet.onnx and onet.onnx are written")
    folder = parser.parse_args().folder
    for name in TRUNKS:
        (folder / f"{name}.onnx").write_bytes(build(name, read_wheel(name)).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
