"""Residual networks for small pictures: 20, 32 or 110 layers, three stages, shortcuts without parameters."""

import torch.nn.functional as F
from torch import Tensor, nn

from mien.models.backbones.base import Backbone, initialise


def shortcut(x: Tensor, channels: int, stride: int) -> Tensor:
    """Option A: every ``stride``-th pixel, and channels of zeros behind those that are there.

    Args:
        x: (B, C, H, W), C <= ``channels``.

    Returns:
        (B, ``channels``, ceil(H / stride), ceil(W / stride)).

    Source: He et al. 2016, section 4.1, option (A).
    """
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, channels - x.shape[1]))


class Block(nn.Module):
    """relu(shortcut(x) + BN(conv(relu(BN(conv(x))))))."""

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + shortcut(x, self.channels, self.stride))


class CifarResNet(Backbone):
    """A 3x3 stem of 16 channels, three stages of (depth - 2) / 6 blocks with 16, 32 and 64 channels, global mean.

    With a 10-way linear layer it has 0.27 M (depth 20), 0.46 M (32) and 1.7 M (110) parameters.

    Source: He et al. 2016, "Deep residual learning for image recognition", section 4.2 and Table 6.
    """

    features = 64

    def __init__(self, depth: int) -> None:
        super().__init__()
        blocks = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = _stage(16, 16, blocks, stride=1)
        self.layer2 = _stage(16, 32, blocks, stride=2)
        self.layer3 = _stage(32, 64, blocks, stride=2)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))  # (B, 64, H / 4, W / 4)
        return x.mean((2, 3))


def _stage(inputs: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    rest = [Block(channels, channels, 1) for _ in range(blocks - 1)]
    return nn.Sequential(Block(inputs, channels, stride), *rest)
