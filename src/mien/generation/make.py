"""Generated faces as pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mien.errors import MienError
from mien.generation.checkpoint import Makers, load_makers
from mien.generation.condition import encode
from mien.generation.request import Asked, condition_of
from mien.labels import LabelSet
from mien.preprocessing import Image

AT_ONCE = 64
Arrays = dict[str, npt.NDArray[Any]]


class FaceGenerator:
    """Makes faces for labels, with the generators of a run.

    Args:
        run: folder of a run with method ``gan``.

    Raises:
        CheckpointError: there is no generator, or its files are broken.

    Examples:
        >>> generator = FaceGenerator("runs/gan")                                               # doctest: +SKIP
        >>> faces = generator.faces({"expression": "happiness", "AU12": 4.0}, count=16, seed=1)  # doctest: +SKIP
        >>> faces.shape                                                                         # doctest: +SKIP
        (16, 48, 48, 3)
    """

    def __init__(self, run: str | Path) -> None:
        self.makers = load_makers(run)

    @property
    def labels(self) -> LabelSet:
        """What it can be told."""
        return self.makers.spec.labels

    @property
    def size(self) -> int:
        """Side of its faces in pixels."""
        return self.makers.spec.size

    def faces(self, asked: Asked, count: int = 1, seed: int = 0) -> Image:
        """``count`` faces of different people that show what is asked for, (count, S, S, 3) uint8 RGB.

        The same seed gives the same people, whatever they are asked to show.
        """
        return made(self.makers, asked, count, seed)

    def edited(self, face: Image, asked: Asked) -> Image:
        """The face (S, S, 3) uint8 RGB, cut as the run's preprocessing says, with other labels; same shape."""
        changed: Image = edited(self.makers, face[None], [asked])[0]
        return changed

    def for_labels(self, target: Arrays, mask: Arrays, seed: int = 0) -> Iterator[Image]:
        """A face (S, S, 3) for each row of targets and masks, (n, labels) per task as in ``data.targets.Labels``."""
        noise = _noise(self.makers, len(next(iter(mask.values()))), seed)
        for part, condition in self._told(target, mask):
            yield from _from_noise(self.makers, noise[part], condition)

    def edited_to_labels(self, faces: Image, target: Arrays, mask: Arrays) -> Iterator[Image]:
        """Each of the faces (n, S, S, 3) uint8 RGB, cut as the run's preprocessing says, with the labels of its row."""
        for part, condition in self._told(target, mask):
            yield from _from_faces(self.makers, faces[part], condition)

    def _told(self, target: Arrays, mask: Arrays) -> Iterator[tuple[slice, Tensor]]:
        """Some rows at a time, and what the generators are told of them."""
        for start in range(0, len(next(iter(mask.values()))), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            some = ({t: torch.from_numpy(a[part]) for t, a in arrays.items()} for arrays in (target, mask))
            yield part, encode(self.labels, *some)


def made(makers: Makers, asked: Asked, count: int, seed: int) -> Image:
    """See ``FaceGenerator.faces``."""
    condition = _conditions(makers, [asked]).expand(count, -1)
    return _from_noise(makers, _noise(makers, count, seed), condition)


def edited(makers: Makers, faces: Image, asked: list[Asked]) -> Image:
    """Each of the faces (n, S, S, 3) uint8 RGB with its own labels.

    Raises:
        MienError: the run has no editor, the faces are of another size, or a label cannot be told.
    """
    return _from_faces(makers, faces, _conditions(makers, asked))


@torch.inference_mode()
def _from_faces(makers: Makers, faces: Image, condition: Tensor) -> Image:
    if makers.editor is None:
        raise MienError("This run makes faces from noise alone; train with method.forms = ['image'] to change a photo")
    if faces.shape[1:] != (makers.spec.size, makers.spec.size, 3):
        raise MienError(f"Faces of shape {faces.shape[1:]}; the editor takes {makers.spec.size} pixels a side, RGB")
    pictures = torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255
    return as_bytes(makers.editor(pictures, condition)[0])


@torch.inference_mode()
def _from_noise(makers: Makers, noise: Tensor, condition: Tensor) -> Image:
    if makers.generator is None:
        raise MienError("This run only changes given faces; train with method.forms = ['noise'] to make new ones")
    parts = (slice(start, start + AT_ONCE) for start in range(0, len(noise), AT_ONCE))
    return np.concatenate([as_bytes(makers.generator(noise[part], condition[part])) for part in parts])


def _noise(makers: Makers, count: int, seed: int) -> Tensor:
    """(count, noise); the first rows are the same whatever the count, which torch's generator does not promise."""
    drawn = np.random.default_rng(seed).standard_normal((count, makers.spec.noise), np.float32)
    return torch.from_numpy(drawn)


def _conditions(makers: Makers, asked: list[Asked]) -> Tensor:
    labels = makers.spec.labels
    both = [condition_of(one, labels) for one in asked]
    target, mask = ({t: torch.from_numpy(np.stack([one[k][t] for one in both])) for t in labels} for k in (0, 1))
    return encode(labels, target, mask)


def as_bytes(pictures: Tensor) -> Image:
    """(n, 3, S, S) in [0, 1] to (n, S, S, 3) uint8."""
    scaled: Image = (pictures.permute(0, 2, 3, 1) * 255).round().clamp(0, 255).byte().numpy()
    return scaled
