"""Backbones without a kink, for tests that compare two roundings of one training.

Behind ReLU and maxima a change of 1e-6 of the weights moved the third loss of seven faces by 1 %, in one process: no
tolerance tells that from a fault.
"""

from collections.abc import Callable

from torch import Tensor, nn

from mien.models.backbones import Backbone


class Smooth(Backbone):
    """Two convolutions with a normalisation that is told how many channels it has, and tanh."""

    features = 16

    def __init__(self, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        layers = [nn.Conv2d(3, 8, 3, 2, 1), norm(8), nn.Tanh(), nn.Conv2d(8, 16, 3, 2, 1), norm(16), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layers(x).mean((2, 3))
        return found


def over_the_batch() -> Smooth:
    return Smooth(nn.BatchNorm2d)


def by_itself() -> Smooth:
    return Smooth(lambda channels: nn.GroupNorm(2, channels))


SMOOTH = {"smooth": over_the_batch, "smooth_gn": by_itself}
