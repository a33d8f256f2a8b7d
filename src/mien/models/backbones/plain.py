"""A small plain network, made for eight-bit integers on a CPU."""

from torch import Tensor, nn

from mien.models.backbones.base import Backbone, initialise

WIDTHS = (32, 64, 128, 192)


class PlainSmall(Backbone):
    """Four stages of two 3x3 convolutions, each with batch normalisation and ReLU; global mean.

    The first convolution of a stage halves the side, so that a face of 48 to 96 px ends as 3x3 to 6x6 cells that each
    see 91 px, and the work is spread evenly over the stages: 48 M multiplications at 64 px. Every layer folds into
    one integer convolution: there are no shortcuts to add in two scales, no depthwise filters whose channels differ
    in range, and no activation but ReLU. 0.84 M parameters.

    Source: our own.
    """

    features = WIDTHS[-1]

    def __init__(self) -> None:
        super().__init__()
        stages = []
        for inputs, width in zip((3, *WIDTHS), WIDTHS, strict=False):
            stages.append(nn.Sequential(*_convolution(inputs, width, 2), *_convolution(width, width, 1)))
        self.stages = nn.Sequential(*stages)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(x)  # (B, 192, H / 16, W / 16)
        return x.mean((2, 3))


def _convolution(inputs: int, outputs: int, stride: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
