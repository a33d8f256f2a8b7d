"""The page of an evaluation, from numbers made by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.labels import LabelSet
from mien.metrics.groups import score_groups
from mien.metrics.scores import score, to_records
from mien.report.evaluation_page import write_evaluation_page
from mien.report.firing import firing_table
from mien.report.group_tables import gaps_table, groups_table, left_out

LABELS: LabelSet = {"au": ("AU06", "AU12")}
BY_EXPRESSION = {
    "expressions": ["neutral", "happiness", "fear"],
    "counts": [12, 20, 0],
    "aus": ["AU06", "AU12", "AU26", "AU27"],
    "means": [[0.1, 0.2, 0.0, 0.0], [0.49, 0.9, 0.5, 0.7], [None] * 4],
}


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=(32, 2))
    arrays = {"au": truth * 0.6 + 0.2}, {"au": truth}, {"au": np.full((32, 2), True)}
    values = ["<f>", "m"] * 15 + ["x", None]
    groups = score_groups("sex", values, *arrays, LABELS, range(32), draws=5).to_dict()
    scores = to_records(score(*arrays, LABELS, range(32), draws=5))
    about = {"table": "faces.parquet", "rows": 32, "where": {"split": "test"}}
    about |= {"groups": [groups], "au_by_expression": BY_EXPRESSION}
    return {"about": about, "rows_sha256": "0123456789abcdef" * 4, "scores": scores}


def test_units_that_fire_stand_beside_the_papers() -> None:
    _, neutral, happiness, fear = firing_table(BY_EXPRESSION)
    assert neutral == ["neutral", "12", "-", "not given", "", ""]
    # AU06 is below a half; AU27 is none of the eleven units that the paper's networks know
    assert happiness == ["happiness", "20", "12 26 27", "06 12 25", "12", "26"]
    assert fear == ["fear", "0", "never predicted", "05 25", "-", "-"]


def test_groups_and_gaps_as_rows(evaluation: dict[str, Any]) -> None:
    (record,) = evaluation["about"]["groups"]
    head, first, _ = groups_table(record)
    assert head[:4] == ["sex", "faces", "people", "au accuracy"] and first[:4] == [
        "<f>",
        "15",
        "15",
        "1.000 [1.000, 1.000]",
    ]
    measures = [row[0] for row in gaps_table(record)]
    assert measures == ["measure", "au accuracy", "au f1", "au auc"] + [
        f"au {name}" for name in ("demographic parity", "equal opportunity", "equalised odds")
    ]
    per_label = gaps_table(record, per_label=True)
    assert [row[0] for row in per_label[1:3]] == ["au demographic parity AU06", "au demographic parity AU12"]
    assert left_out(record) == "sex: not compared, for too few faces or because unknown: x (1), unknown (1)"


def test_the_page_holds_everything_and_needs_nothing(evaluation: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "faces.json").write_text(json.dumps(evaluation))
    page = write_evaluation_page(tmp_path / "faces.json")
    text = page.read_text(encoding="utf-8")
    assert page == tmp_path / "faces.html" and text.count("<svg") == 1
    for part in (
        "32 faces of faces.parquet, only split test",
        "&lt;f&gt;",
        "au equalised odds",
        "never predicted",
        "x (1)",
    ):
        assert part in text
    assert "<f>" not in text and "src=" not in text and "0123456789abcdef," in text


def test_an_evaluation_without_groups_or_both_tasks_has_a_page_too(evaluation: dict[str, Any], tmp_path: Path) -> None:
    about = evaluation["about"] | {"groups": [], "au_by_expression": None}
    (tmp_path / "faces.json").write_text(json.dumps(evaluation | {"about": about}))
    text = write_evaluation_page(tmp_path / "faces.json").read_text(encoding="utf-8")
    assert "<svg" not in text and "Gaps" not in text and "balanced" not in text and "AU12" in text
