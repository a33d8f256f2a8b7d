"""A residual network for small upright faces: the shipped model's."""

import torch.nn.functional as F
from torch import Tensor, nn

from mien.models.backbones.base import Backbone, initialise
from mien.models.backbones.resnet import BasicBlock, stage

WIDTHS = (32, 64, 128, 160)
DEPTHS = (1, 2, 2, 1)


class FaceResNet(Backbone):
    """A 3x3 stem of stride 2 and four stages of basic blocks that end at 1/16 of the picture's side, global mean.

    1.1 M parameters and, at 48 pixels, 53 M multiplications. Ours: few channels where the picture is large, and few
    blocks where the channels are many, so that it trains on a processor and fits into a page.

    *Source*: blocks of He et al. 2016, "Deep residual learning for image recognition".
    """

    features = WIDTHS[-1]

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        inputs = (WIDTHS[0], *WIDTHS)
        self.stages = nn.Sequential(
            *(stage(BasicBlock, inputs[i], WIDTHS[i], DEPTHS[i], stride=1 if i == 0 else 2) for i in range(4))
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(F.relu(self.bn1(self.conv1(x))))  # (B, 160, H / 16, W / 16)
        return x.mean((2, 3))
