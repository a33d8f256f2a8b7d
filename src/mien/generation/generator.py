"""Noise and labels in, a face out."""

import itertools

import torch
from torch import Tensor, nn

from mien.errors import RecipeError
from mien.generation.blocks import Grow, Mapping, StyledConv, as_rgb, leaky, unit

SMALLEST = (3, 4, 5)  # sides in pixels that a picture may grow from
WIDEST, NARROWEST = 128, 16


class Generator(nn.Module):
    """G(z, c): from a style of noise and condition, a face that grows from 3-5 pixels by factors of two.

    Args:
        size: side of the faces in pixels, a multiple of 16.
        condition: numbers in a condition.
        noise: numbers in z.
        colours: 1 for grey faces, 3 for coloured ones.
        width: channels of the largest picture; every smaller one has twice as many, from 16 to 128.

    The blocks' sources are named there; the layer table is ours, since the paper's could not be obtained.
    """

    def __init__(self, size: int, condition: int, noise: int, colours: int, width: int) -> None:
        super().__init__()
        self.noise = noise
        sides, channels = scales(size), channels_of(len(scales(size)), width)
        style = 2 * noise
        self.embed = nn.Linear(condition, noise)  # as wide as the noise, so that neither drowns the other
        self.mapping = Mapping(2 * noise, style)
        self.first = nn.Linear(2 * noise, channels[0] * sides[0] ** 2)
        self.shape = (channels[0], sides[0], sides[0])
        self.start = StyledConv(channels[0], channels[0], style)
        self.grow = nn.ModuleList(Grow(a, b, style, colours) for a, b in itertools.pairwise(channels))

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        """Faces (B, 3, S, S) in [0, 1] from noise (B, noise) and conditions (B, condition)."""
        told = torch.cat([unit(z), unit(self.embed(condition))], dim=1)
        style = self.mapping(told)
        x = self.start(leaky(self.first(told)).reshape(-1, *self.shape), style)
        picture = None
        for block in self.grow:
            x, picture = block(x, picture, style)
        assert picture is not None
        return as_rgb(picture.sigmoid())


def scales(size: int) -> list[int]:
    """The sides of the pictures on the way to ``size``.

    >>> scales(48), scales(64)
    ([3, 6, 12, 24, 48], [4, 8, 16, 32, 64])

    Raises:
        RecipeError: no such way.
    """
    sides = [size]
    while sides[0] % 2 == 0 and sides[0] not in SMALLEST:
        sides.insert(0, sides[0] // 2)
    if sides[0] not in SMALLEST or len(sides) < 2:
        raise RecipeError(f"A generator doubles its picture from 3-5 pixels, never to {size}; use 48, 64 or 96")
    return sides


def channels_of(count: int, width: int) -> list[int]:
    """Channels per scale, the smallest picture first.

    >>> channels_of(5, 16)
    [128, 128, 64, 32, 16]
    """
    return [max(NARROWEST, min(WIDEST, width * 2**step)) for step in reversed(range(count))]
