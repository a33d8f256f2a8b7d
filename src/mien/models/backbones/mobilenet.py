"""MobileNetV3-Small, with torchvision's parameter names."""

from collections import OrderedDict
from functools import partial
from typing import NamedTuple

from torch import Tensor, nn

from mien.models.backbones.base import Backbone, initialise


class Row(NamedTuple):
    """One line of the paper's Table 2, with the width of the squeeze layer (a quarter of ``expanded``, by eights)."""

    kernel: int
    expanded: int
    outputs: int
    squeezed: int  # 0: no squeeze-and-excitation
    activation: type[nn.Module]
    stride: int


SMALL = (
    Row(3, 16, 16, 8, nn.ReLU, 2),
    Row(3, 72, 24, 0, nn.ReLU, 2),
    Row(3, 88, 24, 0, nn.ReLU, 1),
    Row(5, 96, 40, 24, nn.Hardswish, 2),
    Row(5, 240, 40, 64, nn.Hardswish, 1),
    Row(5, 240, 40, 64, nn.Hardswish, 1),
    Row(5, 120, 48, 32, nn.Hardswish, 1),
    Row(5, 144, 48, 40, nn.Hardswish, 1),
    Row(5, 288, 96, 72, nn.Hardswish, 2),
    Row(5, 576, 96, 144, nn.Hardswish, 1),
    Row(5, 576, 96, 144, nn.Hardswish, 1),
)

BatchNorm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)


class SqueezeExcite(nn.Module):
    """x * hardsigmoid(fc2(relu(fc1(mean of x over the picture))))."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.fc1(x.mean((2, 3), keepdim=True)).relu()  # (B, squeezed, 1, 1)
        return x * nn.functional.hardsigmoid(self.fc2(gate))


class InvertedResidual(nn.Module):
    """Widen by 1x1, filter each channel, squeeze and excite, narrow by 1x1; added to x where the shapes agree."""

    def __init__(self, inputs: int, row: Row) -> None:
        super().__init__()
        self.adds = row.stride == 1 and inputs == row.outputs
        layers: list[nn.Module] = []
        if row.expanded != inputs:
            layers.append(_convolution(inputs, row.expanded, 1, row.activation))
        layers.append(_convolution(row.expanded, row.expanded, row.kernel, row.activation, row.stride, row.expanded))
        if row.squeezed:
            layers.append(SqueezeExcite(row.expanded, row.squeezed))
        layers.append(_convolution(row.expanded, row.outputs, 1, nn.Identity))
        self.block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.block(x)
        return x + y if self.adds else y


class MobileNetV3Small(Backbone):
    """Eleven inverted residuals, 1/32 of the side, global mean, and the linear layer of 1024 before the classifier.

    Source: Howard et al. 2019, "Searching for MobileNetV3", Table 2; names and batch-normalisation constants from
    torchvision (BSD-3-Clause), so that its weights load. Its dropout of 0.2 is the model's own setting here.
    """

    features = 1024

    def __init__(self) -> None:
        super().__init__()
        widths = (16, *(row.outputs for row in SMALL))
        layers = OrderedDict(
            features=nn.Sequential(
                _convolution(3, 16, 3, nn.Hardswish, stride=2),
                *(InvertedResidual(inputs, row) for inputs, row in zip(widths, SMALL, strict=False)),
                _convolution(96, 576, 1, nn.Hardswish),
            ),
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            classifier=nn.Sequential(nn.Linear(576, 1024), nn.Hardswish()),
        )
        self.net = nn.Sequential(layers)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.net(x)
        return features

    def published(self) -> nn.Module:
        return self.net


def _convolution(
    inputs: int, outputs: int, kernel: int, activation: type[nn.Module], stride: int = 1, groups: int = 1
) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, BatchNorm(outputs), activation())
