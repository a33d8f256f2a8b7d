"""Two runs on the same faces, from test files made by hand."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.errors import ScoreError
from mien.report.compare import read_tested, runs_table

CLASSES = ("neutral", "fear")
FACES = 40


def write_test(
    run: Path,
    right: float,
    name: str = "A",
    seed: int = 0,
    rows: range = range(FACES),
    classes: tuple[str, ...] = CLASSES,
    **columns: Any,
) -> None:
    """Predictions of which a share is right, on faces whose labels are those of ``seed``."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=len(rows))
    missing = np.arange(len(rows)) % 10 == 9
    hit = np.arange(len(rows)) < right * len(rows)
    chosen = np.where(hit, truth, 1 - truth)
    table: dict[str, Any] = {
        "row": list(rows),
        "person": [f"p{row // 4}" for row in rows],
        "expression": np.array(CLASSES)[chosen],
        "true_expression": pa.array(np.array(CLASSES)[truth], mask=missing),
        "expression_neutral": np.where(chosen == 0, 0.9, 0.1),
        "expression_fear": np.where(chosen == 1, 0.9, 0.1),
        "AU12": np.where(hit, 0.4, 0.1).astype(np.float32),
        "true_AU12": pa.array(np.ones(len(rows), np.float32), mask=missing),
    }
    about = {
        "labels": {"expression": classes, "au": ("AU12",)},
        "columns": {"au": ["AU12"]},
        "thresholds": {"AU12": 0.3},
        "about": {},
        "scores": [],
    }
    (run / "test").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(table | columns), run / "test" / f"{name}.parquet")
    (run / "test" / f"{name}.json").write_text(json.dumps(about))


def cells(table: list[list[str]]) -> dict[tuple[str, ...], tuple[float, ...]]:
    """(run, faces, task, metric) -> value, low, high."""
    found = {}
    for *where, text in table[1:]:
        found[Path(where[0]).name, *where[1:]] = tuple(map(float, re.findall(r"[+-][\d.]+", text)))
    return found


def test_a_difference_is_paired_on_the_same_faces(tmp_path: Path) -> None:
    write_test(tmp_path / "first", 0.5)
    write_test(tmp_path / "better", 0.9)
    write_test(tmp_path / "same", 0.5)
    table = runs_table([tmp_path / "first", tmp_path / "better", tmp_path / "same"])
    assert table[0] == ["run", "test faces", "task", "metric", "difference [95 %]"]
    found = cells(table)
    # 36 labelled faces: 18 of the first 20 are labelled, 33 of the first 36 (those ending in 9 are not)
    value, low, high = found["better", "A", "expression", "accuracy"]
    assert value == pytest.approx((33 - 18) / 36, abs=5e-4) and 0 < low < value < high
    assert found["same", "A", "expression", "accuracy"] == (0, 0, 0)  # paired: not a breath of difference
    assert {metric for run, _, task, metric in found if (run, task) == ("better", "au")} == {"accuracy", "f1", "auc"}


def test_the_interval_resamples_people(tmp_path: Path) -> None:
    """One person has all the faces on which the runs differ: taken face by face the interval would leave out 0."""
    write_test(tmp_path / "first", 0.5)
    write_test(tmp_path / "better", 0.9)
    for run in ("first", "better"):
        people = ["ann" if 20 <= row < 36 else "bob" for row in range(FACES)]
        path = tmp_path / run / "test" / "A.parquet"
        table = pq.read_table(path)
        pq.write_table(table.set_column(1, "person", pa.array(people)), path)
    _, low, high = cells(runs_table([tmp_path / "first", tmp_path / "better"]))["better", "A", "expression", "accuracy"]
    assert low == 0 and high == 1


def test_thresholds_of_the_run_are_used(tmp_path: Path) -> None:
    write_test(tmp_path / "run", 0.5)
    tested = read_tested(tmp_path / "run" / "test" / "A.json")
    scorer, kept = tested.scorers["au"]
    values = dict(zip(scorer.names, scorer.values(np.ones(int(kept.sum()))), strict=True))
    assert values["accuracy", ""] == pytest.approx(0.5)  # rejected: 0, with 0.5 for the threshold 0.3
    assert kept.sum() == 36


def test_every_common_file_is_compared(tmp_path: Path) -> None:
    for name in ("A", "B"):
        write_test(tmp_path / "first", 0.5, name)
        write_test(tmp_path / "second", 0.5, name)
    write_test(tmp_path / "second", 0.5, "C")
    found = cells(runs_table([tmp_path / "first", tmp_path / "second"]))
    assert {faces for _, faces, _, _ in found} == {"A", "B"}


def test_no_common_file_is_refused(tmp_path: Path) -> None:
    write_test(tmp_path / "first", 0.5, "A")
    write_test(tmp_path / "second", 0.5, "B")
    with pytest.raises(ScoreError, match="not tested on a file of the same name; run 'mien evaluate' with both"):
        runs_table([tmp_path / "first", tmp_path / "second"])


@pytest.mark.parametrize(
    "other",
    [
        {"rows": range(1, FACES + 1)},
        {"rows": range(FACES - 1)},
        {"seed": 1},  # the same row numbers of another table: other labels
        {"person": [f"q{row}" for row in range(FACES)]},
    ],
    ids=["rows", "fewer", "labels", "people"],
)
def test_other_faces_are_refused(tmp_path: Path, other: dict[str, Any]) -> None:
    write_test(tmp_path / "first", 0.5)
    write_test(tmp_path / "second", 0.5, **other)
    with pytest.raises(ScoreError, match="are about other faces; evaluate both on one table and split"):
        runs_table([tmp_path / "first", tmp_path / "second"])


def test_tasks_with_other_labels_are_left_out(tmp_path: Path) -> None:
    write_test(tmp_path / "first", 0.5)
    write_test(tmp_path / "second", 0.9, classes=("fear", "neutral"))
    found = cells(runs_table([tmp_path / "first", tmp_path / "second"]))
    assert {task for _, _, task, _ in found} == {"au"}


@pytest.mark.parametrize("broken", ["json", "parquet"])
def test_an_incomplete_evaluation_is_refused(tmp_path: Path, broken: str) -> None:
    write_test(tmp_path / "run", 0.5)
    (tmp_path / "run" / "test" / f"A.{broken}").write_text("{")
    with pytest.raises(ScoreError, match=r"no complete evaluation .*; run 'mien evaluate' again"):
        read_tested(tmp_path / "run" / "test" / "A.json")
