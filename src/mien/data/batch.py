"""What a training step gets: pictures, targets, and masks that say which targets somebody gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from mien.data.processes import Part, whole
from mien.errors import MienError


class Labelled(Protocol):
    """What a loss reads of a batch: per task targets and masks (B, labels), as ``Batch`` has them."""

    @property
    def target(self) -> Mapping[str, Tensor]: ...

    @property
    def mask(self) -> Mapping[str, Tensor]: ...


@dataclass(frozen=True)
class Batch:
    """B faces of one or several databases.

    Where several processes train as one, each holds its own pictures and the labels of the whole batch.

    Attributes:
        image: (b, 3, H, W) float32 RGB in [0, 1]: of all rows, or of those of this process.
        target: per task (B, labels): ``expression`` and ``compound`` are distributions over classes, ``au`` 0/1,
            ``au_intensity`` 0-5, ``va`` -1..1.
        mask: per task (B, labels) bool, True where an annotator gave the label. Targets under False are never read.
            For a class task, True marks the classes that the row's annotators could choose.
        database: (B,) int64, the number of each row's database in the recipe.
        part: (r, P): the pictures are those of rows r, r + P, r + 2 P, ...
        seed: of what a method draws for the batch, the same in all processes.
    """

    image: Tensor
    target: Mapping[str, Tensor]
    mask: Mapping[str, Tensor]
    database: Tensor
    part: Part = (0, 1)
    seed: int = 0

    def __post_init__(self) -> None:
        rows = len(self)
        if self.image.ndim != 4 or self.image.shape[1] != 3:
            raise MienError(f"Batch: image has shape {tuple(self.image.shape)}, expected (B, 3, H, W)")
        own = len(range(self.part[0], rows, self.part[1]))
        if len(self.image) != own:
            raise MienError(f"Batch: {len(self.image)} pictures, expected {own} of {rows} rows for part {self.part}")
        if self.target.keys() != self.mask.keys():
            raise MienError(
                f"Batch: targets of {sorted(self.target)} but masks of {sorted(self.mask)}; give both alike"
            )
        for task, target in self.target.items():
            mask = self.mask[task]
            if target.shape != mask.shape or len(target) != rows or mask.dtype != torch.bool:
                raise MienError(
                    f"Batch: {task} has target {tuple(target.shape)} and mask {tuple(mask.shape)} {mask.dtype}, "
                    f"expected the same ({rows}, labels) and bool"
                )

    def __len__(self) -> int:
        return len(self.database)

    def whole(self, own: Tensor) -> Tensor:
        """(b, ...) of this process's pictures -> (B, ...) of all pictures of the batch, with gradient."""
        return whole(own, len(self), self.part)

    def own(self, whole: Tensor) -> Tensor:
        """(B, ...) of all rows -> (b, ...) of this process's pictures."""
        return whole[self.part[0] :: self.part[1]]

    def to(self, device: torch.device) -> "Batch":
        """The batch on another device; pictures in channels-last order, which convolutions like."""
        return Batch(
            self.image.to(device, memory_format=torch.channels_last, non_blocking=True),
            {task: target.to(device, non_blocking=True) for task, target in self.target.items()},
            {task: mask.to(device, non_blocking=True) for task, mask in self.mask.items()},
            self.database.to(device, non_blocking=True),
            self.part,
            self.seed,
        )
