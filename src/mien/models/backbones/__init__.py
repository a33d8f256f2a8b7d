"""The networks that turn an image into a feature vector, by name."""

from collections.abc import Callable
from functools import partial

from mien.choose import choose
from mien.models.backbones.base import Backbone
from mien.models.backbones.face_resnet import SHALLOW, SLIM, FaceResNet, group_norm
from mien.models.backbones.mobilenet import MobileNetV3Small
from mien.models.backbones.plain import PlainSmall
from mien.models.backbones.resnet import BasicBlock, Bottleneck, ResNet
from mien.models.backbones.resnet_cifar import CifarResNet
from mien.models.backbones.timm_models import TimmBackbone
from mien.models.backbones.vgg import VGG16

__all__ = ["BACKBONES", "Backbone", "make_backbone"]

BACKBONES: dict[str, Callable[[], Backbone]] = {
    "resnet20": partial(CifarResNet, 20),
    "resnet32": partial(CifarResNet, 32),
    "resnet110": partial(CifarResNet, 110),
    "resnet18": partial(ResNet, BasicBlock, (2, 2, 2, 2)),
    "resnet50": partial(ResNet, Bottleneck, (3, 4, 6, 3)),
    "vgg16": VGG16,
    "mobilenet_v3_small": MobileNetV3Small,
    "plain_small": PlainSmall,
    "face_resnet": FaceResNet,
    "face_resnet_gn": partial(FaceResNet, norm=group_norm),
    "face_resnet_gn_slim": partial(FaceResNet, SLIM, SHALLOW, group_norm),
}


def make_backbone(name: str) -> Backbone:
    """A new backbone: a name of ``BACKBONES``, or ``timm:<name>`` for any network of timm.

    >>> make_backbone("resnet32").features
    64
    """
    if name.startswith("timm:"):
        return TimmBackbone(name.removeprefix("timm:"))
    return choose(BACKBONES, name, "backbone")()
