"""The network as an ONNX graph: pictures in [0, 1] in, final units out."""

import copy
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from mien.models.affect import AffectModel
from mien.models.backbones import Backbone
from mien.models.network import Network
from mien.models.outputs import read

OPSET = 20  # ONNX Runtime 1.17 and later


class _InUnits(nn.Module):
    """A network whose outputs are read: one tensor per task, in the order of the spec."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        units = read(self.model(image), self.model.spec)
        return tuple(units[task] for task in self.model.spec.labels)


class _Half(Backbone):
    """A backbone that computes in float16; the normalisation before it and the head after it stay in float32."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone, self.features = backbone.half(), backbone.features

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.backbone(x.half())
        return features.float()


def to_graph(model: Network, half: bool = False) -> onnx.ModelProto:
    """``model`` as ONNX, with batch normalisation folded into the convolutions.

    Input ``image`` (faces, 3, S, S) float32 RGB in [0, 1], any number of faces; one float32 output per task, named
    after it, in the units of ``outputs.read``.

    Args:
        model: the network; it is not changed.
        half: compute the backbone in float16.
    """
    wrapped = copy.deepcopy(model)
    if half:
        for part in [part for part in wrapped.modules() if isinstance(part, AffectModel)]:
            part.backbone = _Half(part.backbone)
    side = model.spec.preprocessing.size
    with quiet():
        program: Any = torch.onnx.export(
            _InUnits(wrapped).eval(),
            (torch.zeros(2, 3, side, side),),
            input_names=["image"],
            output_names=list(model.spec.labels),
            dynamic_shapes={"image": {0: torch.export.Dim("faces")}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    graph: onnx.ModelProto = program.model_proto
    for part in (*graph.graph.node, *graph.graph.value_info, *graph.graph.initializer):
        part.ClearField("metadata_props")  # the exporter's stack traces, with the paths of this machine
    return graph


@contextmanager
def quiet() -> Iterator[None]:
    """Hide what the exporters of torch and ONNX Runtime say on their way; errors are raised all the same."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
