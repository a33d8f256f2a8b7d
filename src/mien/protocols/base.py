"""What a published protocol says, and the answers that it scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.metrics.arrays import Array, Mask
from mien.metrics.scorers import Scorer

OTHER = "other"  # ABAW's class for an expression that is none of the seven; no class of mien's own


class Figure(NamedTuple):
    """A published number: whose, how much, and where it stands."""

    who: str
    value: str
    source: str


@dataclass(frozen=True)
class Matched:
    """Answers and truth of n rows, as the metrics take them.

    Attributes:
        labels: task -> the names that the protocol scores.
        preds: ``expression`` and ``compound`` (n,) class indices, the number of classes standing for an answer outside
            them; ``au`` (n, A) probabilities or 0/1; ``au_intensity`` (n, A); ``va`` (n, 2).
        target, mask: as ``preds``; True where the truth is known and an answer was given.
        thresholds: (A,) of the action units.
        people: (n,) who is on it.
        folds: (n,) the fold that tests it; empty where the protocol has none.
    """

    labels: Mapping[str, tuple[str, ...]]
    preds: dict[str, Array]
    target: dict[str, Array]
    mask: dict[str, Mask]
    thresholds: NDArray[np.float64]
    people: list[str]
    folds: list[str] = field(default_factory=list)

    def of(self, task: str) -> tuple[Array, Array, Mask]:
        """Answers, truth and mask of one task."""
        return self.preds[task], self.target[task], self.mask[task]


@dataclass(frozen=True)
class ScoringProtocol:
    """How a paper or challenge scores answers.

    Attributes:
        name: of ``mien.protocols.PROTOCOLS``.
        title: what it is, in one line.
        source: the paper that defines it.
        split: which rows are scored, in words.
        averaging: what is averaged over what, in words; and what must not be.
        scorer: the official or customary program, and what is known of it.
        labels: task -> the names that are scored.
        measure: the numbers, the headline first.
        splits: values of the column ``split`` that are scored by default.
        present_from: an action unit is present where its intensity reaches this; None: the truth says 0 or 1 itself.
        fold: column of the truth that says which fold tests a row; empty for none.
        figures: published numbers to compare with.
    """

    name: str
    title: str
    source: str
    split: str
    averaging: str
    scorer: str
    labels: Mapping[str, tuple[str, ...]]
    measure: Callable[[Matched], Scorer]
    splits: tuple[str, ...] = ()
    present_from: float | None = None
    fold: str = ""
    figures: tuple[Figure, ...] = ()
