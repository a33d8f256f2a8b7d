import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from tiny import NAMES, rows

from mien.data.prepare import Faces, prepare
from mien.data.table import LabelTable
from mien.errors import ScoreError
from mien.labels import LabelSet
from mien.metrics.scores import find, from_records
from mien.models.affect import AffectModel, ModelSpec
from mien.preprocessing import Preprocessing
from mien.report.compare import read_tested
from mien.training.evaluate import (
    Predictions,
    main_scores,
    predict,
    prediction_table,
    predictions_on,
    write_evaluation,
)

LABELS: LabelSet = {
    "expression": ("neutral", "happiness", "fear", "anger"),
    "au": ("AU01", "AU04", "AU12"),
    "au_intensity": ("AU12",),
    "va": ("valence", "arousal"),
    "compound": ("happily_surprised", "awed"),
}


@pytest.fixture(scope="module")
def model() -> AffectModel:
    torch.manual_seed(0)
    preprocessing = Preprocessing(size=16)
    return AffectModel(ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=preprocessing)).eval()


def table_of(**columns: list[Any]) -> LabelTable:
    """A table with pictures, its other columns cut to the length of the given ones."""
    length = len(next(iter(columns.values())))
    common = {name: values[:length] for name, values in rows("T", 0).items() if name in ("image", "split", "subject")}
    return LabelTable(pa.table(common | columns), classes={"expression": NAMES} if "expression" in columns else None)


def faces_of(table: LabelTable, **options: Any) -> Faces:
    return Faces(table, "T", LABELS, Preprocessing(size=16), **options)


def predictions(model: AffectModel, table: LabelTable, **thresholds: float) -> Predictions:
    return predictions_on(model, model.spec, faces_of(table), thresholds)


def full_table() -> LabelTable:
    return table_of(
        expression=["neutral", "fear", None, "happiness"] * 5,
        AU12=[1, 0, None, 0] * 5,
        AU01=[None, 1, 0, None] * 5,
        AU12_intensity=[2.5, 0.0, 5.0, None] * 5,
        valence=[0.5, None, -0.5, 0.1] * 5,
        arousal=[0.1, 0.2, None, 1.0] * 5,
        compound=["awed", None, "happily_surprised", None] * 5,
    )


def test_the_outputs_are_restricted_to_what_the_table_gives(model: AffectModel) -> None:
    found = predictions(model, full_table())
    assert found.labels == LABELS | {"expression": NAMES, "au": ("AU01", "AU12")}
    whole = predict(model, model.spec, prepare(faces_of(full_table())))
    assert found.preds["expression"].shape == (20, 3)
    np.testing.assert_array_equal(found.preds["expression"], whole["expression"][:, :3])
    np.testing.assert_array_equal(found.preds["au"], whole["au"][:, [0, 2]])
    assert all(np.array_equal(found.everything[task], whole[task]) for task in LABELS)


def test_the_truth_is_the_tables(model: AffectModel) -> None:
    found = predictions(model, full_table())
    assert found.mask["expression"][:4].tolist() == [True, True, False, True]
    assert found.target["expression"][[0, 1, 3]].tolist() == [0, 2, 1]
    assert found.mask["au"][:4].tolist() == [[False, True], [True, True], [True, False], [False, True]]
    assert found.target["au"][1].tolist() == [1, 0]
    assert found.target["au_intensity"][found.mask["au_intensity"]][:3].tolist() == [2.5, 0.0, 5.0]
    assert found.mask["va"][:3].tolist() == [[True, True], [False, True], [True, False]]
    assert found.target["compound"][:3:2].tolist() == [1, 0] and found.mask["compound"][:2].tolist() == [True, False]


def test_a_tie_between_votes_is_broken_by_the_tables_name(model: AffectModel) -> None:
    votes = {"votes_neutral": [5.0, 6.0, 1.0], "votes_happiness": [0.0, 4.0, 2.0], "votes_fear": [5.0, 0.0, 0.0]}
    named = table_of(expression=["fear", None, None], **votes)
    assert predictions(model, named).target["expression"].tolist() == [2, 0, 1]  # rejected: 0, the first of the largest
    assert predictions(model, table_of(**votes)).target["expression"].tolist() == [0, 0, 1]


def test_a_class_that_the_network_does_not_know_is_not_scored(model: AffectModel) -> None:
    found = predictions(model, table_of(expression=["neutral", "contempt", "fear"]))
    assert found.rows.tolist() == [0, 2] and found.target["expression"].tolist() == [0, 2]


