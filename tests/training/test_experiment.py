import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny import MakeRecipe, rows, write

from mien.data.sampling import InTurn, Mixed
from mien.errors import RecipeError
from mien.methods import METHODS
from mien.metrics.scores import from_records
from mien.models.checkpoint import load
from mien.report.page import write_page
from mien.report.results import read_results
from mien.training import experiment as experiment_module
from mien.training import run as run_module
from mien.training.databases import open_databases
from mien.training.experiment import Planned, plan, run_experiment

SIZE = 24  # training faces of each tiny database


def planned(recipe: object) -> list[Planned]:
    return plan(recipe, open_databases(recipe))  # type: ignore[arg-type]


def seen(run: Planned) -> Counter[str]:
    """How many images of each database a run trains on."""
    training, data = run.recipe.training, run.recipe.data
    sampler = Mixed if METHODS[run.method].batches == "mixed" else InTurn
    batches = sampler([SIZE] * len(data), [d.weight for d in data], training.batch_size, 0)
    drawn = np.concatenate([batches.draw(t).database for t in range(training.steps * training.accumulate)])
    return Counter({data[d].name: int(count) for d, count in enumerate(np.bincount(drawn, minlength=len(data)))})


def test_a_cell_per_method_and_seed_and_a_single_network_per_task(make_recipe: MakeRecipe) -> None:
    recipe = make_recipe(experiment={"methods": ["single", "sjmt"], "seeds": [0, 7]}, method={"name": "joint"})
    assert [(run.folder, run.test_on) for run in planned(recipe)[:4]] == [
        ("single-A-expression-seed0", ("A",)),
        ("single-B-au-seed0", ("B",)),
        ("single-C-va-seed0", ("C",)),
        ("sjmt-seed0", ("A", "B", "C")),
    ]
    assert [run.recipe.seed for run in planned(recipe)] == [0] * 4 + [7] * 4


def test_every_method_has_settings_of_its_own(make_recipe: MakeRecipe) -> None:
    method = {"name": "joint", "balance": "labels"}
    experiment = {"methods": ["joint", "coupling", "sjmt"], "seeds": [0], "settings": {"coupling": {"match": "group"}}}
    recipe = make_recipe(method=method, experiment=experiment)
    expected = [method, {"name": "coupling", "match": "group"}, {"name": "sjmt"}]  # rejected: joint's for all of them
    assert [run.recipe.method for run in planned(recipe)] == expected


def test_settings_that_nothing_would_read_are_named(make_recipe: MakeRecipe) -> None:
    with pytest.raises(RecipeError, match=r"\[experiment.settings\].*did you mean 'coupling'"):
        planned(make_recipe(experiment={"settings": {"couplin": {}}}))
    with pytest.raises(RecipeError, match=r"\[experiment.settings.joint\].*write them under \[method\]"):
        make_recipe(method={"name": "joint"}, experiment={"settings": {"joint": {}}})


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 1.0, 4.0)])
def test_every_regime_sees_the_same_number_of_images_of_every_database(
    make_recipe: MakeRecipe, databases: Path, weights: tuple[float, ...]
) -> None:
    data = [
        {"name": name, "path": str(databases / f"{name}.parquet"), "weight": weight}
        for name, weight in zip("ABC", weights, strict=True)
    ]
    methods = ["single", "alternating", "sjmt", "joint"]
    training = {"steps": 24, "batch_size": 24, "warmup": 12, "evaluate_every": 12}
    runs = planned(make_recipe(data=data, training=training, experiment={"methods": methods, "seeds": [0]}))
    total = {method: Counter[str]() for method in methods}
    for run in runs:
        total[run.method] += seen(run)
    expected = {name: 24 * 24 * weight / sum(weights) for name, weight in zip("ABC", weights, strict=True)}
    assert total == dict.fromkeys(methods, expected)
    single = {run.test_on[0]: run.recipe.training for run in runs if run.method == "single"}
    for name, weight in zip("ABC", weights, strict=True):
        share = weight / sum(weights)
        assert (single[name].steps, single[name].warmup) == (24 * share, 12 * share)
        assert single[name].batch_size == 24


def test_a_database_of_two_tasks_has_two_single_networks_that_each_see_all(
    make_recipe: MakeRecipe, tmp_path: Path
) -> None:
    columns = rows("D", 3)
    columns |= {"expression": ["neutral", "fear"] * 24, "AU12": [0, 1] * 24}
    write(tmp_path, "D", columns)
    recipe = make_recipe("D", folder=tmp_path, experiment={"methods": ["single", "sjmt"], "seeds": [0]})
    runs = planned(recipe)
    assert [run.folder for run in runs] == ["single-D-expression-seed0", "single-D-au-seed0", "sjmt-seed0"]
    assert seen(runs[0]) == seen(runs[1]) == seen(runs[2])
    assert [run.recipe.data[0].tasks for run in runs[:2]] == [("expression",), ("au",)]


def test_a_single_network_wants_no_label_that_only_another_database_gives(
    make_recipe: MakeRecipe, tmp_path: Path, databases: Path
) -> None:
    write(tmp_path, "D", rows("D", 3) | {"AU12": [0, 1] * 24, "AU25": [0, 1] * 24})
    data = [
        {"name": "B", "path": str(databases / "B.parquet")},
        {"name": "D", "path": str(tmp_path / "D.parquet")},
        {"name": "C", "path": str(databases / "C.parquet")},
    ]
    experiment = {"methods": ["single"], "seeds": [0]}
    runs = planned(make_recipe(data=data, labels={"au": ["AU01", "AU12"]}, experiment=experiment))
    assert [(run.folder, run.recipe.labels) for run in runs] == [
        ("single-B-au-seed0", {"au": ("AU01", "AU12")}),
        ("single-D-au-seed0", {"au": ("AU12",)}),
    ]
    for run in runs:
        planned(run.recipe)  # each can be opened by itself


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("experiment")


