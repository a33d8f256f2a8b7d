import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mien.errors import ScoreError
from mien.metrics.intervals import Interval
from mien.report.results import (
    Column,
    Results,
    au_by_expression_table,
    differences_table,
    markdown,
    read_results,
    scores_table,
    shown,
)

F1 = Column("B", "au", "f1")
OURS, THEIRS = [0.52, 0.61, 0.55], [0.50, 0.54, 0.56]


def record(method: str, seed: int, value: float | None, **more: Any) -> dict[str, Any]:
    cell = {"method": method, "seed": seed, "database": "B", "task": "au", "label": "", "metric": "f1"}
    return cell | {"value": value, "low": 0.4, "high": 0.7, "n": 90, "undefined": 0} | more


def results_of(*records: dict[str, Any]) -> Results:
    return Results("tiny", "", records, {})


@pytest.fixture
def three_seeds() -> Results:
    """Two methods, three seeds, written in an order that is not that of the seeds."""
    ours = [record("sjmt", seed, OURS[seed]) for seed in (2, 0, 1)]
    return results_of(*ours, *(record("single", seed, THEIRS[seed]) for seed in range(3)))


def test_the_mean_over_seeds_has_a_student_interval(three_seeds: Results) -> None:
    found = three_seeds.mean("sjmt", F1)
    low, high = stats.t.interval(0.95, 2, np.mean(OURS), stats.sem(OURS))
    assert (found.value, found.low, found.high, found.n) == pytest.approx((np.mean(OURS), low, high, 3))
    normal = stats.norm.interval(0.95, np.mean(OURS), stats.sem(OURS))
    assert found.low < normal[0] - 0.01  # rejected: 1.96 standard errors, too narrow for three seeds


def test_a_difference_is_paired_over_seeds(three_seeds: Results) -> None:
    found = three_seeds.difference("sjmt", "single", F1)
    paired = stats.ttest_rel(OURS, THEIRS).confidence_interval(0.95)
    expected = (np.mean(OURS) - np.mean(THEIRS), paired.low, paired.high)
    assert (found.value, found.low, found.high) == pytest.approx(expected)
    unpaired = stats.ttest_ind(OURS, THEIRS).confidence_interval(0.95)
    assert found.low != pytest.approx(unpaired.low, abs=1e-3)  # rejected: two separate samples


def test_only_common_seeds_are_paired() -> None:
    ours = [record("sjmt", seed, value) for seed, value in ((0, 0.9), (1, 0.5), (2, 0.6))]
    found = results_of(*ours, record("single", 2, 0.4), record("single", 1, 0.5)).difference("sjmt", "single", F1)
    assert (found.value, found.n) == (pytest.approx(0.1), 2)


def test_one_seed_has_the_interval_over_people() -> None:
    results = results_of(record("sjmt", 0, 0.5), record("single", 0, 0.4))
    assert results.mean("sjmt", F1) == Interval(0.5, 0.4, 0.7, 90, 90, 0)
    difference = results.difference("sjmt", "single", F1)
    assert difference.value == pytest.approx(0.1) and math.isnan(difference.low)


def test_an_undefined_score_stays_undefined() -> None:
    one = results_of(record("sjmt", 0, None, low=None, high=None))
    assert math.isnan(one.mean("sjmt", F1).value) and scores_table(one)[1] == ["sjmt", "undefined"]
    two = results_of(record("sjmt", 0, None), record("sjmt", 1, 0.5), record("sjmt", 2, 0.7))
    assert (two.mean("sjmt", F1).value, two.mean("sjmt", F1).undefined) == (pytest.approx(0.6), 1)


