"""Gaps between groups of people, on numbers small enough to count by hand."""

import json
import math

import numpy as np
import pytest

from mien.errors import ScoreError
from mien.labels import LabelSet
from mien.metrics.fairness import Gap, gaps, to_records
from mien.metrics.groups import ranges, score_groups
from mien.metrics.scores import find

AU12: LabelSet = {"au": ("AU12",)}


def au_gaps(
    decided: list[int], truth: list[int | None], groups: list[str], people: list[int] | None = None, draws: int = 20
) -> dict[str, Gap]:
    """Gaps of AU12 by measure."""
    known = np.array([[value is not None] for value in truth])
    target = np.array([[value or 0] for value in truth])
    preds = np.array([[0.9 if value else 0.1] for value in decided])
    found = gaps({"au": preds}, {"au": target}, {"au": known}, AU12, groups, people or range(len(truth)), 0.5, draws)
    return {gap.measure: gap for gap in found if gap.label == "AU12" or gap.measure in ("accuracy", "f1", "auc")}


# Of a, one of two with AU12 is called so and nobody else; of b, everybody is.
DECIDED = [1, 0, 0, 0, 1, 1, 1, 1]
TRUTH: list[int | None] = [1, 1, 0, 0, 1, 1, 0, 0]
GROUPS = ["a"] * 4 + ["b"] * 4


def test_the_usual_gaps_of_two_groups() -> None:
    found = au_gaps(DECIDED, TRUTH, GROUPS)
    parity = found["demographic_parity"]  # 1/4 of a and 4/4 of b are called AU12
    assert (parity.difference.value, parity.ratio.value) == (0.75, 0.25)
    assert (parity.lowest, parity.highest, parity.minimum.value) == ("a", "b", 0.25)
    opportunity = found["equal_opportunity"]  # 1/2 and 2/2 of those with it
    assert (opportunity.difference.value, opportunity.ratio.value, opportunity.lowest) == (0.5, 0.5, "a")
    odds = found["equalised_odds"]  # false alarms 0/2 and 2/2; rejected: their mean with the above, 0.75
    assert (odds.difference.value, odds.ratio.value, odds.lowest) == (1.0, 0.0, "")
    assert math.isnan(odds.minimum.value)
    accuracy = found["accuracy"]  # 3/4 and 2/4
    assert (accuracy.difference.value, accuracy.minimum.value, accuracy.lowest) == (0.25, 0.5, "b")
    assert accuracy.ratio.value == pytest.approx(2 / 3)


def test_extremes_of_three_groups_and_a_group_without_positives_is_left_out_of_the_rate() -> None:
    decided, truth = [*DECIDED, 1, 0, 1, 0], [*TRUTH, 0, 0, 0, 0]
    found = au_gaps(decided, truth, [*GROUPS, *"cccc"])
    assert (
        found["demographic_parity"].difference.value == 0.75
    )  # a 0.25, b 1, c 0.5: not against the mean of the others
    assert found["equal_opportunity"].difference.value == 0.5  # c has nobody with AU12: a and b are compared
    assert found["equalised_odds"].difference.value == 1.0
    alone = au_gaps(decided[4:], [0, 0, 0, 0, *truth[8:]], ["b"] * 4 + ["c"] * 4)["equal_opportunity"]
    assert math.isnan(alone.difference.value) and alone.lowest == "" and math.isnan(alone.p)


def test_rows_without_the_label_do_not_count() -> None:
    more = au_gaps([*DECIDED, 1, 1, 1], [*TRUTH, None, None, None], [*GROUPS, "a", "a", "a"])
    assert more["demographic_parity"].difference.value == 0.75


def test_a_whole_task_is_the_mean_over_its_classes() -> None:
    labels: LabelSet = {"expression": ("neutral", "happiness", "fear")}
    truth = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    called = np.array([0, 0, 1, 1, 0, 1, 1, 1])  # one neutral face of b is called happy; nobody is afraid
    known = {"expression": np.full(8, True)}
    found = gaps({"expression": np.eye(3)[called]}, {"expression": truth}, known, labels, GROUPS, range(8), draws=5)
    value = {(gap.measure, gap.label): gap.difference.value for gap in found}
    assert value["demographic_parity", "neutral"] == value["demographic_parity", "happiness"] == 0.25
    assert value["equal_opportunity", "neutral"] == 0.5 and value["equal_opportunity", "happiness"] == 0
    assert math.isnan(value["equal_opportunity", "fear"])
    assert value["equal_opportunity", ""] == 0.25  # rejected: 1/6, with fear as 0
    assert value["demographic_parity", ""] == pytest.approx(0.5 / 3)
    assert value["balanced_accuracy", ""] == 0.25 and value["accuracy", ""] == 0.25