@pytest.fixture
def results(folder: Path, make_recipe: MakeRecipe) -> dict[str, object]:
    """The results of a comparison, run by the first test that asks for it."""
    methods = {"methods": ["single", "sjmt"], "seeds": [0, 1]}
    recipe = make_recipe(about="tiny & quick", training={"steps": 6, "evaluate_every": 3}, experiment=methods)
    if not (folder / "results.json").exists():
        run_experiment(recipe, folder)
    else:
        with pytest.MonkeyPatch.context() as patch:  # what is done is not done again
            patch.setattr(run_module, "run_loop", None)
            patch.setattr(experiment_module, "predictions_on", None)
            (folder / "results.json").unlink()
            run_experiment(recipe, folder)
    found: dict[str, object] = json.loads((folder / "results.json").read_text())
    return found


def test_results_hold_a_score_of_every_cell(results: dict[str, object], folder: Path) -> None:
    records: list[dict[str, object]] = results["scores"]  # type: ignore[assignment]
    cells = {(r["method"], r["seed"], r["database"], r["task"]) for r in records}
    tasks = (("A", "expression"), ("B", "au"), ("C", "va"))
    assert cells == {(m, seed, *where) for m in ("single", "sjmt") for seed in (0, 1) for where in tasks}
    plain = [{k: v for k, v in r.items() if k not in ("method", "seed", "database")} for r in records]
    assert all(score.n == 12 for score in from_records(plain) if not score.label and score.task != "au")
    assert results["about"] == "tiny & quick" and results["recipe"]["experiment"]["seeds"] == [0, 1]  # type: ignore[index]
    assert {path.name for path in folder.iterdir()} >= {"single-A-expression-seed1", "sjmt-seed0", "samples"}


def test_methods_of_one_seed_are_scored_on_the_same_faces_and_the_results_say_so(results: dict[str, object]) -> None:
    tested: list[dict[str, object]] = results["tested_on"]  # type: ignore[assignment]
    by_database = {d: {t["rows_sha256"] for t in tested if (t["database"], t["seed"]) == (d, 0)} for d in "ABC"}
    assert [len(hashes) for hashes in by_database.values()] == [1, 1, 1]
    assert len(set.union(*by_database.values())) == 3 and {t["rows"] for t in tested} == {12}


def test_a_second_call_trains_and_tests_nothing(results: dict[str, object]) -> None:
    assert results["name"] == "tiny"  # the fixture ran the experiment again, with training and testing taken away


def test_action_units_by_predicted_expression(results: dict[str, object]) -> None:
    grouped: list[dict[str, object]] = results["au_by_expression"]  # type: ignore[assignment]
    assert [(g["method"], g["seed"], g["database"]) for g in grouped] == [("sjmt", 0, "A"), ("sjmt", 1, "A")]
    assert grouped[0]["expressions"] == ["neutral", "happiness", "fear"] and grouped[0]["aus"] == ["AU01", "AU12"]
    assert sum(grouped[0]["counts"]) == 12  # type: ignore[call-overload]


def test_sample_faces_are_shown_with_what_was_annotated_and_predicted(results: dict[str, object], folder: Path) -> None:
    samples = json.loads((folder / "samples" / "samples.json").read_text())
    assert {sample["database"] for sample in samples} == {"A", "B", "C"} and len(samples) == 24
    assert all((folder / "samples" / sample["image"]).exists() for sample in samples)
    assert samples[0]["annotated"] in ("neutral", "happiness", "fear") and "valence" in samples[0]["predicted"]


def test_the_report_of_a_real_experiment(results: dict[str, object], folder: Path) -> None:
    read = read_results(folder)
    assert read.methods == ["single", "sjmt"] and read.seeds == [0, 1]
    page = write_page(folder).read_text()
    assert "tiny &amp; quick" in page and page.count('<img src="data:image/png;base64,') == 24
    for model in (f"sjmt-seed{seed}" for seed in (0, 1)):
        assert load(folder / model)[1].recipe["method"] == {"name": "sjmt"}


def test_sample_faces_are_test_faces_of_the_network_that_is_shown(
    make_recipe: MakeRecipe, databases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With folds every seed tests on other faces: those of the recipe's own seed may be ones that it learned."""
    data = [{"name": "A", "path": str(databases / "A.parquet"), "folds": {"count": 3, "val": 0.2}}]
    recipe = make_recipe(data=data, training={"steps": 1}, experiment={"methods": ["sjmt"], "seeds": [1]})
    shown = []
    monkeypatch.setattr(experiment_module, "write_samples", lambda *given: shown.append(given))
    results = run_experiment(recipe, tmp_path)
    _, _, (database,), _ = shown[0]
    test = [split == "test" for split in database.table.read(["split"])["split"].to_pylist()]
    tested = json.loads((tmp_path / "sjmt-seed1" / "test" / "A.json").read_text())
    assert sum(test) == tested["about"]["rows"] == results["scores"][0]["n"]
    other = open_databases(recipe)[0].table.read(["split"])["split"].to_pylist()
    assert test != [split == "test" for split in other]
    rows_tested = pq.read_table(tmp_path / "sjmt-seed1" / "test" / "A.parquet")["row"].to_pylist()
    assert rows_tested == [row for row, is_test in enumerate(test) if is_test]
