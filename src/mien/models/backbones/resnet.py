"""Residual networks for larger pictures, with torchvision's parameter names."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from mien.models.backbones.base import Backbone, initialise

Norm = Callable[[int], nn.Module]  # of so many channels


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    expansion = 1

    def __init__(self, inputs: int, channels: int, stride: int, norm: Norm = nn.BatchNorm2d) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = norm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = norm(channels)
        self.downsample = _projection(inputs, channels, stride, norm)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around a shortcut; the 3x3 one carries the stride, as in torchvision's weights."""

    expansion = 4

    def __init__(self, inputs: int, channels: int, stride: int, norm: Norm = nn.BatchNorm2d) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 1, bias=False)
        self.bn1 = norm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = norm(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = norm(4 * channels)
        self.downsample = _projection(inputs, 4 * channels, stride, norm)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(Backbone):
    """A 7x7 stem and four stages of ``depths`` blocks that end at 1/32 of the picture's side, global mean.

    Source: He et al. 2016, "Deep residual learning for image recognition", Table 1; names and the place of the
    bottleneck's stride from torchvision (BSD-3-Clause), so that its weights load.
    """

    def __init__(self, block: type[BasicBlock] | type[Bottleneck], depths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.features = 512 * block.expansion
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = stage(block, 64, 64, depths[0], stride=1)
        self.layer2 = stage(block, 64 * block.expansion, 128, depths[1], stride=2)
        self.layer3 = stage(block, 128 * block.expansion, 256, depths[2], stride=2)
        self.layer4 = stage(block, 256 * block.expansion, 512, depths[3], stride=2)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (B, features, H / 32, W / 32)
        return x.mean((2, 3))


def stage(
    block: type[BasicBlock] | type[Bottleneck],
    inputs: int,
    channels: int,
    depth: int,
    stride: int,
    norm: Norm = nn.BatchNorm2d,
) -> nn.Sequential:
    """``depth`` blocks, the first of which changes the shape."""
    rest = [block(channels * block.expansion, channels, 1, norm) for _ in range(depth - 1)]
    return nn.Sequential(block(inputs, channels, stride, norm), *rest)


def _projection(inputs: int, outputs: int, stride: int, norm: Norm) -> nn.Sequential:
    """Option B: a 1x1 convolution where the shape changes; empty, the identity, where it does not."""
    if stride == 1 and inputs == outputs:
        return nn.Sequential()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), norm(outputs))
