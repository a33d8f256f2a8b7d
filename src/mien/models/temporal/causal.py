"""A small transformer that looks back and never forward."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mien.errors import MienError
from mien.models.temporal.base import SequenceModel

LAYERS, HEADS = 2, 4


class CausalTransformer(SequenceModel):
    """All features through FC - two transformer layers of 4 heads, in which frame t attends to frames 0 ... t - FC.

    Sines tell the place in the window (Vaswani et al. 2017); layers are normalised first (Xiong et al. 2020). Ours.
    """

    causal = True
    WIDTH = 64

    def build(self, features: int, outputs: Mapping[str, int], width: int) -> None:
        if width % HEADS:
            raise MienError(f"The model 'causal' has {HEADS} heads, got a width of {width}; give a multiple of {HEADS}")
        self.enter = nn.Linear(features, width)
        layer = nn.TransformerEncoderLayer(width, HEADS, 2 * width, self.dropout.p, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(width), enable_nested_tensor=False)
        self.output = nn.ModuleDict({task: nn.Linear(width, rows) for task, rows in outputs.items()})

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        entered = self.enter(self.dropout(features))  # (B, T, width)
        frames, width = entered.shape[1:]
        later = torch.ones(frames, frames, dtype=torch.bool, device=entered.device).triu(1)
        hidden = self.layers(entered + _places(frames, width, entered.device), mask=later, is_causal=True)
        return {task: layer(self.dropout(hidden)) for task, layer in self.output.items()}


def _places(count: int, width: int, device: torch.device) -> Tensor:
    """(count, width): sines and cosines of the place, from a period of 2 pi frames up to 10,000 times that."""
    rate = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000) / width))
    angle = torch.arange(count, device=device)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1)
