"""Exams over an analyser whose answers are known: which rows, which classes, whose average."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.made import RedDetector, scene
from lookalikes import write_lookalikes
from mien.data.databases import READERS
from mien.data.databases.london import COLUMNS
from mien.errors import ScoreError, TableError
from mien.examination import EXAMS
from mien.examination.examine import examine
from mien.examination.measure import answers
from mien.inference.analyzer import Analyzer
from mien.inference.base import Predictor
from mien.labels import EXPRESSIONS, KNOWN_NAMES
from mien.metrics.scores import find
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec
from mien.preprocessing import Preprocessing
from mien.report.card import card

LABELS = {"expression": EXPRESSIONS, "au": ("AU01", "AU12"), "au_intensity": ("AU12",)}


def analyzer(bright_class: str = "happiness") -> Analyzer:
    """Says ``bright_class`` of bright crops and neutral of dark ones; its AU12 is the crop's brightness."""

    def run(image: np.ndarray) -> dict[str, np.ndarray]:
        bright = image.mean(axis=(1, 2, 3))
        expression = np.full((len(image), 8), 0.02, np.float32)
        expression[:, EXPRESSIONS.index("neutral")] += 0.84 * (1 - bright)
        expression[:, EXPRESSIONS.index(bright_class)] += 0.84 * bright
        unit = np.stack([0 * bright + 0.4, bright], axis=1)
        return {"expression": expression, "au": unit.astype(np.float32), "au_intensity": 5 * bright[:, None]}

    cut = Preprocessing(size=16, context=1.0, grey=True)
    spec = ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=cut)
    info = ModelInfo(spec=spec, thresholds={"AU12": 0.25}, weights_sha256="0" * 64)
    return Analyzer(Predictor(info, "bright", "cpu", run), detector=RedDetector())


