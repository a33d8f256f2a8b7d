"""What every backbone is, and how its weights begin."""

from torch import Tensor, nn


class Backbone(nn.Module):
    """Images to feature vectors: ``forward(x)`` maps (B, 3, H, W), already normalised, to (B, ``features``)."""

    features: int

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def published(self) -> nn.Module:
        """The module whose parameter names are those of the weights that others publish."""
        return self


def initialise(backbone: Backbone) -> None:
    """Kaiming initialisation for layers followed by ReLU; biases begin at 0.

    Convolutions: normal with variance 2 / fan_out; linear layers: normal with variance 2 / fan_in.
    Source: He et al. 2015, "Delving deep into rectifiers", section 2.2.
    """
    for module in backbone.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
