"""What a generator is told: some labels of a face, and which of them are told at all."""

from collections.abc import Mapping

import torch
from torch import Tensor

from mien.generation.chance import Chance
from mien.labels import CLASS_TASKS, INTENSITY_RANGE, LabelSet, size
from mien.losses.masked import known

Labels = Mapping[str, Tensor]
SCALE = {"au_intensity": 1 / INTENSITY_RANGE[1]}  # to about the same size as the other tasks' values


def width(labels: LabelSet) -> int:
    """Numbers in a condition: a value and a mark for every label."""
    return 2 * size(labels)


def encode(labels: LabelSet, target: Labels, mask: Labels) -> Tensor:
    """The condition vectors (B, 2 L): the values of all labels, 0 where they are not told, then 1 where they are.

    Args:
        labels: what the generator can be told.
        target: per task (B, labels), as in ``Batch``; values under a mask that is False are never read.
        mask: per task (B, labels) bool.
    """
    values = [known(target[task], mask[task]) * SCALE.get(task, 1.0) for task in labels]
    return torch.cat([*values, *(mask[task].float() for task in labels)], dim=1)


def thinned(mask: Labels, chance: Chance) -> dict[str, Tensor]:
    """A part of the labels, drawn by ``chance`` for every face, so that a generator learns to be told any part of them.

    A face keeps each class task with probability 1/2, and of its other labels a share that is itself drawn evenly
    from 0-1; with probability 1/4 it keeps everything. Ours.
    """
    all_kept = chance.even(1) < 0.25
    share = chance.even(1)
    kept = {}
    for task, given in mask.items():
        # The classes of a distribution go together.
        drawn = chance.even(1) < 0.5 if task in CLASS_TASKS else chance.even(given.shape[1]) < share
        kept[task] = given & (drawn | all_kept)
    return kept
