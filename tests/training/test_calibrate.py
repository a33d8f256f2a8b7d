"""``mien calibrate`` on a tiny run: which rows it takes, what it writes, and what it leaves alone."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import typer
from tiny import MakeRecipe
from typer.testing import CliRunner

from mien.cli import app
from mien.cli.calibrate import calibrate as verb
from mien.data.table import LabelTable
from mien.errors import MienError, RecipeError
from mien.metrics.conformal import conformal_level
from mien.models.checkpoint import load, save
from mien.models.info import INFO_FILE, read_info
from mien.models.postprocess import ClassCalibration, Smoothing, class_scores, class_sets
from mien.training import calibrate as calibrate_module
from mien.training.calibrate import calibrate
from mien.training.databases import open_databases
from mien.training.evaluate import Predictions, predictions_on
from mien.training.fit_classes import Answers, Wanted, fit
from mien.training.fit_smoothing import WIDTHS_S, choose_smoothing, series_in
from mien.training.log import read_log
from mien.training.record import recipe_of
from mien.training.stages import train

NAMES = ("neutral", "happiness", "fear")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "run"


@pytest.fixture
def run(trained: Path, make_recipe: MakeRecipe) -> Path:
    """A finished run, as it was before any calibration."""
    if not trained.exists():
        train(make_recipe("AB", method={"name": "joint"}), trained)
        (trained / "before.json").write_bytes((trained / INFO_FILE).read_bytes())
    (trained / INFO_FILE).write_bytes((trained / "before.json").read_bytes())
    return trained


def answers(n: int = 4000, seed: int = 0, classes: int = 3, people: int = 80, tilt: float = 0.0) -> Answers:
    """Of a network that is three times too sure, and by ``tilt`` too sure of neutral faces."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, (n, 3)) - [0, 0, 1.0]
    true = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    target = np.minimum((true.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1), classes - 1)
    weights = np.exp(3 * (z + np.array([tilt, 0, 0])))
    sure = weights / weights.sum(axis=1, keepdims=True)
    return Answers(NAMES, sure.astype(np.float32), target, [f"person {i % people}" for i in range(n)])


def test_halves_share_no_person_and_stay() -> None:
    first, second = answers().halves()
    assert not set(first.people) & set(second.people)
    assert (len(first.target), len(second.target)) == (2000, 2000)
    assert answers().halves()[0].people == first.people


def test_the_level_comes_from_the_people_that_nothing_else_was_fitted_on() -> None:
    """Rejected: a level from all faces, whose temperature knows half of them."""
    both = answers()
    how = fit(both, Wanted(coverage=0.8), "", [])
    assert how is not None and how.sets is not None and how.temperature == pytest.approx(3, rel=0.2)
    first, second = both.halves()

    def level(part: Answers) -> float:
        p = part.probs.astype(np.float64) ** (1 / how.temperature)
        scores = class_scores(p / p.sum(axis=1, keepdims=True), "lac")
        return conformal_level(scores[np.arange(len(scores)), part.target], 0.8)

    assert how.sets.level == pytest.approx(level(second), abs=1e-6)
    assert abs(level(first) - level(second)) > 1e-4
    assert how.measured["faces"] == 2000
    assert how.measured["ece_before"] > 0.1 > 0.05 > how.measured["ece_after"] == how.measured["ece_temperature"]
    assert how.measured["set_coverage"] == pytest.approx(0.8, abs=0.01)


def test_class_weights_are_fitted_on_request() -> None:
    tilted = answers(tilt=1.5)
    plain = fit(tilted, Wanted(coverage=None), "", [])
    weighed = fit(tilted, Wanted(coverage=None, bias="macro_f1"), "", [])
    assert plain is not None and weighed is not None
    assert plain.bias == {} and plain.sets is None and set(weighed.bias) == set(NAMES)
    assert weighed.bias["neutral"] < min(weighed.bias["happiness"], weighed.bias["fear"]) - 0.5
    before = plain.measured["macro_f1_before"]
    assert plain.measured["macro_f1_after"] == weighed.measured["macro_f1_before"] == before
    assert weighed.measured["macro_f1_after"] > before + 0.1


