"""Faces blended with others of the same database, and their labels in the same shares (mixup).

*Source*: Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization" (arXiv 1710.09412). That partners come from one
database, so that a label which only one of the two has is not made up, is ours.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mien.data.batch import Batch
from mien.labels import CLASS_TASKS

ALPHA = 0.4  # shares are drawn from Beta(alpha, alpha): mostly near 0 or 1


@dataclass(frozen=True)
class Blend:
    """What happens to each of B faces.

    Attributes:
        partner: (B,) another row of the batch, of the same database.
        share: (B,) in [0.5, 1] of the face itself; 1 leaves it as it is.
    """

    partner: npt.NDArray[np.int64]
    share: npt.NDArray[np.float32]

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The rows that change."""
        return np.flatnonzero(self.share < 1)


def draw_blend(chance: float, database: npt.NDArray[np.int64], rng: np.random.Generator) -> Blend:
    """Blend each face with probability ``chance``; the larger share is its own."""
    partner = np.arange(len(database))
    for number in np.unique(database):
        rows = np.flatnonzero(database == number)
        partner[rows] = rng.permutation(rows)
    drawn = rng.beta(ALPHA, ALPHA, len(database))
    share = np.where(rng.random(len(database)) < chance, np.maximum(drawn, 1 - drawn), 1)
    return Blend(partner, np.where(partner == np.arange(len(database)), 1, share).astype(np.float32))


def with_labels(batch: Batch, blend: Blend) -> Batch:
    """The batch with blended targets. A blended row keeps what both faces have: of a task of single values each value,
    of a task of classes all or nothing, where the annotators of both had the same choice."""
    partner, share = torch.from_numpy(blend.partner), torch.from_numpy(blend.share)[:, None]
    target: dict[str, Tensor] = {}
    mask: dict[str, Tensor] = {}
    for task, own in batch.target.items():
        target[task] = torch.where(share < 1, share * own + (1 - share) * own[partner], own)
        mine, other = batch.mask[task], batch.mask[task][partner]
        both = mine & (mine == other).all(1, keepdim=True) if task in CLASS_TASKS else mine & other
        mask[task] = torch.where(share < 1, both, mine)
    return replace(batch, target=target, mask=mask)
