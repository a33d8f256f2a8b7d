"""Two GRU layers that all tasks share."""

from collections.abc import Mapping

from torch import Tensor, nn

from mien.models.temporal.base import SequenceModel


class Gru2(SequenceModel):
    """All features through two GRU layers of 128 units, forward in time, then a linear layer per task.

    *Source*: the public network of the authors of Kollias & Zafeiriou 2018 (arXiv 1811.07771): VGG-FACE features, two
    GRU layers of 128 over sequences of 80 frames, linear valence and arousal. The other tasks' outputs are ours.
    """

    causal = True
    WIDTH = 128

    def build(self, features: int, outputs: Mapping[str, int], width: int) -> None:
        self.gru = nn.GRU(features, width, num_layers=2, batch_first=True, dropout=self.dropout.p)
        self.output = nn.ModuleDict({task: nn.Linear(width, rows) for task, rows in outputs.items()})

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        hidden, _ = self.gru(self.dropout(features))  # (B, T, width)
        return {task: layer(self.dropout(hidden)) for task, layer in self.output.items()}
