"""What was found in one picture or in one frame of a video: a face a row."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from mien.errors import MienError
from mien.faces.detect import SURE
from mien.labels import LabelSet
from mien.models.postprocess import ConformalSets, class_sets

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]

PER_FACE = ("xyxy", "score", "landmarks", "track_id", "frame", "time_s")
UNTIMED = (0, math.nan)  # frame and time of a picture that is in no video
OK = "ok"
NO_FACE = "no face"
PRESENT_FROM = 0.5  # for an action unit whose model brings no threshold of its own


@dataclass(frozen=True)
class Faces:
    """The n faces of one picture or frame, or of several after ``concatenate``; also n = 0.

    ``len``, indexing by number, slice, mask or list of numbers, and iteration give ``Faces`` again. What the model does
    not predict has width 0: ``faces.va`` is (n, 0) and ``faces.au_names`` is ``()``.

    Attributes:
        labels: what the columns of ``values`` mean, task by task.
        values: task -> (n, width) float32; see the properties for units.
        xyxy: (n, 4) float32, boxes in pixels of the picture.
        score: (n,) float32 in [0, 1], how sure the detector is; NaN for crops of a model that takes them as they are.
        landmarks: (n, 5, 2) float32 pixels: eye, eye, nose, mouth corner, mouth corner, left in the picture first.
        track_id: (n,) int64, the same number for the same person of a video; -1 elsewhere.
        frame: (n,) int64, place in the video; 0 in a picture.
        time_s: (n,) float64, seconds by the container's own timestamps; NaN in a picture.
        thresholds: per action unit, the probability from which it counts as present.
        conformal: per class task, how sets of classes are made; empty for a model without.
        path: where the picture came from; empty for arrays.
        status: ``ok``, ``no face``, or ``error: ...`` with the reason.
        index: the frame that was searched and its time, also when it shows no face.
    """

    labels: LabelSet
    values: dict[str, Array]
    xyxy: Array
    score: Array
    landmarks: Array
    track_id: Array
    frame: Array
    time_s: Array
    thresholds: dict[str, float] = field(default_factory=dict)
    conformal: dict[str, ConformalSets] = field(default_factory=dict)
    path: str = ""
    status: str = OK
    index: tuple[int, float] = UNTIMED

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        shapes = {"xyxy": (n, 4), "score": (n,), "landmarks": (n, 5, 2)}
        shapes |= dict.fromkeys(("track_id", "frame", "time_s"), (n,))
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise MienError(f"Faces.{name} has the shape {getattr(self, name).shape}, expected {shape}")
        for task, names in self.labels.items():
            if self.values[task].shape != (n, len(names)):
                raise MienError(f"Faces: {task} has the shape {self.values[task].shape}, expected {(n, len(names))}")

    @classmethod
    def none(cls, labels: LabelSet, **about: Any) -> Self:
        """No faces: of a frame without any (the default ``status``), or of a file that could not be read."""
        values = {task: np.zeros((0, len(names)), np.float32) for task, names in labels.items()}
        empty = np.zeros(0, np.float32)
        boxes, points, whole = np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.int64)
        return cls(labels, values, boxes, empty, points, whole, whole, np.zeros(0), **({"status": NO_FACE} | about))

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, which: int | slice | Sequence[int] | Array) -> "Faces":
        if isinstance(which, int | np.integer):
            if not -len(self) <= which < len(self):
                raise IndexError(f"face {which} of {len(self)}")
            which = [int(which)]
        rows: Any = which if isinstance(which, slice) else np.asarray(which, dtype=None if len(which) else np.int64)
        picked: dict[str, Any] = {name: getattr(self, name)[rows] for name in PER_FACE}
        return replace(self, values={task: v[rows] for task, v in self.values.items()}, **picked)

    def __iter__(self) -> Iterator["Faces"]:
        return (self[i] for i in range(len(self)))

    def _of(self, task: str) -> Array:
        return self.values.get(task, np.zeros((len(self), 0), np.float32))

    @property
    def is_face(self) -> Array:
        """(n,) bool: whether it is sure enough to be a face. Crops of a model that takes them as they are all count."""
        return np.asarray(~(self.score < SURE))

    @property
    def expression(self) -> Array:
        """(n, C) probabilities; rows add up to 1."""
        return self._of("expression")

    @property
    def expression_names(self) -> tuple[str, ...]:
        """The C columns of ``expression``."""
        return self.labels.get("expression", ())

    @property
    def au(self) -> Array:
        """(n, A) probabilities that an action unit is present."""
        return self._of("au")

    @property
    def au_names(self) -> tuple[str, ...]:
        """The A columns of ``au``, such as ``AU01``."""
        return self.labels.get("au", ())

    @property
    def au_present(self) -> Array:
        """(n, A) bool: the probability reaches the model's own threshold for that action unit."""
        limits = [self.thresholds.get(name, PRESENT_FROM) for name in self.au_names]
        return np.asarray(self.au >= np.array(limits, np.float32).reshape(1, -1))

    @property
    def au_intensity(self) -> Array:
        """(n, I) intensities on FACS' scale: 0 absent, 1-5 for A-E."""
        return self._of("au_intensity")

    @property
    def au_intensity_names(self) -> tuple[str, ...]:
        """The I columns of ``au_intensity``."""
        return self.labels.get("au_intensity", ())

    @property
    def va(self) -> Array:
        """(n, 2) valence and arousal in [-1, 1]."""
        return self._of("va")

    @property
    def compound(self) -> Array:
        """(n, K) probabilities of compound expressions; rows add up to 1."""
        return self._of("compound")

    @property
    def compound_names(self) -> tuple[str, ...]:
        """The K columns of ``compound``."""
        return self.labels.get("compound", ())

    def top(self, task: str = "expression") -> list[str]:
        """Each face's most probable ``expression`` or ``compound``; empty names where the model has no such task."""
        names = self.labels.get(task)
        if not names:
            return [""] * len(self)
        return [names[i] for i in self.values[task].argmax(axis=1)] if len(self) else []

    def sets(self, task: str = "expression") -> list[tuple[str, ...]]:
        """Each face's classes that cannot be ruled out, the most probable first.

        Of faces like the model's validation faces, the share ``conformal[task].coverage`` has its true class in the
        set: one class means a sure answer, many mean that the picture does not tell. Smoothed values have no such
        promise.

        Raises:
            MienError: the model was not calibrated for it.
        """
        if task not in self.conformal:
            raise MienError(f"This model has no sets of {task} classes; type: mien calibrate RUN --coverage 0.9")
        names, probs = self.labels[task], self.values[task]
        inside = class_sets(probs, self.conformal[task])
        order = np.argsort(-probs, axis=1, kind="stable")
        return [tuple(names[i] for i in row if chosen[i]) for row, chosen in zip(order, inside, strict=True)]

    def to_pandas(self) -> "pd.DataFrame":
        """The rows that ``mien analyze`` writes; a picture without a face is one row that says so."""
        from mien.inference.table import to_arrow

        frame: pd.DataFrame = to_arrow(self).to_pandas()
        return frame


def concatenate(parts: Sequence[Faces]) -> Faces:
    """The faces of several pictures or frames of one model, one after the other; path and status are the first's.

    Raises:
        MienError: nothing to join, or parts of models with different labels.
    """
    if not parts or any(part.labels != parts[0].labels for part in parts):
        raise MienError("concatenate needs at least one Faces, all from models with the same labels")
    joined: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in PER_FACE}
    values = {task: np.concatenate([part.values[task] for part in parts]) for task in parts[0].labels}
    return replace(parts[0], values=values, **joined)