def png(picture: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", picture[..., ::-1])[1])


def grey(level: int) -> bytes:
    return png(np.full((20, 20, 3), level, np.uint8))


@pytest.fixture
def ck(tmp_path: Path) -> Path:
    """Three sequences: two frames that disagree but are bright on average, one dark, one of a class not scored."""
    rows = [("s1", "a", "happiness", 90), ("s1", "a", "happiness", 250), ("s2", "b", "anger", 10)]
    rows += [("s2", "b", "anger", 20), ("s3", "c", "contempt", 250)]
    columns = {"subject": [r[0] for r in rows], "sequence": [r[1] for r in rows], "expression": [r[2] for r in rows]}
    columns |= {"frame": list(range(5)), "image": [grey(r[3]) for r in rows]}
    units = {f"au_{n:02d}": [int(r[2] == "happiness" and n == 12) for r in rows] for n in (1, 12)}
    needed = {
        f"au_{n:02d}": [0] * 5 for n in (2, 4, 5, 6, 7, 9, 10, 11, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27)
    }
    pq.write_table(pa.table({**columns, **units, **needed}), tmp_path / "ck48.parquet")
    return tmp_path


def test_the_answer_is_the_best_of_the_scored_classes_averaged_over_a_sequence(ck: Path) -> None:
    found = answers(analyzer(), EXAMS["ck_expressions"], ck)
    assert len(found.people) == 2 and set(found.people) == {"s1", "s2"}  # contempt is not scored
    assert "neutral" not in found.labels["expression"]
    # Of the whole eight, dark is neutral and the answer wrong; of the six nothing is larger than the rest of them.
    happy = found.labels["expression"].index("happiness")
    assert found.preds["expression"][0].argmax() == happy
    np.testing.assert_allclose(found.preds["expression"].sum(axis=1), 1, rtol=1e-6)
    bright = np.array([90, 250]) / 255
    raw = np.stack([np.full(2, 0.02) + 0.84 * bright, *[np.full(2, 0.02)] * 5])
    assert found.preds["expression"][0, happy] == pytest.approx((raw / raw.sum(axis=0))[0].mean(), rel=1e-4)


def test_units_take_the_networks_thresholds_and_count_a_sequence_once(ck: Path) -> None:
    found = answers(analyzer(), EXAMS["ck_units"], ck)
    assert found.labels == {"au": ("AU01", "AU12")}
    assert found.thresholds.tolist() == [0.5, 0.25]
    scores = found.scores(draws=0)
    assert find(scores, "au", "f1", "AU12").value == pytest.approx(2 / 3)  # a and c at 0.25; at 0.5 also a and c
    assert find(scores, "au", "f1", "AU12").n == 3
    assert math.isnan(find(scores, "au", "auc", "AU01").value)


def test_class_auc_is_that_of_its_probability(ck: Path) -> None:
    exam = replace(EXAMS["ck_expressions"], class_auc=("happiness",))
    assert find(answers(analyzer(), exam, ck).scores(("happiness",), 20), "expression", "auc", "happiness").value == 1
    wrong = answers(analyzer("anger"), exam, ck).scores(("happiness",), 20)
    assert find(wrong, "expression", "auc", "happiness").value < 1


def test_spoiled_pictures_are_what_the_network_sees(ck: Path) -> None:
    exam = EXAMS["ck_units"]
    black = answers(analyzer(), exam, ck, spoil=lambda image: 0 * image)
    assert black.preds["au"][:, 1].max() == 0


def test_a_photo_without_a_face_is_lost_and_counted(tmp_path: Path) -> None:
    images = [png(scene([(20, 30, 40)])), png(scene([])), b"broken"]
    columns = {"subject": ["a", "b", "c"], "expression": ["happiness", "neutral", "neutral"], "image": images}
    columns |= {name: [1.0] * 3 for name in COLUMNS.values()} | {"sex": ["f"] * 3, "ethnicity": ["x", "x", "y"]}
    pq.write_table(pa.table(columns), tmp_path / "london.parquet")
    found = answers(analyzer(), EXAMS["london"], tmp_path)
    assert found.people == ["a"] and found.lost == 2
    assert found.groups == {"sex": ["f"], "ethnicity": ["x"]}


def test_what_is_not_there_is_said(ck: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        answers(analyzer(), EXAMS["expw"], ck)
    spec = ModelSpec(backbone="plain_small", labels={"va": ("valence", "arousal")})
    info = ModelInfo(spec=spec, weights_sha256="0" * 64)
    with pytest.raises(ScoreError, match="The network predicts va"):
        answers(Analyzer(Predictor(info, "va", "cpu", dict)), EXAMS["ck_units"], ck)


@pytest.mark.parametrize("name", EXAMS)
def test_every_exam_speaks_of_known_things(name: str) -> None:
    exam = EXAMS[name]
    assert exam.reader in READERS
    for task, names in exam.labels.items():
        assert set(names) <= set(KNOWN_NAMES[task])
    for what, goal in exam.goals.items():
        assert what.split()[0] in exam.labels
        assert 0 < goal.floor < goal.reach <= 1


def test_everything_gives_a_record_and_a_card(tmp_path: Path) -> None:
    data = write_lookalikes(tmp_path, people=4, each=3)
    said: list[str] = []
    record = examine(analyzer(), data, most=20, spoiled_rows=0, say=said.append)
    assert set(record["sets"]) == {"ferplus", "ck_expressions", "ck_units", "muxspace", "avatars"}
    assert [text.split()[0] for text in said] == ["london", "expw"]
    info = {
        "recipe": {"name": "made"},
        "weights_sha256": "f" * 64,
        "step": 7,
        "spec": {"backbone": "plain_small", "labels": LABELS, "preprocessing": {"size": 16, "grey": True}},
        "thresholds": {"AU12": 0.25},
        "withheld": ["AU01"],
        "provenance": [
            {"name": "A", "rows": 5, "labels": {"au": []}, "notes": {"valence": "derived"}, "reader": "avatars"}
        ],
    }
    text = card(record, info)
    assert "$" not in text and "for 7 steps of ? faces, from random weights on." in text
    student = {"network": {"init": "runs/first"}, "method": {"name": "student", "teacher": ["runs/a", "runs/b"]}}
    further = card(record, info | {"recipe": student})
    assert "from the weights of runs/first on." in further
    assert "by the method `student`, taught by runs/a and runs/b, for 7 steps" in further
    assert "| A | 5 | au | valence: derived | rendered from VALID avatars, MIT |" in text
    assert "| AU12 | 0.25 |" in text
    assert "below 0.80: AU01." in text
    score = find_record(record, "ck_units", "au", "f1")
    assert f"{score:.3f}" in text and ("(missed)" in text) == (score < 0.55)


def find_record(record: dict, name: str, task: str, metric: str) -> float:
    scores = record["sets"][name]["scores"]
    return next(s["value"] for s in scores if (s["task"], s["metric"], s["label"]) == (task, metric, ""))


def test_spoiled_pictures_are_scored_step_by_step(tmp_path: Path) -> None:
    data = write_lookalikes(tmp_path, people=2, each=2)
    (data / "fer2013plus.parquet").unlink()
    record = examine(analyzer(), data, most=8, spoiled_rows=8)
    drop = record["spoiled"]["ck_units"]
    assert drop["what"] == "au f1" and set(drop["spoiled"]["brightness"]) == {"0.5", "0.25", "0.1"}
