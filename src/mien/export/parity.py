"""How near an exported network stays to the original: differences and decisions, output by output."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mien.inference.base import FloatArray, Predictor
from mien.labels import CLASS_TASKS
from mien.models.info import ModelInfo
from mien.preprocessing import Image

SHARE = 2e-4
"""Of an output's range: how far two networks may differ that only round differently, in float32."""
FLOOR = 2e-5
"""The least of it in the output's units, for outputs that hardly vary from face to face."""


@dataclass(frozen=True)
class OutputParity:
    """One output of two networks on the same faces.

    Attributes:
        output: the task.
        mean_error, max_error: of the absolute difference, in the task's units.
        span: from the least to the greatest value of the reference on these faces, in the task's units.
        agreement: share of equal decisions in [0, 1]: the class of each face, or each action unit of each face as
            present or absent; None for outputs that are values.
    """

    output: str
    mean_error: float
    max_error: float
    span: float
    agreement: float | None

    @property
    def tolerance(self) -> float:
        """The largest difference that rounding explains, in the task's units."""
        return max(FLOOR, SHARE * self.span)


@dataclass(frozen=True)
class Parity:
    """A comparison of two networks.

    Attributes:
        faces: how many they were compared on.
        source: where the faces come from.
        outputs: one entry per task.
    """

    faces: int
    source: str
    outputs: tuple[OutputParity, ...]

    @property
    def max_error(self) -> float:
        """The largest difference of all outputs; NaN where one gave NaN."""
        return float(np.max([o.max_error for o in self.outputs]))

    def strayed(self) -> list[OutputParity]:
        """The outputs that differ by more than rounding explains, or gave NaN."""
        return [o for o in self.outputs if not o.max_error <= o.tolerance]

    def to_record(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "outputs": [asdict(o) for o in self.outputs]}


def parity(reference: Predictor, candidate: Predictor, crops: Image, source: str) -> Parity:
    """Compare two networks of the same labels; models of clips read all faces as one clip.

    Args:
        reference, candidate: whose outputs are compared; decisions follow the thresholds of ``reference.info``.
        crops: (n, S, S, 1 or 3) uint8, at least one face.
        source: where the faces come from, for the report.
    """
    expected, got = (one.clip(crops) if one.over_time else one(crops) for one in (reference, candidate))
    return Parity(len(crops), source, tuple(_compare(t, expected[t], got[t], reference.info) for t in expected))


def _compare(task: str, expected: FloatArray, got: FloatArray, info: ModelInfo) -> OutputParity:
    error = np.abs(expected.astype(np.float64) - got)
    a, b = decisions(task, expected, info), decisions(task, got, info)
    agreement = None if a is None or b is None else float((a == b).mean())
    span = float(expected.max() - expected.min())
    return OutputParity(task, float(error.mean()), float(error.max()), span, agreement)


def decisions(task: str, values: FloatArray, info: ModelInfo) -> npt.NDArray[Any] | None:
    """(n,) most probable class, (n, A) whether an action unit is present, or None for a task of values."""
    if task in CLASS_TASKS:
        classes: npt.NDArray[Any] = values.argmax(axis=1)
        return classes
    if task == "au":
        present: npt.NDArray[Any] = values >= [info.thresholds.get(au, 0.5) for au in info.spec.labels["au"]]
        return present
    return None