def test_thresholds_are_used_in_the_order_of_the_labels(model: AffectModel) -> None:
    table = full_table()
    probs = predictions(model, table).preds["au"]
    limit = float(np.sort(probs[:, 1])[10])  # half of the faces
    found = predictions(model, table, AU12=limit)
    assert found.thresholds.tolist() == [0.5, limit]
    known = found.mask["au"][:, 1]
    called, present = found.preds["au"][known, 1] >= limit, found.target["au"][known, 1] == 1
    expected = 2 * (called & present).sum() / (called.sum() + present.sum())
    assert find(found.score(draws=0), "au", "f1", "AU12").value == pytest.approx(expected)
    assert 0 < called.sum() < known.sum()


def test_rows_keep_their_numbers_when_some_are_left_out(model: AffectModel) -> None:
    table = full_table()
    found = predictions_on(model, model.spec, faces_of(table, where={"subject": "Ttrain1"}))
    assert found.rows.tolist() == [3, 4, 5] and found.clusters == ["Ttrain1"] * 3
    assert found.target["expression"][0] == 1 and found.mask["expression"].tolist() == [True, True, True]


def test_tasks_may_be_withheld(model: AffectModel) -> None:
    found = predictions_on(model, model.spec, faces_of(full_table(), tasks=("va",)))
    assert list(found.labels) == ["va"] and found.thresholds.shape == (0,)


def test_a_table_that_shares_no_task_is_refused(model: AffectModel) -> None:
    table = table_of(AU09=[1, 0, 1])
    with pytest.raises(ScoreError, match=r"gives au, but the network predicts .*; score it on a table that shares"):
        predictions(model, table)


def test_predicting_leaves_the_network_as_it_was(model: AffectModel) -> None:
    store = prepare(faces_of(full_table()))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    quiet = predict(model, model.spec, store)
    model.train()
    try:
        training = predict(model, model.spec, store)
        assert model.training and model.backbone.training
    finally:
        model.eval()
    assert all(np.array_equal(quiet[task], training[task]) for task in quiet)  # as in evaluation
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_the_files_of_an_evaluation_hold_everything(model: AffectModel, tmp_path: Path) -> None:
    found = predictions(model, full_table(), AU12=0.25)
    scores = found.score(draws=20)
    write_evaluation(tmp_path, "T", found, scores, {"note": "a remark"})
    content = json.loads((tmp_path / "T.json").read_text())
    assert content["about"] == {"note": "a remark"} and content["thresholds"] == {"AU01": 0.5, "AU12": 0.25}
    for ours, theirs in zip(scores, from_records(content["scores"]), strict=True):
        assert ours == theirs or math.isnan(ours.value) == math.isnan(theirs.value)
    assert pq.read_table(tmp_path / "T.parquet").equals(prediction_table(found))
    fewer = predictions_on(model, model.spec, faces_of(full_table(), where={"subject": "Ttrain1"}))
    assert content["rows_sha256"] == found.rows_hash != fewer.rows_hash


def test_scores_can_be_computed_again_from_the_predictions_table(model: AffectModel, tmp_path: Path) -> None:
    found = predictions(model, full_table(), AU12=0.25)
    scores = found.score(draws=0)
    write_evaluation(tmp_path, "T", found, scores, {})
    again = read_tested(tmp_path / "T.json")
    assert again.rows == found.rows.tolist() and again.people == found.clusters and again.labels == found.labels
    for task, (scorer, kept) in again.scorers.items():
        values = scorer.values(np.ones(int(kept.sum())))
        for (metric, label), value in zip(scorer.names, values, strict=True):
            expected = find(scores, task, metric, label).value
            assert value == pytest.approx(expected, rel=1e-6, nan_ok=True), (task, metric, label)


def test_the_predictions_table_can_be_read_by_a_person(model: AffectModel) -> None:
    table = prediction_table(predictions(model, full_table()))
    row = table.slice(1, 1).to_pylist()[0]
    assert (row["row"], row["person"], row["true_expression"], row["true_AU01"]) == (1, "Ttrain0", "fear", 1.0)
    assert row["true_valence"] is None and row["true_arousal"] == pytest.approx(0.2)
    shares = {name: row[f"expression_{name}"] for name in NAMES}
    assert row["expression"] == max(shares, key=lambda name: shares[name])
    assert table.slice(2, 1).to_pylist()[0]["true_expression"] is None


def test_main_scores_are_one_per_task(model: AffectModel) -> None:
    scores = predictions(model, full_table()).score(draws=0)
    found = main_scores(scores, "T/")
    assert list(found) == ["T/expression", "T/au", "T/au_intensity", "T/va", "T/compound"]
    assert found["T/expression"] == find(scores, "expression", "macro_f1").value
    assert found["T/va"] == find(scores, "va", "ccc").value
