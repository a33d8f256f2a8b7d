"""A residual network for small upright faces: the shipped model's, and forms of it that judge generated faces."""

import torch.nn.functional as F
from torch import Tensor, nn

from mien.models.backbones.base import Backbone, initialise
from mien.models.backbones.resnet import BasicBlock, Norm, stage

WIDTHS = (32, 64, 128, 160)
DEPTHS = (1, 2, 2, 1)
SLIM = (24, 48, 96, 128)
SHALLOW = (1, 1, 1, 1)
GROUP = 8  # channels that are normalised together


class FaceResNet(Backbone):
    """A 3x3 stem of stride 2 and four stages of basic blocks that end at 1/16 of the picture's side, global mean.

    1.1 M parameters and, at 48 pixels, 53 M multiplications; 0.4 M and 18 M with ``SLIM`` and ``SHALLOW``. Ours: few
    channels where the picture is large, and few blocks where the channels are many, so that it trains on a processor
    and fits into a page.

    Args:
        widths: channels of the stages.
        depths: blocks of the stages.
        norm: normalisation of so many channels. With ``group_norm`` a face's features depend on that face alone in
            training, too: what the discriminator of a GAN needs.

    *Source*: blocks of He et al. 2016, "Deep residual learning for image recognition".
    """

    def __init__(
        self,
        widths: tuple[int, int, int, int] = WIDTHS,
        depths: tuple[int, int, int, int] = DEPTHS,
        norm: Norm = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.features = widths[-1]
        self.conv1 = nn.Conv2d(3, widths[0], 3, 2, 1, bias=False)
        self.bn1 = norm(widths[0])
        inputs = (widths[0], *widths)
        self.stages = nn.Sequential(
            *(stage(BasicBlock, inputs[i], widths[i], depths[i], 1 if i == 0 else 2, norm) for i in range(4))
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(F.relu(self.bn1(self.conv1(x))))  # (B, features, H / 16, W / 16)
        return x.mean((2, 3))


def group_norm(channels: int) -> nn.Module:
    """Normalisation over groups of eight channels of one picture. *Source*: Wu & He 2018."""
    return nn.GroupNorm(channels // GROUP, channels)
