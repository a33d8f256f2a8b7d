"""All scores of one set of predictions: every task, every label, the means, with intervals.

| task | scores |
|---|---|
| expression, compound | accuracy, macro_f1, balanced_accuracy; recall and f1 per class |
| au | accuracy, f1, auc per AU and their means |
| au_intensity | pcc, ccc, icc31, mae per AU and their means |
| va | ccc, pcc, rmse of valence and arousal and their means |
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mien.choose import nearest
from mien.errors import ScoreError
from mien.labels import CLASS_TASKS, LabelSet
from mien.metrics.arrays import Array, Mask, as_mask, class_indices, masked
from mien.metrics.intervals import bootstrap
from mien.metrics.scorers import left_out, make_scorer


class Score(NamedTuple):
    """One number about predictions: of one label, or, with label ``""``, of the whole task.

    ``low`` and ``high`` end its confidence interval (NaN: none asked for, or undefined). ``n`` is the number of rows
    scored; for a class's recall or F1, the rows of that class. ``undefined`` is how many labels or classes a mean
    had to leave out.
    """

    task: str
    label: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    undefined: int


def score(
    preds: Mapping[str, ArrayLike],
    target: Mapping[str, ArrayLike],
    mask: Mapping[str, ArrayLike],
    labels: LabelSet,
    clusters: Iterable[Any] | None = None,
    thresholds: ArrayLike | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> list[Score]:
    """Score every task of ``labels``.

    Arguments, per task: ``expression`` and ``compound`` predictions are probabilities (N, C), targets class indices
    (N,) and masks (N,); ``au`` probabilities, 0/1 targets and masks (N, A); ``au_intensity`` (N, I) in 0-5; ``va``
    (N, 2) in [-1, 1]. ``thresholds`` are the AUs', (A,) or one number, 0.5 unless given. With ``clusters`` (N,), the
    person on each row, scores get 95 % intervals from ``draws`` bootstrap draws of people; ``range(N)`` resamples rows.

    A task without any True mask scores NaN with n = 0. Raises ``ScoreError`` when a task of ``labels`` is not given
    or its arrays do not fit each other and the labels.

    >>> au = {"au": np.array([[0.9], [0.2]])}
    >>> scores = score(au, {"au": [[1], [0]]}, {"au": np.full((2, 1), True)}, {"au": ("AU12",)})
    >>> find(scores, "au", "f1").value
    1.0
    """
    people = None if clusters is None else list(clusters)
    found = []
    for task, names in labels.items():
        given = [_given(arrays, task, what) for arrays, what in ((preds, "preds"), (target, "target"), (mask, "mask"))]
        found += _score_task(task, names, given[0], given[1], given[2], people, thresholds, draws, seed)
    return found


def find(scores: Iterable[Score], task: str, metric: str, label: str = "") -> Score:
    """The one score of that task, metric and label (``""``: of the whole task); raises ``ScoreError`` when absent.

    >>> find([Score("va", "", "ccc", 0.5, 0.4, 0.6, 100, 0)], "va", "ccc").value
    0.5
    """
    known = {f"{s.task} {s.metric} {s.label}".strip(): s for s in scores}
    name = f"{task} {metric} {label}".strip()
    if name not in known:
        raise ScoreError(f"No score {name!r} among {len(known)}: {nearest(name, known)}")
    return known[name]


def to_records(scores: Iterable[Score]) -> list[dict[str, Any]]:
    """Scores as dicts that JSON can hold: NaN becomes None.

    >>> to_records([Score("va", "", "ccc", 0.5, math.nan, math.nan, 100, 0)])[0]["low"] is None
    True
    """
    return [{k: None if v != v else v for k, v in s._asdict().items()} for s in scores]


def from_records(records: Iterable[Mapping[str, Any]]) -> list[Score]:
    """The inverse of ``to_records``; raises ``ScoreError`` on other keys."""
    found = []
    for record in records:
        if set(record) != set(Score._fields):
            raise ScoreError(f"A score has the keys {sorted(record)}: expected {sorted(Score._fields)}")
        values: dict[str, Any] = {k: math.nan if v is None else v for k, v in record.items()}
        found.append(Score(**values))
    return found


def _given(arrays: Mapping[str, ArrayLike], task: str, what: str) -> ArrayLike:
    if task not in arrays:
        raise ScoreError(f"{what} has no task {task!r}: give it, or leave {task!r} out of the labels to score")
    return arrays[task]


def _score_task(
    task: str,
    labels: Sequence[str],
    preds: ArrayLike,
    target: ArrayLike,
    mask: ArrayLike,
    people: list[Any] | None,
    thresholds: ArrayLike | None,
    draws: int,
    seed: int,
) -> list[Score]:
    known = as_mask(mask, 1 if task in CLASS_TASKS else 2, f"the {task} mask")
    p, t = _checked(task, labels, preds, target, known)
    if people is not None and len(people) != len(known):
        raise ScoreError(f"There are {len(people)} clusters but {len(known)} rows of {task}: give one per row")
    # Rows, and so people, without any label of this task say nothing about it and are not resampled.
    kept = known if known.ndim == 1 else np.asarray(known.any(axis=1))
    p, t, known = p[kept], t[kept], known[kept]
    scorer = make_scorer(task, labels, p, t, known, 0.5 if thresholds is None else thresholds)
    values = scorer.values(np.ones(len(known)))
    low = high = np.full(len(values), np.nan)
    if people is not None:
        chosen = [person for person, keep in zip(people, kept, strict=True) if keep]
        _, low, high, *_ = bootstrap(scorer.values, chosen, draws, seed)
    undefined = left_out(scorer.names, values)
    columns = (values.tolist(), low.tolist(), high.tolist(), scorer.rows, undefined)
    return [
        Score(task, label, metric, *numbers)
        for (metric, label), numbers in zip(scorer.names, zip(*columns, strict=True), strict=True)
    ]


def _checked(task: str, labels: Sequence[str], preds: ArrayLike, target: ArrayLike, known: Mask) -> tuple[Array, Array]:
    """Predictions (N, L) and targets with hidden values blanked; raises with the task's name."""
    p_shape = np.shape(preds)
    expected = (len(known), len(labels))
    if p_shape != expected or known.shape not in (expected, expected[:1]):
        raise ScoreError(
            f"{task} predictions have shape {p_shape} and the mask {known.shape}:"
            f" expected {expected[0]} rows of {expected[1]} labels"
        )
    wide = np.broadcast_to(known[:, None] if known.ndim == 1 else known, p_shape)
    p = masked(preds, wide, f"{task} predictions")
    if known.ndim == 1:
        return p, class_indices(target, known, len(labels), f"{task} targets").astype(np.float64)
    return p, masked(target, known, f"{task} targets")
