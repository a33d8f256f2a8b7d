"""Eight-bit integers: a graph whose convolutions are calibrated on faces."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

from mien.export.graph import quiet
from mien.inference.base import network_input
from mien.preprocessing import Image

# What a convolution and its neighbours are made of. The mean over cells, the head and the units stay in float32: they
# cost nothing, and rounding them would cost agreement.
QUANTISED = ["Conv", "Relu", "Add", "MaxPool"]
AT_ONCE = 16


class _Faces(CalibrationDataReader):  # type: ignore[misc]  # untyped
    def __init__(self, crops: Image) -> None:
        parts = range(0, len(crops), AT_ONCE)
        self._parts: Iterator[dict[str, Any]] = ({"image": network_input(crops[i : i + AT_ONCE])} for i in parts)

    def get_next(self) -> dict[str, Any] | None:
        return next(self._parts, None)


def quantised(graph: onnx.ModelProto, crops: Image) -> onnx.ModelProto:
    """``graph`` with its convolutions in eight-bit integers (static, QDQ).

    Weights take seven bits, with a scale per output channel; activations eight, with a scale from the range that they
    take on ``crops``.

    Args:
        graph: in float32.
        crops: (n, S, S, 1 or 3) uint8 faces as the network will meet them.
    """
    mine = onnx.ModelProto()
    mine.CopyFrom(graph)  # quantize_static moves the weights of what it is given to a temporary file
    with TemporaryDirectory() as folder, quiet():
        path = Path(folder) / "quantised.onnx"
        quantize_static(
            mine,
            path,
            _Faces(crops),
            op_types_to_quantize=QUANTISED,
            per_channel=True,
            # Seven bits for weights: the sums of eight-bit products overflow on CPUs without VNNI, silently.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(path)