def test_numbers_have_scores_and_no_rates() -> None:
    va = np.tile([[0.0, 0.1], [0.5, 0.2], [-0.5, 0.9], [0.2, -0.4]], (2, 1))
    truth = va.copy()
    truth[4:] = -va[4:]  # of b everything is the wrong way round
    known = {"va": np.full((8, 2), True)}
    found = gaps({"va": va}, {"va": truth}, known, {"va": ("valence", "arousal")}, GROUPS, range(8), draws=5)
    assert {gap.measure for gap in found} == {"ccc", "pcc"}
    pcc = next(gap for gap in found if gap.measure == "pcc")
    assert pcc.difference.value == pytest.approx(2) and pcc.minimum.value == pytest.approx(-1)
    assert math.isnan(pcc.ratio.value)  # of a negative score there is none


def test_people_are_drawn_not_rows() -> None:
    rng = np.random.default_rng(0)
    truth: list[int | None] = [int(value) for value in rng.integers(2, size=60)]
    decided = [int(value) for value in rng.integers(2, size=60)]
    groups = ["a", "b"] * 30
    once = au_gaps(decided, truth, groups, draws=80)["accuracy"]
    tripled = au_gaps(decided * 3, truth * 3, groups * 3, [*range(60)] * 3, draws=80)["accuracy"]
    assert tripled.difference == pytest.approx(once.difference) and tripled.chance == pytest.approx(once.chance)
    as_rows = au_gaps(decided * 3, truth * 3, groups * 3, draws=80)["accuracy"]
    assert as_rows.difference.high - as_rows.difference.low < 0.8 * (once.difference.high - once.difference.low)


def test_what_chance_gives_is_above_nothing_and_a_real_gap_above_chance() -> None:
    right = [1] * 30 + [0] * 10 + [1] * 20 + [0] * 20  # 3/4 of a and 1/2 of b are recognised
    fair = au_gaps([1, 0] * 40, [1] * 80, ["a"] * 40 + ["b"] * 40, draws=100)["equal_opportunity"]
    assert fair.difference.value == 0 and 0.02 < fair.chance < 0.2 and fair.p == 1
    unfair = au_gaps(right, [1] * 80, ["a"] * 40 + ["b"] * 40, draws=100)["equal_opportunity"]
    assert unfair.difference.value == 0.25 and unfair.p < 0.1 and unfair.difference.low > 0


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(ScoreError, match="found a, expected two or more"):
        au_gaps([1, 0], [1, 0], ["a", "a"])
    with pytest.raises(ScoreError, match="give one per row"):
        au_gaps([1, 0], [1, 0], ["a", "b", "b"])


def test_groups_are_scored_apart_and_small_ones_are_named() -> None:
    decided = np.array([[0.9], [0.1]] * 15)
    truth = np.array([[1], [0]] * 10 + [[0], [1]] * 5)
    values: list[str | None] = ["f"] * 20 + ["m"] * 10
    arrays = {"au": decided}, {"au": truth}, {"au": np.full((30, 1), True)}
    found = score_groups("sex", values, *arrays, AU12, [*range(15)] * 2, draws=5)
    assert find(found.scores["f"], "au", "accuracy").value == 1 and find(found.scores["m"], "au", "accuracy").value == 0
    assert (found.rows, found.people, found.left_out) == ({"f": 20, "m": 10}, {"f": 15, "m": 10}, {})
    values[20:23] = ["x", None, "x"]
    values[0] = "m"
    with pytest.raises(ScoreError, match="rows m 8, f 19, x 2, unknown 1: expected two groups of at least 10"):
        score_groups("sex", values, *arrays, AU12, range(30), draws=5)
    values[1:4] = ["m", "m", "m"]
    assert score_groups("sex", values, *arrays, AU12, range(30), draws=5).left_out == {"x": 2, "unknown": 1}
    with pytest.raises(ScoreError, match=r"has 30 values: .*for example age=30,50"):
        score_groups("age", range(30), *arrays, AU12, range(30))


def test_ranges_hold_their_lower_bound() -> None:
    assert ranges([29.9, 30, 50, math.nan, 49], [30, 50]) == ["under 30", "30 to 50", "50 and over", None, "30 to 50"]


def test_records_are_json() -> None:
    found = au_gaps(DECIDED, [1] * 8, GROUPS)
    record = json.loads(json.dumps(to_records(found.values()), allow_nan=False))
    assert {r["measure"]: r["difference"]["value"] for r in record}["equalised_odds"] is None