def test_weights_that_do_not_carry_over_are_said() -> None:
    """The network is too sure of neutral faces with the first half's people alone."""
    tilted = answers(800, tilt=1.5)
    second = np.isin(tilted.people, list(set(tilted.halves()[1].people)))
    other = replace(tilted, probs=np.where(second[:, None], answers(800).probs, tilted.probs))
    remarks: list[str] = []
    assert fit(other, Wanted(bias="macro_f1"), "expression: ", remarks) is not None
    assert remarks == [
        "expression: the class weights lower macro_f1 on people that they were not fitted on; better without --bias"
    ]
    fit(tilted, Wanted(bias="macro_f1"), "", remarks)
    assert len(remarks) == 1


def test_one_class_or_one_person_leaves_everything_as_it_is_and_says_so() -> None:
    for wrong in (answers(classes=1), answers(people=1)):
        remarks: list[str] = []
        assert fit(wrong, Wanted(), "expression: ", remarks) is None
        assert remarks[0].startswith("expression: left as it is: one half of the 4000 validation faces shows fewer")


def test_too_few_faces_for_sets_are_said() -> None:
    remarks: list[str] = []
    how = fit(answers(12, people=12), Wanted(coverage=0.99), "expression: ", remarks)
    assert how is not None and how.sets is not None and how.sets.level == 1
    assert "too few for sets of 99%" in remarks[-1]


