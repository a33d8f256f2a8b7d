"""What every network is: pictures in, raw outputs per task out, and a spec that says what they mean."""

from torch import Tensor, nn

from mien.models.spec import ModelSpec


class Network(nn.Module):
    """``forward`` maps (B, 3, H, W) float RGB in [0, 1] to task -> raw outputs; ``outputs.read`` gives their units.

    Attributes:
        spec: labels, preprocessing, and how to build it again.
    """

    spec: ModelSpec

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        raise NotImplementedError
