import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from tiny import MakeRecipe, rows, write

from mien.config import Recipe
from mien.errors import CheckpointError, MienError, RecipeError, TableError
from mien.models.checkpoint import load, read_info
from mien.training import run as run_module
from mien.training import validation
from mien.training.log import read_log
from mien.training.stages import train
from mien.training.validation import Validation


class Listener:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.steps: list[int] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
        self.steps.append(step)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("finished")


@pytest.fixture
def run(finished: Path, make_recipe: MakeRecipe) -> Path:
    """The folder of one finished run, trained by the first test that asks for it."""
    train(make_recipe(), finished / "run")
    return finished / "run"


def test_a_run_leaves_what_its_docstring_says(run: Path) -> None:
    names = {path.name for path in run.iterdir()}
    wanted = {"weights.safetensors", "model.json", "log.jsonl", "run.json", "state.safetensors", "done", "tensorboard"}
    assert names == wanted
    content = json.loads((run / "run.json").read_text())
    assert content["recipe"]["training"]["steps"] == 8
    assert [record["name"] for record in content["data"]] == ["A", "B", "C"]
    assert all(len(record["fingerprint"]) == 64 for record in content["data"])
    assert {"torch", "mien", "python"} <= content["environment"].keys()


def test_the_network_learned_the_union_of_the_labels(run: Path) -> None:
    model, info = load(run)
    assert info.spec.labels == {
        "expression": ("neutral", "happiness", "fear"),
        "au": ("AU01", "AU12"),
        "va": ("valence", "arousal"),
    }
    assert (info.spec.head, info.spec.expression_activation) == ("joint", "sigmoid")
    assert info.recipe["name"] == "tiny" and [record["rows"] for record in info.provenance] == [48, 48, 48]
    assert not model.training


def test_a_finished_run_is_loaded_and_gives_the_same_outputs(
    run: Path, make_recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "run_loop", None)  # to train again would be to call it
    model, image = train(make_recipe(), run), torch.rand(3, 3, 16, 16)
    with torch.no_grad():
        ours, theirs = model(image), load(run)[0](image)
    assert all(torch.equal(ours[task], theirs[task]) for task in theirs)


def test_every_step_and_validation_is_logged_once(run: Path) -> None:
    events = read_log(run)
    assert [e["step"] for e in events if e["kind"] == "train"] == list(range(1, 9))
    assert [e["step"] for e in events if e["kind"] == "validation"] == [4, 8]
    assert all({"loss", "lr", "images_per_s"} <= e.keys() for e in events if e["kind"] == "train")
    validation = next(e for e in events if e["kind"] == "validation")
    scores = [validation[name] for name in ("A/expression", "B/au", "C/va")]
    defined = [score for score in scores if score == score]
    assert validation["overall"] == pytest.approx(sum(defined) / len(defined))


def test_databases_count_by_their_weights_and_their_tasks_alike() -> None:
    scores = {"A/expression": 0.2, "A/va": 0.4, "B/au": 0.9, "C/va": float("nan")}
    found = Validation({}, scores, {"A": 3.0, "B": 1.0, "C": 9.0})
    assert found.overall == pytest.approx((3 * 0.3 + 1 * 0.9) / 4)
    assert found.overall != pytest.approx((0.2 + 0.4 + 0.9) / 3)  # rejected: databases by how many tasks they have


def test_two_runs_of_one_recipe_give_the_same_weights(run: Path, make_recipe: MakeRecipe, tmp_path: Path) -> None:
    torch.rand(7)  # whatever was drawn before
    train(make_recipe(), tmp_path / "again")
    assert read_info(tmp_path / "again").weights_sha256 == read_info(run).weights_sha256
    train(make_recipe(seed=1), tmp_path / "other")
    assert read_info(tmp_path / "other").weights_sha256 != read_info(run).weights_sha256


