"""The layers between a feature vector and the raw outputs z: one for all labels, or one per task.

Both give the same dict, task -> (B, labels of that task), in the order of the label set. With ``va_bins`` = k > 0
valence and arousal are classified into k bins each: ``va`` is (B, 2, k).
"""

from itertools import chain

from torch import Tensor, nn

from mien.errors import MienError
from mien.labels import LabelSet


def row_names(labels: LabelSet, va_bins: int = 0) -> dict[str, tuple[str, ...]]:
    """A name for every row of an output layer, per task: how rows find each other between two label sets.

    >>> row_names({"au": ("AU01",), "va": ("valence",)}, va_bins=2)
    {'au': ('au/AU01',), 'va': ('va/valence/bin 1 of 2', 'va/valence/bin 2 of 2')}
    """
    rows = {task: tuple(f"{task}/{name}" for name in names) for task, names in labels.items()}
    if "va" in rows and va_bins:
        bins = [f"bin {b + 1} of {va_bins}" for b in range(va_bins)]
        rows["va"] = tuple(f"{name}/{which}" for name in rows["va"] for which in bins)
    return rows


class Head(nn.Module):
    """Features (B, F) to a dict from task to raw outputs."""

    def __init__(self, labels: LabelSet, va_bins: int) -> None:
        super().__init__()
        self.va_bins = va_bins
        self.rows = row_names(labels, va_bins)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        raise NotImplementedError

    def locate(self) -> dict[str, tuple[str, int]]:
        """Row name -> (name of its linear layer, index of the row in that layer)."""
        raise NotImplementedError

    def _shaped(self, task: str, z: Tensor) -> Tensor:
        """(B, 2k) -> (B, 2, k) for binned valence and arousal; anything else as it is."""
        return z.reshape(z.shape[0], -1, self.va_bins) if task == "va" and self.va_bins else z


class JointHead(Head):
    """One linear layer over the union of all labels: z = W h + b, cut into tasks.

    Source: Pons & Masip, arXiv 1802.06664 (SJMT), section 3.
    """

    def __init__(self, features: int, labels: LabelSet, hidden: int | None = None, va_bins: int = 0) -> None:
        super().__init__(labels, va_bins)
        if hidden is not None:
            raise MienError(
                f"A joint head is one linear layer, got hidden = {hidden}; leave it out, or use head = 'tasks'"
            )
        self.sizes = [len(rows) for rows in self.rows.values()]
        self.output = nn.Linear(features, sum(self.sizes))

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        parts = self.output(features).split(self.sizes, dim=1)
        return {task: self._shaped(task, z) for task, z in zip(self.rows, parts, strict=True)}

    def locate(self) -> dict[str, tuple[str, int]]:
        return {row: ("output", i) for i, row in enumerate(chain.from_iterable(self.rows.values()))}


class TaskHeads(Head):
    """A head per task: a linear layer, or with ``hidden`` BN - FC(hidden) - ReLU - BN before it.

    ``hidden[task]`` gives a task's own features, (B, ``hidden``), for recurrent networks on top.

    Source: Deng, Chen & Shi, arXiv 2002.03557, and its released code (MIT) for the order of the layers.
    """

    def __init__(self, features: int, labels: LabelSet, hidden: int | None = None, va_bins: int = 0) -> None:
        super().__init__(labels, va_bins)
        self.hidden = nn.ModuleDict({task: _hidden(features, hidden) for task in self.rows})
        width = features if hidden is None else hidden
        self.outputs = nn.ModuleDict({task: nn.Linear(width, len(rows)) for task, rows in self.rows.items()})

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {task: self._shaped(task, self.outputs[task](self.hidden[task](features))) for task in self.rows}

    def locate(self) -> dict[str, tuple[str, int]]:
        return {row: (f"outputs.{task}", i) for task, rows in self.rows.items() for i, row in enumerate(rows)}


def _hidden(features: int, hidden: int | None) -> nn.Sequential:
    """Empty, the identity, without hidden units."""
    if hidden is None:
        return nn.Sequential()
    return nn.Sequential(nn.BatchNorm1d(features), nn.Linear(features, hidden), nn.ReLU(), nn.BatchNorm1d(hidden))


HEADS: dict[str, type[JointHead] | type[TaskHeads]] = {"joint": JointHead, "tasks": TaskHeads}
