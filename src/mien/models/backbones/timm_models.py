"""Any network of timm, by its name there. An extra: timm needs a torchvision that matches torch."""

from torch import Tensor, nn

from mien.choose import nearest
from mien.errors import MienError
from mien.models.backbones.base import Backbone


class TimmBackbone(Backbone):
    """timm's network ``name`` without its classifier and without weights (give those as initial weights).

    Raises:
        MienError: timm or its torchvision is missing or broken, or timm knows no such name.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        try:
            import timm  # imports torchvision, which raises RuntimeError where it does not match torch
        except (ImportError, RuntimeError) as error:
            raise MienError(
                f"The backbone 'timm:{name}' needs timm and a torchvision that matches torch, and importing them "
                f"failed ({error}); type: pip install 'mien[timm]'"
            ) from error
        if not timm.is_model(name):
            raise MienError(f"timm has no network {name!r}: {nearest(name, timm.list_models())}")
        self.net: nn.Module = timm.create_model(name, pretrained=False, num_classes=0)
        self.features = int(self.net.head_hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.net(x)
        return features

    def published(self) -> nn.Module:
        return self.net
