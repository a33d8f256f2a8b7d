"""What every sequence model is: features of frames in, raw outputs of every frame out."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn

Columns = Mapping[str, Sequence[int]]


class SequenceModel(nn.Module):
    """Reads the frames of a window together.

    ``forward`` maps features (B, T, F), B windows of T frames, to raw outputs (B, T, rows) per task.

    Args:
        features: F.
        columns: per task, its own features among them; a model whose layers all tasks share reads all.
        outputs: per task, how many rows.
        width: of the hidden layers; None for ``WIDTH``.
        dropout: share of the inputs and of the hidden features that training drops.

    Attributes:
        causal: the answer of a frame never changes when later frames come, so that it works on a live stream.
        output: per task, the last layer.
    """

    causal: ClassVar[bool]
    WIDTH: ClassVar[int]
    output: nn.ModuleDict

    def __init__(
        self,
        features: int,
        columns: Columns,
        outputs: Mapping[str, int],
        width: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.columns = {task: list(own) for task, own in columns.items()}
        self.dropout = nn.Dropout(dropout)
        self.build(features, outputs, self.WIDTH if width is None else width)

    def build(self, features: int, outputs: Mapping[str, int], width: int) -> None:
        """Make the layers."""
        raise NotImplementedError

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        raise NotImplementedError
