"""Batches of windows: batch t is a formula of the seed and t, as for single faces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.data.sampling import Mixed
from mien.data.targets import Labels
from mien.data.windows import Windows
from mien.training.clip_features import FloatArray


@dataclass(frozen=True)
class ClipStore:
    """A database's frames as features (n, F), their labels, and windows over its clips."""

    features: FloatArray
    labels: Labels
    windows: Windows

    def __len__(self) -> int:
        return len(self.windows.index)


@dataclass(frozen=True)
class ClipBatch:
    """B windows of T places with M frames.

    Attributes:
        features: (B, T, F).
        frames: (B, T) bool, True where there is a frame.
        target, mask: per task (M, labels), as in ``Batch``, of the frames in the order of ``features[frames]``.
    """

    features: Tensor
    frames: Tensor
    target: Mapping[str, Tensor]
    mask: Mapping[str, Tensor]

    def __len__(self) -> int:
        return int(self.frames.sum())

    def to(self, device: torch.device) -> "ClipBatch":
        """The batch on another device."""
        target, mask = ({t: values.to(device) for t, values in part.items()} for part in (self.target, self.mask))
        return ClipBatch(self.features.to(device), self.frames.to(device), target, mask)


class ClipLoader:
    """Training batches of ``batch_size`` windows, of all databases by their weights.

    Where several processes train as one, each reads the whole batch: these models are small.

    Args:
        stores: one per database.
        weights: relative shares of a batch.
        batch_size, seed: as in ``Mixed``.
    """

    def __init__(self, stores: Sequence[ClipStore], weights: Sequence[float], batch_size: int, seed: int) -> None:
        self._stores = stores
        self._sampler = Mixed([len(store) for store in stores], weights, batch_size, seed)

    def batch(self, step: int) -> ClipBatch:
        """Batch ``step``: the same at every call."""
        draw = self._sampler.draw(step)
        drawn = [(self._stores[d], draw.row[draw.database == d]) for d in np.unique(draw.database)]
        index = [store.windows.index[rows] for store, rows in drawn]
        frames = [store.windows.mask[rows] for store, rows in drawn]
        features = [store.features[places] for (store, _), places in zip(drawn, index, strict=True)]
        labels = [
            store.labels.take(places[real]) for (store, _), places, real in zip(drawn, index, frames, strict=True)
        ]
        target = {task: _tensor([one.target[task] for one in labels]) for task in labels[0].target}
        mask = {task: _tensor([one.mask[task] for one in labels]) for task in labels[0].mask}
        return ClipBatch(_tensor(features), _tensor(frames), target, mask)

    def stream(self, start: int, stop: int) -> Iterator[ClipBatch]:
        """Batches ``start`` to ``stop``."""
        return map(self.batch, range(start, stop))


def _tensor(parts: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts))
