"""Which features of a frame there are, which of them a task reads, and from which of its answers it starts.

A frame's features stand side by side: the hidden layers of the frame network's heads, or the backbone's vector where
the heads have none; then that network's raw outputs, task after task.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise

from mien.labels import LabelSet
from mien.models.heads import row_names
from mien.models.spec import ModelSpec


@dataclass(frozen=True)
class FrameColumns:
    """Where a frame's features stand.

    Attributes:
        hidden: name -> the columns of a hidden layer: the frame network's tasks, or ``backbone`` alone.
        outputs: per task of the frame network, the columns of its raw outputs.
        rows: per task, what these outputs are called; see ``row_names``.
    """

    hidden: Mapping[str, range]
    outputs: Mapping[str, range]
    rows: Mapping[str, tuple[str, ...]]

    @property
    def width(self) -> int:
        """How many features a frame has in all."""
        return sum(map(len, chain(self.hidden.values(), self.outputs.values())))

    def read_by(self, task: str, reads: str) -> list[int]:
        """What a model of ``task`` reads, by ``TemporalSpec.reads``; all hidden layers where no head is the task's."""
        own = [self.hidden[task]] if task in self.hidden else self.hidden.values()
        parts = {"features": [*own], "answers": [*self.outputs.values()], "both": [*own, *self.outputs.values()]}
        return list(chain.from_iterable(parts[reads]))

    def start(self, labels: LabelSet, va_bins: int) -> dict[str, tuple[list[int], list[int]]]:
        """Per task that the frame network knows: rows of a model of ``labels``, and that network's columns for them."""
        found = {}
        for task, names in row_names(labels, va_bins).items():
            known = dict(zip(self.rows.get(task, ()), self.outputs.get(task, ()), strict=True))
            rows = [i for i, name in enumerate(names) if name in known]
            if rows:
                found[task] = rows, [known[names[i]] for i in rows]
        return found


def frame_columns(spec: ModelSpec, features: int) -> FrameColumns:
    """The columns for a frame network of ``spec``, whose backbone gives ``features`` numbers."""
    rows = row_names(spec.labels, spec.va_bins)
    widths = {"backbone": features} if spec.hidden is None else dict.fromkeys(rows, spec.hidden)
    names = [*widths, *rows]
    ends = list(accumulate([*widths.values(), *map(len, rows.values())], initial=0))
    ranges = [range(start, end) for start, end in pairwise(ends)]
    count = len(widths)
    return FrameColumns(
        dict(zip(names[:count], ranges[:count], strict=True)), dict(zip(rows, ranges[count:], strict=True)), rows
    )
