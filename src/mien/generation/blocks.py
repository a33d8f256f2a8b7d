"""The parts that both generators are built from."""

import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2  # of the leaky ReLU
GAIN = 2**0.5  # brings a leaky ReLU's output back to about unit variance


def leaky(x: Tensor) -> Tensor:
    """Leaky ReLU at unit variance."""
    return F.leaky_relu(x, SLOPE) * GAIN


def unit(x: Tensor) -> Tensor:
    """(B, n) with a mean square of 1 in each row."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class Mapping(nn.Sequential):
    """(B, inputs) to a style (B, width) that all blocks read: two linear layers."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(nn.Linear(inputs, width), nn.LeakyReLU(SLOPE), nn.Linear(width, width), nn.LeakyReLU(SLOPE))


class StyledConv(nn.Module):
    """A 3x3 convolution whose normalised channels take gain and shift from a style.

    *Source*: adaptive instance normalisation of Karras et al. 2019, "A style-based generator architecture".
    """

    def __init__(self, inputs: int, outputs: int, style: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.style = nn.Linear(style, 2 * outputs)
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        gain, shift = self.style(style)[:, :, None, None].chunk(2, dim=1)
        return leaky(F.instance_norm(self.conv(x)) * (1 + gain) + shift)


class Grow(nn.Module):
    """Twice the side, and what this scale adds to the picture.

    *Source*: pictures as a sum over scales from Karras et al. 2020, "Analyzing and improving the image quality of
    StyleGAN" (the skip generator).
    """

    def __init__(self, inputs: int, outputs: int, style: int, colours: int) -> None:
        super().__init__()
        self.conv = StyledConv(inputs, outputs, style)
        self.paint = nn.Conv2d(outputs, colours, 1)

    def forward(self, x: Tensor, picture: Tensor | None, style: Tensor) -> tuple[Tensor, Tensor]:
        """(B, inputs, s, s) and the picture so far (B, colours, s, s), or None, to both at 2 s."""
        x = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"), style)
        painted = self.paint(x)
        if picture is not None:
            painted = painted + F.interpolate(picture, scale_factor=2.0, mode="bilinear")
        return x, painted


def as_rgb(picture: Tensor) -> Tensor:
    """(B, 1 or 3, S, S) to (B, 3, S, S): a grey picture is three equal channels to every network."""
    return picture.expand(-1, 3, -1, -1)
