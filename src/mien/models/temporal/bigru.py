"""A small bidirectional GRU per task."""

from collections.abc import Mapping

from torch import Tensor, nn

from mien.models.temporal.base import SequenceModel


class BiGru(SequenceModel):
    """Each task's own features through a one-layer bidirectional GRU (64 units each way) - ReLU - FC.

    *Source*: Deng, Chen & Shi 2020 (arXiv 2002.03557), the CNN-RNN: windows of 32 frames, training stride 16, short
    clips padded by repeating the last frame.
    """

    causal = False
    WIDTH = 64

    def build(self, features: int, outputs: Mapping[str, int], width: int) -> None:
        self.gru = nn.ModuleDict(
            {task: nn.GRU(len(own), width, batch_first=True, bidirectional=True) for task, own in self.columns.items()}
        )
        self.output = nn.ModuleDict({task: nn.Linear(2 * width, rows) for task, rows in outputs.items()})

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        found = {}
        for task, layer in self.output.items():
            hidden, _ = self.gru[task](self.dropout(features[..., self.columns[task]]))  # (B, T, 2 width)
            found[task] = layer(self.dropout(hidden.relu()))
        return found
