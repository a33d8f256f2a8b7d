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

from mien.inference.base import FEATURES
from mien.models.affect import AffectModel
from mien.models.backbones import Backbone
from mien.models.ensemble import AnyModel
from mien.models.network import Network
from mien.models.outputs import read
from mien.models.temporal.clip_model import ClipModel

OPSET = 20  # ONNX Runtime 1.17 and later


class _InUnits(nn.Module):
    """A network whose outputs are read: one tensor per task, in the order of the spec."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        units = read(self.model(image), self.model.spec)
        return tuple(units[task] for task in self.model.spec.labels)


class _Features(nn.Module):
    """What a model of clips sees of a frame."""

    def __init__(self, model: ClipModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return self.model.embed(image)


class _OverTime(nn.Module):
    """What it says of the frames of windows, read: one tensor per task, in the order of the spec."""

    def __init__(self, model: ClipModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        units = self.model.in_units(self.model.over(features))
        return tuple(units[task] for task in self.model.spec.labels)


class _Half(Backbone):
    """A backbone that computes in float16; the normalisation before it and the head after it stay in float32."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone, self.features = backbone.half(), backbone.features

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.backbone(x.half())
        return features.float()


def to_graph(model: AnyModel, half: bool = False) -> onnx.ModelProto:
    """``model`` as ONNX, with batch normalisation folded into the convolutions.

    Input ``image`` (faces, 3, S, S) float32 RGB in [0, 1], any number of faces; one float32 output per task, named
    after it, in the units of ``outputs.read``. Of a model of clips the first half: one output ``features`` (faces, F).

    Args:
        model: the network; it is not changed.
        half: compute the backbone in float16.
    """
    wrapped = copy.deepcopy(model)
    if half:
        for part in [part for part in wrapped.modules() if isinstance(part, AffectModel)]:
            part.backbone = _Half(part.backbone)
    side = model.spec.preprocessing.size
    image = torch.zeros(2, 3, side, side)
    if isinstance(wrapped, ClipModel):
        return _exported(_Features(wrapped), "image", image, "faces", [FEATURES])
    return _exported(_InUnits(wrapped), "image", image, "faces", list(model.spec.labels))


def to_graph_over_time(model: ClipModel) -> onnx.ModelProto:
    """The second half of a model of clips.

    Input ``features`` (windows, T, F) float32, T the model's window, any number of windows, a short one filled up by
    repeating its last frame; per task (windows, T, labels) float32 in the units of ``outputs.read``.
    """
    how = model.spec.temporal
    assert how is not None
    features = torch.zeros(2, how.window, len(model.centre))
    return _exported(_OverTime(copy.deepcopy(model)), FEATURES, features, "windows", list(model.spec.labels))


def _exported(module: nn.Module, name: str, example: Tensor, dim: str, outputs: list[str]) -> onnx.ModelProto:
    """A module of one input, whose first axis may have any length."""
    with quiet():
        program: Any = torch.onnx.export(
            module.eval(),
            (example,),
            input_names=[name],
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim(dim)},),
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
