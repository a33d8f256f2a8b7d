"""Temperature, class weights and conformal sets of one class task, from answers of which the truth is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mien.labels import LabelSet
from mien.metrics.calibration import expected_calibration_error
from mien.metrics.class_bias import Aim, fit_class_bias
from mien.metrics.classification import balanced_accuracy, macro_f1
from mien.metrics.conformal import EVERYTHING, conformal_level, set_coverage
from mien.metrics.temperature import COLDEST, HOTTEST, fit_temperature
from mien.models.postprocess import ClassCalibration, ConformalSets, SetKind, calibrated, class_scores, class_sets
from mien.training.evaluate import Predictions
from mien.training.fit_smoothing import Kernel

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Wanted:
    """What to fit beside the temperature.

    Attributes:
        coverage: of conformal sets, in (0, 1); None for none.
        sets: how they are made.
        bias: the score that class weights are to raise; None for no such weights.
        smooth: the kernel of smoothing over time, whose width is chosen on clips; None leaves what is saved.
    """

    coverage: float | None = 0.9
    sets: SetKind = "lac"
    bias: Aim | None = None
    smooth: Kernel | None = None


AS_USUAL = Wanted()


@dataclass(frozen=True)
class Answers:
    """What a network says of n faces of one class task, and what annotators said; only faces with a label.

    Attributes:
        names: the network's C classes; annotators may know fewer.
        probs: (n, C), rows add up to 1.
        target: (n,) class indices.
        people: (n,) who is on each face.
    """

    names: tuple[str, ...]
    probs: Array
    target: Array
    people: Sequence[str]

    @classmethod
    def of(cls, found: Predictions, task: str, names: tuple[str, ...]) -> "Answers | None":
        """The faces with a label of ``task``, over all the network's ``names``; None if there are none."""
        if task not in found.labels or not found.mask[task].any():
            return None
        known = found.mask[task]
        place = np.array([names.index(name) for name in found.labels[task]])
        people = [who for who, given in zip(found.clusters, known, strict=True) if given]
        return cls(names, found.everything[task][known], place[found.target[task][known].astype(np.int64)], people)

    def part(self, rows: Array) -> "Answers":
        """Some of the faces."""
        return Answers(
            self.names, self.probs[rows], self.target[rows], [self.people[int(i)] for i in np.flatnonzero(rows)]
        )

    def halves(self) -> tuple["Answers", "Answers"]:
        """No person is in both; the same every time."""
        everybody = np.random.default_rng(0).permutation(sorted(set(self.people)))
        first = np.isin(self.people, everybody[: (len(everybody) + 1) // 2])
        return self.part(first), self.part(~first)


def fit(answers: Answers, wanted: Wanted, where: str, remarks: list[str]) -> ClassCalibration | None:
    """The calibration of one task; None, with a remark, where the faces do not allow any."""
    first, second = answers.halves()
    if min(len(np.unique(part.target)) for part in (first, second)) < 2:
        seen = [answers.names[i] for i in np.unique(answers.target)]
        remarks.append(
            f"{where}left as it is: one half of the {len(answers.target)} validation faces shows fewer than two "
            f"classes ({', '.join(seen)} in all), and nothing can be fitted on that"
        )
        return None
    how = _fit_on(first, wanted)
    if not COLDEST * 1.001 < how.temperature < HOTTEST * 0.999:
        remarks.append(f"{where}the temperature ends at the edge of {COLDEST:g} to {HOTTEST:g}; look at the labels")
    if wanted.coverage is not None:
        how = how.model_copy(update={"sets": _sets_of(second, how, wanted.coverage, wanted.sets)})
        if how.sets is not None and how.sets.level == EVERYTHING:
            remarks.append(
                f"{where}{len(second.target)} faces are too few for sets of {wanted.coverage:.0%}: every "
                f"class is in every set"
            )
    measured = measure(second, how)
    if wanted.bias and measured[f"{wanted.bias}_after"] < measured[f"{wanted.bias}_before"]:
        remarks.append(
            f"{where}the class weights lower {wanted.bias} on people that they were not fitted on; better without "
            "--bias"
        )
    return how.model_copy(update={"measured": measured})


def _fit_on(answers: Answers, wanted: Wanted) -> ClassCalibration:
    known = np.ones(len(answers.target), bool)
    how = ClassCalibration(temperature=fit_temperature(answers.probs, answers.target, known))
    if wanted.bias is None:
        return how
    probs = calibrated(answers.probs, answers.names, how)
    bias = fit_class_bias(probs, answers.target, known, wanted.bias).round(4).tolist()
    return how.model_copy(update={"bias": dict(zip(answers.names, bias, strict=True))})


def _sets_of(answers: Answers, how: ClassCalibration, coverage: float, kind: SetKind) -> ConformalSets:
    scores = class_scores(calibrated(answers.probs, answers.names, how), kind)
    true = scores[np.arange(len(scores)), answers.target]
    return ConformalSets(kind=kind, coverage=coverage, level=conformal_level(true, coverage))


def measure(answers: Answers, how: ClassCalibration) -> dict[str, float]:
    """Scores of faces that were not fitted on, before and after: ``faces``; ``ece_before`` as the network says it,
    ``ece_temperature`` with the temperature alone, ``ece_after``; ``macro_f1_...`` and ``balanced_accuracy_...``;
    with sets ``set_size``, the mean number of classes, and ``set_coverage``, which on the faces that set the level is
    near the wanted one by construction."""
    known, target, names = np.ones(len(answers.target), bool), answers.target, answers.names
    after = calibrated(answers.probs, names, how)
    stages = {
        "before": answers.probs,
        "temperature": calibrated(answers.probs, names, ClassCalibration(temperature=how.temperature)),
        "after": after,
    }
    found = {"faces": float(len(target))}
    found |= {f"ece_{stage}": expected_calibration_error(p, target, known) for stage, p in stages.items()}
    for stage in ("before", "after"):
        chosen = stages[stage].argmax(axis=1)
        found[f"macro_f1_{stage}"] = macro_f1(chosen, target, known, len(names))
        found[f"balanced_accuracy_{stage}"] = balanced_accuracy(chosen, target, known, len(names))
    if how.sets is not None:
        found["set_coverage"], found["set_size"] = set_coverage(class_sets(after, how.sets), target, known)
    return {name: round(value, 6) for name, value in found.items()}


def surety(found: Predictions, labels: LabelSet, calibration: Mapping[str, ClassCalibration]) -> list[str]:
    """A sentence per task: how sure calibrated answers are, and whether their sets keep their promise here."""
    lines = []
    for task, how in calibration.items():
        answers = Answers.of(found, task, labels[task])
        if answers is None:
            continue
        known = np.ones(len(answers.target), bool)
        line = f"{task}: calibration error {expected_calibration_error(answers.probs, answers.target, known):.3f}"
        if how.sets is not None:
            held, size = set_coverage(class_sets(answers.probs, how.sets), answers.target, known)
            line += f"; sets of {how.sets.coverage:.0%} hold the true class of {held:.1%}, {size:.2f} classes a face"
        lines.append(line)
    return lines
