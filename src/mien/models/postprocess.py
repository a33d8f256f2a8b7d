"""What is done to a network's class probabilities before anybody reads them. Free of torch.

It acts in one place, on the probabilities that a network gave (in ``Predictor`` and ``training.evaluate``), so that a
run's folder, its export in any precision and the page in the browser need ``model.json`` alone to say the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Array = npt.NDArray[Any]
TINY = 1e-30  # below what a softmax in float32 can tell from 0
ROUNDING = 1e-6  # by which two runtimes may differ at a level's very edge
SetKind = Literal["lac", "aps"]


class ConformalSets(BaseModel):
    """How sets of classes are made that hold the true class of a face with a chosen probability.

    Attributes:
        kind: ``lac``: the classes with 1 - p_c <= level, the smallest sets on average; ``aps``: those whose more
            probable classes have together <= level, larger sets where a face is hard.
        coverage: the share of faces whose set is to hold the true class.
        level: quantile of the true classes' scores on validation faces.

    *Source*: Sadinle, Lei & Wasserman 2019 (LAC); Romano, Sesia & Candes 2020 (APS). Ours: no random part, and
    the mass of the more probable classes without the class itself. With it, a sure face's right class would be outside
    its own set, and putting it back made sets of 0.99 where 0.9 was asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: SetKind = "lac"
    coverage: float = Field(gt=0, lt=1)
    level: float = Field(ge=0, le=1)

    @property
    def limit(self) -> float:
        """The highest score of a class in the set."""
        return self.level + ROUNDING


class ClassCalibration(BaseModel):
    """What one class task's probabilities go through: p_c^(1/T) exp(b_c), scaled to add up to 1.

    Attributes:
        temperature: T; above 1 makes the network less sure, and never changes which class is the largest.
        bias: class -> b, its added log-weight; 0 where not given.
        sets: how to make sets of classes from the result.
        measured: on validation faces that temperature and bias were not fitted on: see ``training.calibrate``.

    *Source*: Guo et al. 2017, "On calibration of modern neural networks" (temperature).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    temperature: float = Field(1.0, gt=0)
    bias: dict[str, float] = {}
    sets: ConformalSets | None = None
    measured: dict[str, float] = {}

    @property
    def is_identity(self) -> bool:
        """Whether probabilities stay as they are."""
        return self.temperature == 1 and not any(self.bias.values())


class Smoothing(BaseModel):
    """Smoothing of a video's values over time, person by person.

    Attributes:
        kernel: ``past`` (exponential, for live pictures, too), ``gaussian`` or ``box`` around each moment.
        width_s: time constant, standard deviation or full width, in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kernel: Literal["past", "gaussian", "box"]
    width_s: float = Field(ge=0, le=60)


def calibrated(probs: Array, names: Sequence[str], how: ClassCalibration) -> Array:
    """Probabilities after temperature and bias.

    Args:
        probs: (n, C), rows add up to 1.
        names: the C classes.
        how: as saved with the model.

    Returns:
        (n, C) of the same type, rows add up to 1.

    >>> calibrated(np.array([[0.8, 0.2]]), ["fear", "anger"], ClassCalibration(temperature=2.0)).round(3)
    array([[0.667, 0.333]])
    """
    if how.is_identity:
        return probs
    bias = np.array([how.bias.get(name, 0.0) for name in names])
    z = np.log(np.maximum(probs.astype(np.float64), TINY)) / how.temperature + bias
    weights = np.exp(z - z.max(axis=1, keepdims=True))
    result: Array = (weights / weights.sum(axis=1, keepdims=True)).astype(probs.dtype)
    return result


def postprocess(
    values: Mapping[str, Array], labels: Mapping[str, Sequence[str]], calibration: Mapping[str, ClassCalibration]
) -> dict[str, Array]:
    """Every task's values, those with a calibration calibrated."""
    return {
        task: calibrated(array, labels[task], calibration[task]) if task in calibration else array
        for task, array in values.items()
    }


def class_scores(probs: Array, kind: SetKind) -> Array:
    """How little each class conforms: (n, C) in [0, 1]; see ``ConformalSets``.

    >>> class_scores(np.array([[0.2, 0.5, 0.3]]), "aps").round(3)
    array([[0.8, 0. , 0.5]])
    """
    p = probs.astype(np.float64)
    if kind == "lac":
        return np.asarray(1 - p)
    order = np.argsort(-p, axis=1, kind="stable")
    ranked = np.take_along_axis(p, order, axis=1)
    scores = np.empty_like(p)
    np.put_along_axis(scores, order, ranked.cumsum(axis=1) - ranked, axis=1)
    return np.clip(scores, 0.0, 1.0)


def class_sets(probs: Array, how: ConformalSets) -> npt.NDArray[np.bool_]:
    """(n, C) whether a class is in a face's set; the most probable class always is, which only adds coverage."""
    inside: npt.NDArray[np.bool_] = class_scores(probs, how.kind) <= how.limit
    if probs.size:
        inside[np.arange(len(probs)), probs.argmax(axis=1)] = True
    return inside