def test_a_run_is_calibrated_on_its_validation_rows(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy(model, spec, faces, *more, **options):  # type: ignore[no-untyped-def]
        seen.append((faces.name, faces.where))
        return predictions_on(model, spec, faces, *more, **options)

    monkeypatch.setattr(calibrate_module, "predictions_on", spy)
    before = read_info(run)
    report = calibrate(run)
    assert seen == [("A", {"split": "val"})]
    assert report.fitted == {"expression": "A"} and report.info == read_info(run)
    assert set(report.info.calibration) == {"expression"}
    assert report.info.model_copy(update={"calibration": {}}) == before, "nothing else is touched"
    logged = [event for event in read_log(run) if event["kind"] == "calibration"]
    how = report.info.calibration["expression"]
    assert logged[-1]["step"] == before.step and logged[-1]["expression/temperature"] == how.temperature
    assert {"expression/ece_before", "expression/ece_after"} <= logged[-1].keys()
    text = (run / INFO_FILE).read_text()
    calibrate(run)
    assert (run / INFO_FILE).read_text() == text, "the answers are taken as the network gives them"
    load(run)


def test_scores_are_of_what_people_read(run: Path) -> None:
    """Class weights move decisions of an evaluation, too: with fear at e^40 every face is afraid."""
    model, info = load(run)
    recipe = recipe_of(info)
    faces = open_databases(recipe)[0].faces(recipe, info.spec.labels, "test")
    how = ClassCalibration(bias={"fear": 40.0})
    found = predictions_on(model, info.spec, faces, calibration={"expression": how})
    assert (found.preds["expression"].argmax(axis=1) == info.spec.labels["expression"].index("fear")).all()
    np.testing.assert_allclose(found.preds["expression"].sum(axis=1), 1, rtol=1e-5)


def test_an_evaluation_says_whether_sets_keep_their_promise(run: Path, databases: Path) -> None:
    calibrate(run, Wanted(coverage=0.5))
    table = str(databases / "A.parquet")
    done = CliRunner().invoke(app, ["evaluate", str(run), table, "--split", "test"])
    assert done.exit_code == 0, done.output
    model, info = load(run)
    recipe = recipe_of(info)
    faces = open_databases(recipe)[0].faces(recipe, info.spec.labels, "test")
    found = predictions_on(model, info.spec, faces, calibration=info.calibration)
    sets = info.calibration["expression"].sets
    assert sets is not None
    inside = class_sets(found.everything["expression"], sets)
    names = info.spec.labels["expression"]
    true = [names.index(found.labels["expression"][i]) for i in found.target["expression"]]
    held, size = inside[np.arange(len(inside)), true].mean(), inside.sum(axis=1).mean()
    assert f"sets of 50% hold the true class of {held:.1%}, {size:.2f} classes a face" in done.output


def test_a_database_that_validates_on_its_test_rows_is_passed_over(run: Path) -> None:
    content = json.loads((run / INFO_FILE).read_text())
    content["recipe"]["data"][0]["test"] = "val"
    (run / INFO_FILE).write_text(json.dumps(content))
    report = calibrate(run)
    assert report.info.calibration == {}
    assert report.remarks == [
        "expression: left as it is: no validation labels to fit on (A validates on its test rows; B has none)"
    ]


def test_a_database_may_be_named_and_must_be_the_recipes(run: Path) -> None:
    assert "(B has none)" in calibrate(run, database="B").remarks[0]
    with pytest.raises(RecipeError, match="no database 'C'; it has A, B"):
        calibrate(run, database="C")


def test_a_network_without_a_recipe_says_why(run: Path, tmp_path: Path) -> None:
    save(tmp_path, load(run)[0])
    with pytest.raises(RecipeError, match="no recipe, so its validation rows are unknown"):
        calibrate(tmp_path)


def test_the_verb_shows_what_it_did(run: Path) -> None:
    alone = typer.Typer()
    alone.command()(verb)
    done = CliRunner().invoke(alone, [str(run), "--coverage", "0.5", "--bias", "macro_f1"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())  # a title is wrapped where the folder's name is long
    for expected in ("validation faces of A", "temperature", "ece_before", "set_coverage", "weight of fear"):
        assert expected in said
    assert "calibrated expression." in done.output
    assert CliRunner().invoke(alone, [str(run), "--coverage", "0"]).exit_code == 0
    assert read_info(run).calibration["expression"].sets is None
    for wrong in (["--coverage", "1"], ["--bias", "f1"], ["--sets", "lca"]):
        assert isinstance(CliRunner().invoke(alone, [str(run), *wrong]).exception, MienError), wrong


def clips(noise: float, seed: int = 0) -> tuple[Predictions, LabelTable]:
    """Valence that swings once in 4 s in three clips at 10 frames a second, read with ``noise``; rows in disorder."""
    rng = np.random.default_rng(seed)
    time = np.tile(np.arange(80) / 10, 3)
    truth = np.sin(time * np.pi / 2)[:, None].astype(np.float32)
    order = rng.permutation(240)
    table = LabelTable(pa.table({"clip": np.repeat(["a", "b", "c"], 80)[order], "time_s": time[order]}))
    labels: dict[str, tuple[str, ...]] = {"va": ("valence",)}
    preds = {"va": (truth + noise * rng.standard_normal(truth.shape))[order].astype(np.float32)}
    known = {"va": np.ones((240, 1), bool)}
    rows = np.arange(240)
    people = [f"row {row}" for row in rows]
    return Predictions(labels, preds, {"va": truth[order]}, known, rows, people, np.zeros(0), labels, preds, ""), table


def test_the_width_fits_the_noise() -> None:
    found, table = clips(noise=0.4)
    series = series_in(table, found.rows.tolist())
    assert [(len(places), times[0], times[-1]) for places, times in series] == [(80, 0, 7.9)] * 3
    how, scores = choose_smoothing(found, series, "gaussian")
    assert how is not None and 0.1 <= how.width_s <= 0.4, "without noise less, over a second the swing itself goes"
    assert tuple(scores) == WIDTHS_S and scores[how.width_s] > max(scores[0.0] + 0.05, scores[1.6])
    calm, _ = clips(noise=0.0)
    assert choose_smoothing(calm, series, "box")[0] is None


def test_rows_without_clip_or_time_are_in_no_series() -> None:
    table = LabelTable(pa.table({"clip": ["a", "a", None, "b", "a"], "time_s": [0.2, 0.1, 0.3, 0.4, None]}))
    ((places, times),) = series_in(table, [0, 1, 2, 3, 4])
    assert (places.tolist(), times.tolist()) == ([1, 0], [0.1, 0.2])
    assert series_in(LabelTable(pa.table({"expression": ["fear"]})), [0]) == []


def test_without_clips_smoothing_stays_as_it_is_and_that_is_said(run: Path) -> None:
    report = calibrate(run, Wanted(smooth="box"))
    assert report.info.smoothing is None
    assert "(A has no clips with times; B has no clips with times)" in report.remarks[-1]
    saved = read_info(run).model_copy(update={"smoothing": Smoothing(kernel="box", width_s=0.3)})
    (run / INFO_FILE).write_text(saved.model_dump_json())
    assert calibrate(run).info.smoothing == saved.smoothing
