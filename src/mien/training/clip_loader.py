"""Batches of windows: batch t is a formula of the seed and t, as for single faces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.config import Augment
from mien.data.sampling import Mixed
from mien.data.targets import Labels
from mien.data.transforms import augmented, draw_changes
from mien.preprocessing import Image
from mien.training.clip_features import FloatArray
from mien.windows import BoolArray, IntArray, Windows


@dataclass(frozen=True)
class ClipStore:
    """A database's frames, their labels, and windows over its clips.

    Attributes:
        frames: features (n, F); or prepared faces (n, S, S, 1 or 3), of which ``Pictures`` are made.
    """

    frames: FloatArray | Image
    labels: Labels
    windows: Windows

    def __len__(self) -> int:
        return len(self.windows.index)


@dataclass(frozen=True)
class ClipBatch:
    """B windows of T places with M frames.

    Attributes:
        features: (B, T, F), or the pictures (M, 3, S, S) of the frames; see ``ClipModel.forward``.
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


@dataclass(frozen=True)
class Pictures:
    """How prepared faces become the network's input: all frames of a window are changed alike, as a film is.

    Attributes:
        augment: random changes.
        size: side of the result in pixels.
        seed: of the changes.
    """

    augment: Augment
    size: int
    seed: int

    def __call__(self, faces: Sequence[Image], window: IntArray, step: int) -> FloatArray:
        """M faces of the windows with these numbers, in batch ``step``, as (M, 3, size, size) float32 in [0, 1]."""
        pad = (len(faces[0]) - self.size) // 2
        rng = np.random.default_rng([self.seed, step])
        changes = draw_changes(self.augment, int(window.max()) + 1, self.size, pad, rng).part(window)
        pictures = augmented(faces, changes, self.size).transpose(0, 3, 1, 2)
        return np.broadcast_to(pictures, (len(pictures), 3, self.size, self.size))


class ClipLoader:
    """Training batches of ``batch_size`` windows, of all databases by their weights.

    Where several processes train as one, each reads the whole batch: these models are small.

    Args:
        stores: one per database.
        weights: relative shares of a batch.
        batch_size, seed: as in ``Mixed``.
        pictures: makes the batches' pictures where the stores hold faces.
    """

    def __init__(
        self,
        stores: Sequence[ClipStore],
        weights: Sequence[float],
        batch_size: int,
        seed: int,
        pictures: Pictures | None = None,
    ) -> None:
        self._stores, self._pictures = stores, pictures
        self._sampler = Mixed([len(store) for store in stores], weights, batch_size, seed)

    def batch(self, step: int) -> ClipBatch:
        """Batch ``step``: the same at every call."""
        draw = self._sampler.draw(step)
        drawn = [(self._stores[d], draw.row[draw.database == d]) for d in np.unique(draw.database)]
        index = [store.windows.index[rows] for store, rows in drawn]
        frames = [store.windows.mask[rows] for store, rows in drawn]
        labels = [
            store.labels.take(places[real]) for (store, _), places, real in zip(drawn, index, frames, strict=True)
        ]
        target = {task: _tensor([one.target[task] for one in labels]) for task in labels[0].target}
        mask = {task: _tensor([one.mask[task] for one in labels]) for task in labels[0].mask}
        shown = [store.frames for store, _ in drawn]
        return ClipBatch(self._shown(step, shown, index, frames), _tensor(frames), target, mask)

    def _shown(
        self, step: int, shown: list[FloatArray | Image], index: list[IntArray], frames: list[BoolArray]
    ) -> Tensor:
        """Features of all places of the windows, or pictures of those that are frames."""
        if self._pictures is None:
            return _tensor([one[places] for one, places in zip(shown, index, strict=True)])
        faces = [one[row] for one, places, real in zip(shown, index, frames, strict=True) for row in places[real]]
        return torch.from_numpy(self._pictures(faces, np.concatenate(frames).nonzero()[0], step).copy())

    def stream(self, start: int, stop: int) -> Iterator[ClipBatch]:
        """Batches ``start`` to ``stop``."""
        return map(self.batch, range(start, stop))


def _tensor(parts: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts))
