"""Two networks on the same faces: paired differences from their prediction files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mien.errors import ScoreError
from mien.labels import CLASS_TASKS, LabelSet
from mien.metrics.intervals import Interval, paired_bootstrap
from mien.metrics.scorers import Scorer, make_scorer
from mien.report.results import SHOWN, shown


@dataclass(frozen=True)
class Tested:
    """A run's predictions on one set of test faces.

    Attributes:
        path: of the file.
        labels: what was scored.
        rows, people: (n,) row numbers of the table, and persons.
        scorers: per task, its scores as functions of row weights, and the faces that carry the task.
        truth: per task, (n,) or (n, labels) what the annotators gave, NaN where nothing.
    """

    path: Path
    labels: LabelSet
    rows: list[int]
    people: list[str]
    scorers: dict[str, tuple[Scorer, NDArray[np.bool_]]]
    truth: dict[str, NDArray[np.float64]]


def runs_table(folders: Sequence[Path]) -> list[list[str]]:
    """Every run minus the first: main scores on the test files that both have, paired over people.

    Raises:
        ScoreError: no common test file, or files of the same name about other faces.
    """
    rows = [["run", "test faces", "task", "metric", "difference [95 %]"]]
    first, *others = folders
    for other in others:
        names = sorted({p.name for p in first.glob("test/*.json")} & {p.name for p in other.glob("test/*.json")})
        if not names:
            raise ScoreError(
                f"{first} and {other} were not tested on a file of the same name; run 'mien evaluate' with both"
            )
        for name in names:
            rows += [[str(other), *cells] for cells in _differences(read_tested(other / "test" / name), first, name)]
    return rows


def _differences(ours: Tested, first: Path, name: str) -> list[list[str]]:
    theirs = read_tested(first / "test" / name)
    common = [task for task, names in ours.labels.items() if theirs.labels.get(task) == names]
    agree = all(np.array_equal(ours.truth[task], theirs.truth[task], equal_nan=True) for task in common)
    if (ours.rows, ours.people) != (theirs.rows, theirs.people) or not agree:
        raise ScoreError(f"{ours.path} and {theirs.path} are about other faces; evaluate both on one table and split")
    cells = []
    for task in common:
        (a, kept), (b, _) = ours.scorers[task], theirs.scorers[task]
        people = [person for person, keep in zip(ours.people, kept, strict=True) if keep]
        found = paired_bootstrap(a.values, b.values, people)
        for metric in SHOWN[task]:
            place = a.names.index((metric, ""))
            value, low, high = (float(part[place]) for part in (found.value, found.low, found.high))
            one = Interval(value, low, high, found.n, found.clusters, 0)
            cells.append([name.removesuffix(".json"), task, metric, shown(one, signed=True)])
    return cells


def read_tested(path: Path) -> Tested:
    """A run's test file and its predictions.

    Raises:
        ScoreError: a file is missing or broken.
    """
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        table = pq.read_table(path.with_suffix(".parquet"))
        labels: LabelSet = {task: tuple(names) for task, names in about["labels"].items()}
    except (OSError, ValueError, KeyError) as error:
        raise ScoreError(f"{path}: no complete evaluation ({error}); run 'mien evaluate' again") from None
    scorers, truth = {}, {}
    for task, names in labels.items():
        if task in CLASS_TASKS:
            preds = np.stack([table[f"{task}_{name}"].to_numpy() for name in names], axis=1)
            words = table[f"true_{task}"].to_pylist()
            mask = np.array([word is not None for word in words])
            target = np.array([names.index(word) if word is not None else 0 for word in words])
            kept = mask
        else:
            columns = about["columns"][task]
            preds = np.stack([table[column].to_numpy() for column in columns], axis=1)
            values = np.stack([table[f"true_{column}"].to_numpy() for column in columns], axis=1).astype(float)
            mask, target = ~np.isnan(values), np.nan_to_num(values)
            kept = mask.any(axis=1)
        truth[task] = np.where(mask, target, np.nan)
        limits = np.array([about["thresholds"].get(name, 0.5) for name in names])
        scorers[task] = make_scorer(task, names, preds[kept], target[kept], mask[kept], limits), kept
    return Tested(path, labels, table["row"].to_pylist(), table["person"].to_pylist(), scorers, truth)
