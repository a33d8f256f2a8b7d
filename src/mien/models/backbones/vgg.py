"""VGG-16, with torchvision's parameter names."""

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn

from mien.models.backbones.base import Backbone, initialise

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class VGG16(Backbone):
    """Thirteen 3x3 convolutions in five stages, then two linear layers of 4096 with dropout 0.5.

    The last feature map is brought to 7x7 by adaptive mean pooling, so that any side works; at 224 px that changes
    nothing.

    Source: Simonyan & Zisserman 2015, "Very deep convolutional networks", configuration D; names from torchvision
    (BSD-3-Clause), so that its weights load.
    """

    features = 4096

    def __init__(self) -> None:
        super().__init__()
        layers = OrderedDict(
            features=_convolutions(),
            avgpool=nn.AdaptiveAvgPool2d(7),  # (B, 512, 7, 7)
            flatten=nn.Flatten(),
            classifier=nn.Sequential(*_linear(512 * 7 * 7), *_linear(4096)),
        )
        self.net = nn.Sequential(layers)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.net(x)
        return features

    def published(self) -> nn.Module:
        return self.net


def _convolutions() -> nn.Sequential:
    layers: list[nn.Module] = []
    inputs = 3
    for stage in STAGES:
        for before, channels in pairwise((inputs, *stage)):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        inputs = stage[-1]
    return nn.Sequential(*layers)


def _linear(inputs: int) -> tuple[nn.Module, ...]:
    return nn.Linear(inputs, 4096), nn.ReLU(), nn.Dropout(0.5)