def test_the_best_on_validation_is_kept(
    make_recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.3, 0.9, 0.5, 0.9])
    monkeypatch.setattr(validation, "main_scores", lambda *_: {"invented": next(scores)})
    train(make_recipe("A", training={"evaluate_every": 2}), tmp_path)
    info = read_info(tmp_path)
    assert info.step == 4 and info.validation == {"invented": 0.9}  # of equals the earlier one
    assert [e["overall"] for e in read_log(tmp_path) if e["kind"] == "validation"] == [0.3, 0.9, 0.5, 0.9]


def test_a_validation_without_any_defined_score_still_keeps_a_network(
    make_recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "main_scores", lambda *_: {"invented": float("nan")})
    train(make_recipe("A", training={"steps": 2}), tmp_path)
    assert str(read_info(tmp_path).validation["invented"]) == "nan"


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"seed": 3}, r"recipe\.seed was 0, now 3"),
        ({"training": {"lr": 0.5}}, r"recipe\.training\.lr was 0\.02, now 0\.5"),
        ({"method": {"name": "joint"}}, r"recipe\.method\.name was 'sjmt', now 'joint'"),
    ],
)
def test_another_recipe_in_the_same_folder_is_refused(
    run: Path, make_recipe: MakeRecipe, changes: dict[str, object], difference: str
) -> None:
    with pytest.raises(CheckpointError, match=rf"holds a run with another recipe \({difference}\); choose another"):
        train(make_recipe(**changes), run)


def test_other_versions_are_not_mistaken_for_the_difference(run: Path, make_recipe: MakeRecipe) -> None:
    content = json.loads((run / "run.json").read_text())
    before = (run / "run.json").read_text()
    try:
        (run / "run.json").write_text(json.dumps(content | {"environment": {"torch": "1.0"}}))
        with pytest.raises(CheckpointError, match=r"\(recipe\.seed was 0, now 3\)"):
            train(make_recipe(seed=3), run)
        train(make_recipe(), run)  # other versions alone are no reason to refuse
    finally:
        (run / "run.json").write_text(before)


def test_what_is_said_about_a_run_may_change(run: Path, make_recipe: MakeRecipe) -> None:
    train(make_recipe(about="a remark", experiment={"seeds": [4]}), run)


def test_changed_data_is_refused(run: Path, make_recipe: MakeRecipe, databases: Path, tmp_path: Path) -> None:
    for name in "ABC":
        (tmp_path / f"{name}.parquet").write_bytes((databases / f"{name}.parquet").read_bytes())
    recipe = make_recipe("A", folder=tmp_path, training={"steps": 1})
    train(recipe, tmp_path / "run")
    columns = rows("A", seed=5) | {"expression": ["neutral", "happiness", "fear"] * 16}
    write(tmp_path, "A", columns, classes={"expression": ("neutral", "happiness", "fear")})
    with pytest.raises(CheckpointError, match=r"another data \(data\.0\.fingerprint was '\w{64}', now '\w{64}'\)"):
        train(recipe, tmp_path / "run")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"method": {"name": "sjtm"}}, "did you mean 'sjmt'"),
        ({"network": {"backbone": "plain_smal"}}, "did you mean 'plain_small'"),
    ],
)
def test_a_mended_recipe_may_use_the_folder_in_which_it_failed(
    make_recipe: MakeRecipe, tmp_path: Path, wrong: dict[str, object], sentence: str
) -> None:
    with pytest.raises(MienError, match=sentence):
        train(make_recipe("A", training={"steps": 1}, **wrong), tmp_path)
    train(make_recipe("A", training={"steps": 1}), tmp_path)