def test_a_method_without_the_column_is_undefined_there() -> None:
    results = results_of(record("sjmt", 0, 0.5), record("single", 0, 0.4, database="C"))
    assert [str(column) for column in results.columns] == ["B: au f1", "C: au f1"]
    assert scores_table(results)[1:] == [
        ["sjmt", "0.500 [0.400, 0.700]", "undefined"],
        ["single", "undefined", "0.400 [0.400, 0.700]"],
    ]
    assert differences_table(results, "single")[1] == ["sjmt - single", "undefined", "undefined"]


def test_methods_and_columns_come_in_the_order_of_the_recipe(three_seeds: Results) -> None:
    assert three_seeds.methods == ["sjmt", "single"] and three_seeds.seeds == [0, 1, 2]
    labels = record("sjmt", 0, 0.9, label="AU12"), record("sjmt", 0, 0.9, metric="unheard of")
    assert results_of(*three_seeds.scores, *labels).columns == [F1]


def test_the_score_of_one_label_is_its_own() -> None:
    results = results_of(record("sjmt", 0, 0.5), record("sjmt", 0, 0.9, label="AU12"))
    assert results.mean("sjmt", F1, "AU12").value == 0.9 and results.mean("sjmt", F1).value == 0.5


def test_tables_of_scores_and_differences(three_seeds: Results) -> None:
    assert scores_table(three_seeds)[0] == ["method", "B: au f1"]
    low, high = stats.t.interval(0.95, 2, np.mean(OURS), stats.sem(OURS))
    assert scores_table(three_seeds)[1] == ["sjmt", f"0.560 [{low:.3f}, {high:.3f}]"]
    paired = stats.ttest_rel(OURS, THEIRS).confidence_interval(0.95)
    assert differences_table(three_seeds, "single") == [
        ["difference", "B: au f1"],
        ["sjmt - single", f"+0.027 [{paired.low:+.3f}, {paired.high:+.3f}]"],
    ]


@pytest.mark.parametrize(
    ("interval", "signed", "text"),
    [
        ((0.5, 0.4, 0.6), False, "0.500 [0.400, 0.600]"),
        ((0.5, 0.4, 0.6), True, "+0.500 [+0.400, +0.600]"),
        ((-0.0312, -0.05, 0.01), True, "-0.031 [-0.050, +0.010]"),
        ((0.5, math.nan, math.nan), False, "0.500"),
        ((math.nan, math.nan, math.nan), True, "undefined"),
    ],
)
def test_an_interval_as_text(interval: tuple[float, float, float], signed: bool, text: str) -> None:
    assert shown(Interval(*interval, 3, 3, 0), signed) == text


def test_action_units_that_fire_have_a_star() -> None:
    grouped = {
        "expressions": ["fear", "anger"],
        "counts": [3, 0],
        "aus": ["AU01", "AU12"],
        "means": [[0.5, 0.494], [None, None]],
    }
    assert au_by_expression_table(grouped) == [
        ["predicted", "faces", "AU01", "AU12"],
        ["fear", "3", "0.50*", "0.49"],
        ["anger", "0", "", ""],
    ]


def test_markdown() -> None:
    rows = [["method", "a", "b"], ["x", "1", "2"], ["y", "3", "4"]]
    assert markdown(rows).splitlines() == ["| method | a | b |", "|---|---|---|", "| x | 1 | 2 |", "| y | 3 | 4 |"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, r"results\.json: no results \(No such file"),
        ('{"name": ', "not the results of an experiment"),
        ('{"name": "x"}', "not the results of an experiment"),
        ("[]", "not the results of an experiment"),
    ],
)
def test_no_results_is_one_sentence(tmp_path: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    with pytest.raises(ScoreError, match=sentence):
        read_results(tmp_path)


def test_results_survive_the_journey(tmp_path: Path) -> None:
    content = {"name": "tiny", "about": "a remark", "scores": [record("sjmt", 0, 0.5)], "au_by_expression": []}
    (tmp_path / "results.json").write_text(json.dumps(content))
    results = read_results(tmp_path)
    assert (results.name, results.about, results.everything) == ("tiny", "a remark", content)
