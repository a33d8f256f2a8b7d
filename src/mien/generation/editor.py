"""A face and labels in, the same person with these labels out."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mien.errors import RecipeError
from mien.generation.blocks import Grow, Mapping, StyledConv, as_rgb

BLOCKS = 2  # at a quarter of the side
MASK_BIAS = -2.0  # a new editor leaves the picture nearly as it is


class Editor(nn.Module):
    """E(x, c) = (1 - a) x + a y: new colours y where the mask a says so, both from the face and the condition.

    What the labels do not touch is taken from the picture itself, so that the person stays the same.

    Args:
        size: side of the faces in pixels, a multiple of 4.
        condition: numbers in a condition.
        style: numbers in a style.
        colours: 1 for grey faces, 3 for coloured ones.
        width: channels at the full side, twice as many at half of it, four times at a quarter.

    *Source*: the mask of Pumarola et al. 2018, "GANimation"; an image-to-image form with a cycle as in Choi et al.
    2018, "StarGAN". The layer table is ours.
    """

    def __init__(self, size: int, condition: int, style: int, colours: int, width: int) -> None:
        super().__init__()
        if size % 4:
            raise RecipeError(f"An editor halves its picture twice, and {size} pixels cannot be; use a multiple of 4")
        self.colours = colours
        self.mapping = Mapping(condition, style)
        self.shrink = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride, 1)
            for a, b, stride in ((colours, width, 1), (width, 2 * width, 2), (2 * width, 4 * width, 2))
        )
        self.blocks = nn.ModuleList(StyledConv(4 * width, 4 * width, style) for _ in range(BLOCKS))
        self.middle = Grow(4 * width, 2 * width, style, colours + 1)
        self.last = Grow(2 * width, width, style, colours + 1)
        with torch.no_grad():
            bias = self.last.paint.bias
        assert bias is not None
        nn.init.constant_(bias[colours:], MASK_BIAS)

    def forward(self, face: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """The new faces (B, 3, S, S) in [0, 1], and the masks (B, 1, S, S), from faces and conditions."""
        style, own = self.mapping(condition), face[:, : self.colours]
        x = own * 4 - 2  # about unit variance, as the recognisers' input
        for convolution in self.shrink:
            x = F.leaky_relu(F.instance_norm(convolution(x)), 0.2)
        for block in self.blocks:
            x = x + block(x, style)
        picture = self.last(*self.middle(x, None, style), style)[1]
        colours, mask = picture.sigmoid().split([self.colours, 1], dim=1)
        return as_rgb(torch.lerp(own, colours, mask)), mask
