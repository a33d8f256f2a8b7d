"""What an analyser answered to a protocol's faces, beside the truth; and its scores."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mien.labels import LabelSet
from mien.metrics.calibration import expected_calibration_error
from mien.metrics.intervals import bootstrap
from mien.metrics.multilabel import label_auc
from mien.metrics.scores import Score, score

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Answers:
    """What was answered on n faces, or on n groups of rows that count as one, and the truth.

    Attributes:
        labels: task -> names that are scored.
        preds: task -> (n, names) probabilities, intensities or values.
        target, mask: per class task (n,), else (n, names).
        people: (n,) who is on it.
        groups: column -> (n,) value.
        thresholds: (A,) of the action units.
        lost: pictures that could not be read, or in which no face was found though it had to be.
    """

    labels: LabelSet
    preds: Arrays
    target: Arrays
    mask: Arrays
    people: list[str]
    groups: dict[str, list[str]]
    thresholds: npt.NDArray[np.float64]
    lost: int

    def scores(self, class_auc: Iterable[str] = (), draws: int = 1000) -> list[Score]:
        """Every score with 95 % intervals over people; also calibration, and AUC of the classes asked for."""
        people = self.people if draws else None
        found = score(
            self.preds, self.target, self.mask, self.labels, people, self.thresholds, draws=max(draws, 1), seed=0
        )
        if "expression" in self.labels:
            found.append(self._calibration())
            found += [self._class_auc(name, draws) for name in class_auc]
        return found

    def of(self, column: str, value: str) -> "Answers":
        """Only the rows of one group."""
        rows = np.array([one == value for one in self.groups[column]])
        part = {name: {t: a[rows] for t, a in getattr(self, name).items()} for name in ("preds", "target", "mask")}
        people = [person for person, kept in zip(self.people, rows, strict=True) if kept]
        return Answers(**{**vars(self), **part, "people": people, "groups": {}, "lost": 0})

    def _calibration(self) -> Score:
        probs, target, known = (part["expression"] for part in (self.preds, self.target, self.mask))
        error = expected_calibration_error(probs, target, known)
        return Score("expression", "", "ece", error, np.nan, np.nan, int(known.sum()), 0)

    def _class_auc(self, name: str, draws: int) -> Score:
        column = self.labels["expression"].index(name)
        known = self.mask["expression"]
        probs = self.preds["expression"][known, column][:, None]
        target = (self.target["expression"][known] == column)[:, None]
        people = [person for person, keep in zip(self.people, known, strict=True) if keep]
        full = np.ones_like(target, bool)
        found = bootstrap(lambda w: float(label_auc(probs, target, full, w)[0]), people, max(draws, 1))
        return Score("expression", name, "auc", found.value, found.low, found.high, found.n, 0)
