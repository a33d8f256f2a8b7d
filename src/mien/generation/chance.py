"""Random numbers for the rows of a batch, the same ones however many processes share it."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mien.data.batch import Batch
from mien.data.processes import Part


@dataclass(frozen=True)
class Chance:
    """Draws for all rows of a batch in every process, and hands out those of some.

    Attributes:
        generator: of the numbers; every process's has the same seed and is asked the same questions.
        rows: B of the batch.
        part: (r, P): handed out are those of rows r, r + P, r + 2 P, ...
    """

    generator: torch.Generator
    rows: int
    part: Part = (0, 1)

    @classmethod
    def of(cls, batch: Batch) -> "Chance":
        """For all rows of ``batch``."""
        return cls(torch.Generator(batch.image.device).manual_seed(batch.seed), len(batch))

    def share(self, part: Part) -> "Chance":
        """For the rows of one process; the generator is the same one."""
        return replace(self, part=part)

    def even(self, *shape: int) -> Tensor:
        """(b, *shape) from 0 to 1."""
        return self._own(torch.rand(self.rows, *shape, generator=self.generator, device=self.generator.device))

    def normal(self, *shape: int) -> Tensor:
        """(b, *shape) with mean 0 and variance 1."""
        return self._own(torch.randn(self.rows, *shape, generator=self.generator, device=self.generator.device))

    def _own(self, drawn: Tensor) -> Tensor:
        return drawn[self.part[0] :: self.part[1]]
