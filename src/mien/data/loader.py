"""From stores to batches: batch t is a formula of the seed and t."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mien.config import Augment
from mien.data.batch import Batch
from mien.data.blend import draw_blend, with_labels
from mien.data.processes import Part
from mien.data.sampling import Draw, Sampler
from mien.data.store import Store
from mien.data.targets import FloatArray
from mien.data.transforms import Changes, augmented, centred, draw_changes


class Loader:
    """Training batches.

    Args:
        stores: one per database.
        sampler: which rows make batch t.
        size: side of the network's input in pixels.
        augment: random changes.
        seed: of the changes.
        part: (rank, processes): whose share of every batch's pictures is made.
        ahead: batches that a thread makes while a GPU works. 0 makes each when it is asked for: on the CPU a thread
            would only take a core away from the network.
    """

    def __init__(
        self,
        stores: Sequence[Store],
        sampler: Sampler,
        size: int,
        augment: Augment,
        seed: int,
        part: Part = (0, 1),
        ahead: int = 0,
    ) -> None:
        self._stores, self._sampler, self._size = stores, sampler, size
        self._augment, self._seed, self._part, self._ahead = augment, seed, part, ahead

    def batch(self, step: int) -> Batch:
        """Batch ``step``: the same at every call."""
        draw = self._sampler.draw(step)
        rng = np.random.default_rng([self._seed, step])
        pad = (self._stores[0].images.shape[1] - self._size) // 2
        changes = draw_changes(self._augment, len(draw.row), self._size, pad, rng)
        mine = np.arange(len(draw.row))[self._part[0] :: self._part[1]]
        seed = int(rng.integers(2**63))
        if not self._augment.blend:
            return _batch(self._pictures(draw, changes, mine), self._stores, draw, self._part, seed)
        blend = draw_blend(self._augment.blend, draw.database, rng)
        partner = np.where(blend.share[mine] < 1, blend.partner[mine], mine)
        needed = np.union1d(mine, partner)  # in one process all of them are its own already
        pictures, share = self._pictures(draw, changes, needed), blend.share[mine, None, None, None]
        own, other = (pictures[np.searchsorted(needed, rows)] for rows in (mine, partner))
        images = share * own + (1 - share) * other
        return with_labels(_batch(images, self._stores, draw, self._part, seed), blend)

    def _pictures(self, draw: Draw, changes: Changes, rows: npt.NDArray[np.int64]) -> FloatArray:
        """Rows of the batch, changed, (n, H, W, 1 or 3)."""
        faces = [self._stores[d].images[row] for d, row in zip(draw.database[rows], draw.row[rows], strict=True)]
        return augmented(faces, changes.part(rows), self._size)

    def stream(self, start: int, stop: int) -> Iterator[Batch]:
        """Batches ``start`` to ``stop``."""
        if not self._ahead:
            yield from map(self.batch, range(start, stop))
            return
        with ThreadPoolExecutor(1) as maker:
            waiting = deque(maker.submit(self.batch, step) for step in range(start, min(start + self._ahead, stop)))
            for step in range(start + self._ahead, stop + self._ahead):
                batch = waiting.popleft().result()
                if step < stop:
                    waiting.append(maker.submit(self.batch, step))
                yield batch


def in_order(store: Store, size: int, batch_size: int, part: Part = (0, 1)) -> Iterator[Batch]:
    """All rows of a store once, unchanged: for evaluation. Of P processes each gets every P-th of these batches."""
    for start in range(part[0] * batch_size, len(store), part[1] * batch_size):
        rows = np.arange(start, min(start + batch_size, len(store)))
        images = centred(store.images[start : start + batch_size], size)
        yield _batch(images, [store], Draw(np.zeros_like(rows), rows))


def _batch(images: FloatArray, stores: Sequence[Store], draw: Draw, part: Part = (0, 1), seed: int = 0) -> Batch:
    """Pictures (b, H, W, 1 or 3) of a part of the rows, and the labels of all rows, as tensors."""
    image = torch.from_numpy(images).permute(0, 3, 1, 2).expand(-1, 3, -1, -1)
    target, mask = {}, {}
    for task in stores[0].labels.target:
        target[task] = torch.from_numpy(_gather([store.labels.target[task] for store in stores], draw))
        mask[task] = torch.from_numpy(_gather([store.labels.mask[task] for store in stores], draw))
    return Batch(image, target, mask, torch.from_numpy(draw.database), part, seed)


def _gather(arrays: Sequence[npt.NDArray[Any]], draw: Draw) -> npt.NDArray[Any]:
    """Rows of several databases' arrays in the order of the batch."""
    out = np.empty((len(draw.row), *arrays[0].shape[1:]), arrays[0].dtype)
    for d, array in enumerate(arrays):
        here = draw.database == d
        out[here] = array[draw.row[here]]
    return out