def test_labels_that_nobody_gives_are_refused(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no database gives AU04 \(they give A: expression, B: au\)"):
        train(make_recipe("AB", labels={"au": ["AU01", "AU04"]}), tmp_path)


def test_a_split_without_rows_is_refused(make_recipe: MakeRecipe, databases: Path, tmp_path: Path) -> None:
    data = [{"name": "A", "path": str(databases / "A.parquet"), "val": "validation"}]
    with pytest.raises(TableError, match="no row with split = validation has a picture and a label of expression"):
        train(make_recipe(data=data), tmp_path)


def test_a_class_without_rows_and_broken_pictures_are_told(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    columns = rows("A", seed=0)
    columns["expression"] = ["neutral", "happiness"] * 24
    columns["image"][:3] = [b"", b"no picture", columns["image"][2][:60]]
    write(tmp_path, "A", columns, classes={"expression": ("neutral", "happiness", "anger")})
    listener = Listener()
    train(make_recipe("A", folder=tmp_path, training={"steps": 2}), tmp_path / "run", listener)
    broken, missing = listener.said
    listed = tmp_path / "run" / "skipped.csv"
    assert broken.startswith(f"A: 3 broken pictures are left out, listed in {listed}; the first: ")
    assert [line.split(",")[:2] for line in listed.read_text().splitlines()[1:]] == [
        ["A", str(row)] for row in range(3)
    ]
    assert missing.startswith("expression anger: no positive example in any training row")
    assert listener.steps == [1, 2]


@pytest.mark.parametrize("log_every", [1, 100])
def test_a_loss_that_is_not_finite_ends_the_run_with_advice(
    make_recipe: MakeRecipe, tmp_path: Path, log_every: int
) -> None:
    training = {"lr": 1e30, "warmup": 0, "clip_norm": 0.0, "log_every": log_every, "schedule": "constant"}
    with pytest.raises(MienError, match=r"Step \d: .*; delete .* start again with a lower training\.lr \(now 1e\+30\)"):
        train(make_recipe(training=training), tmp_path)
    assert not (tmp_path / "done").exists()


def test_thresholds_are_chosen_on_validation_rows_and_kept(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    train(make_recipe("B", training={"steps": 2, "thresholds": "best_f1"}), tmp_path)
    thresholds = read_info(tmp_path).thresholds
    assert thresholds.keys() == {"AU01", "AU12"} and set(thresholds.values()) != {0.5}


def test_averaged_weights_are_the_ones_that_are_kept(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    recipe = make_recipe("A", training={"steps": 4, "ema": 0.5})
    kept, last = train(recipe, tmp_path), last_weights(tmp_path, recipe)
    name = "head.output.weight"
    assert torch.equal(kept.get_parameter(name), last[f"average/module.{name}"])
    assert not torch.equal(kept.get_parameter(name), last[f"model/{name}"])


def last_weights(folder: Path, recipe: Recipe) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "state.safetensors")


def test_initial_weights_come_from_an_earlier_run(run: Path, make_recipe: MakeRecipe, tmp_path: Path) -> None:
    listener = Listener()
    recipe = make_recipe("A", network={"init": str(run)}, training={"steps": 1, "lr": 1e-12, "weight_decay": 0.0})
    model = train(recipe, tmp_path, listener)
    assert f"initial weights from {run}: " in listener.said[0]
    earlier = load(run)[0]
    for name, weights in model.backbone.named_parameters():
        torch.testing.assert_close(weights, earlier.backbone.get_parameter(name), atol=1e-6, rtol=0)


def test_single_learns_one_database_and_says_how_to_do_more(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="'mien experiment'"):
        train(make_recipe(method={"name": "single"}), tmp_path / "three")
    train(make_recipe("C", method={"name": "single"}, training={"steps": 1}), tmp_path / "one")


def test_a_table_that_is_not_there_is_one_sentence(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"A\.parquet: no such table"):
        train(make_recipe("A", folder=tmp_path), tmp_path / "run")


def test_the_cache_is_shared_by_runs(databases: Path, make_recipe: MakeRecipe, tmp_path: Path) -> None:
    assert pq.read_metadata(databases / "A.parquet").num_rows == 48
    calls = []

    def count(items: object, what: str, total: int) -> object:
        calls.append(what)
        return items

    recipe = make_recipe("A", training={"steps": 1}, preprocessing={"size": 17})
    train(recipe, tmp_path / "first", progress=count)
    assert calls == ["A: cutting faces"] * 2  # training and validation faces
    train(recipe, tmp_path / "second", progress=count)
    assert len(calls) == 2
