"""A frame network, then a model of clips over it: stages that resume, and refusals."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from tiny import SPLITS, MakeRecipe, rows, write
from typer.testing import CliRunner

from mien.cli import app
from mien.config import Augment, Recipe
from mien.data.prepare import prepare
from mien.data.table import LabelTable
from mien.data.transforms import centred
from mien.errors import CheckpointError, MienError, RecipeError, TableError
from mien.models.affect import AffectModel
from mien.models.checkpoint import load, load_any, read_info, save
from mien.models.ensemble import merged
from mien.models.temporal.clip_model import ClipModel
from mien.training import clip_features
from mien.training.clip_answers import answers, answers_over, clip_windows
from mien.training.clip_loader import ClipLoader, ClipStore, Pictures
from mien.training.databases import open_databases
from mien.training.evaluate import predictions_on
from mien.training.stages import train

METHOD = {"name": "temporal", "window": 4, "stride": 2, "first_training": {"steps": 4}}


def moving(folder: Path) -> Path:
    """Clips of 1 to 5 frames with gaps in their numbers, out of order; some frames have no label at all."""
    columns = rows("clips", 7)
    count = len(columns["split"])
    lengths, clip = [5, 1, 3, 3], []
    while len(clip) < count:
        number = len(set(clip))
        clip += [f"c{number:02d}"] * lengths[number % 4]  # 5 + 1 + 3 + 3 = 12 = a split, or half of one
    columns["clip"] = clip[:count]
    columns["frame"] = [2 * (count - i) for i in range(count)]
    columns["AU12"] = [None if i % 6 == 2 else int(x > 0.5) for i, x in enumerate(columns["brightness"])]
    columns["valence"] = [None if i % 3 == 2 else 2 * x - 1 for i, x in enumerate(columns["brightness"])]
    columns["arousal"] = [None if i % 3 == 2 else 1 - x for i, x in enumerate(columns["brightness"])]
    write(folder, "clips", columns)
    return folder


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return moving(tmp_path_factory.mktemp("films"))


@pytest.fixture
def recipe(make_recipe: MakeRecipe, films: Path) -> Recipe:
    return tiny(make_recipe, films)


def tiny(make_recipe: MakeRecipe, films: Path, **method: Any) -> Recipe:
    data = [{"name": "clips", "path": str(films / "clips.parquet")}]
    return make_recipe(data=data, method=METHOD | method, training={"thresholds": "best_f1", "batch_size": 4})


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporal") / "run"


@pytest.fixture
def run(run_folder: Path, recipe: Recipe) -> Path:
    """Trained by the first test that asks for it."""
    train(recipe, run_folder)
    return run_folder


def test_the_frame_network_comes_first_and_the_model_of_clips_over_it(run: Path) -> None:
    first, info = read_info(run / "frames"), read_info(run)
    assert first.recipe["method"] == {"name": "joint"} and first.recipe["training"]["steps"] == 4
    assert info.spec.temporal is not None and info.spec.temporal.frames == first.spec
    assert info.spec.temporal.frames_sha256 == first.weights_sha256 and set(info.thresholds) == {"AU12"}
    model, frames = load_any(run)[0], load(run / "frames")[0]
    assert isinstance(model, ClipModel)
    for name, tensor in frames.state_dict().items():
        assert torch.equal(tensor, model.frames.state_dict()[name]), name
    assert model.centre.any() and info.provenance[-1]["learned_from"] == first.provenance


def test_it_goes_on_in_the_stage_that_was_cut_off(run: Path, recipe: Recipe, tmp_path: Path) -> None:
    class Stopping:
        said = ""

        def say(self, text: str) -> None:
            self.said = text

        def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
            if "temporal" in self.said and step == 6:
                raise KeyboardInterrupt

    with pytest.raises(MienError, match="the same command goes on"):
        train(recipe, tmp_path, Stopping())
    kept = (tmp_path / "frames" / "weights.safetensors").stat().st_mtime_ns
    train(recipe, tmp_path)
    assert (tmp_path / "frames" / "weights.safetensors").stat().st_mtime_ns == kept
    assert read_info(tmp_path).weights_sha256 == read_info(run).weights_sha256


def test_features_are_computed_once(run: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_features, "_computed", None)  # to compute them again would be to call it
    settings = recipe.method | {"frames": str(run / "frames"), "model": "causal"}
    train(recipe.model_copy(update={"method": settings}), tmp_path)
    assert not (tmp_path / "frames").exists()


def test_a_joint_backbone_learns_along_and_its_own_features_are_read(run: Path, recipe: Recipe, tmp_path: Path) -> None:
    settings = recipe.method | {"frames": str(run / "frames"), "joint": True}
    joint = recipe.model_copy(update={"method": settings})
    model = train(joint, tmp_path / "run")
    assert isinstance(model, ClipModel)
    before = load(run / "frames")[0].state_dict()
    moved = {n for n, tensor in model.frames.state_dict().items() if not torch.equal(tensor, before[n])}
    weights = {name for name, _ in model.frames.named_parameters()}
    assert {name for name in weights if "backbone" in name and name.endswith("weight")} <= moved
    assert not moved - weights, "batch statistics are those that it came with"
    database = open_databases(joint)[0]
    faces = database.faces(joint, model.spec.labels, "test")
    store = prepare(faces)
    windows = clip_windows(model.spec, faces, store)
    pictures = torch.from_numpy(centred(store.images, model.spec.preprocessing.size)).permute(0, 3, 1, 2)
    features = model.embed(pictures.expand(-1, 3, -1, -1)).detach().numpy()
    expected = answers_over(model, features, windows)  # not of the features that the frozen network had
    for task, values in answers(model, faces, store).items():
        np.testing.assert_allclose(values, expected[task], atol=1e-5)
    train(joint.model_copy(update={"training": joint.training.model_copy(update={"threads": 1})}), tmp_path / "again")
    assert read_info(tmp_path / "again").weights_sha256 == read_info(tmp_path / "run").weights_sha256


def test_all_frames_of_a_window_are_changed_alike(run: Path, recipe: Recipe) -> None:
    model, database = load_any(run)[0], open_databases(recipe)[0]
    assert isinstance(model, ClipModel)
    faces = database.faces(recipe, model.spec.labels, "train")
    store = prepare(faces)
    same = np.broadcast_to(store.images[:1], store.images.shape)  # one picture in all frames
    of_clips = ClipStore(same, store.labels, clip_windows(model.spec, faces, store))
    look = Pictures(Augment(rotate_deg=10, brightness=0.2), model.spec.preprocessing.size, seed=1)
    batch = ClipLoader([of_clips], [1.0], 5, 0, look).batch(3)
    assert batch.features.shape == (len(batch), 3, look.size, look.size)
    window = batch.frames.nonzero()[:, 0]
    first = torch.stack([batch.features[window == w][0] for w in range(5)])
    assert torch.equal(batch.features, first[window])
    assert len(torch.unique(first, dim=0)) == 5, "each window is changed in its own way"


def test_another_frame_network_is_refused(run: Path, recipe: Recipe, tmp_path: Path) -> None:
    model, info = load(run / "frames")
    before = save(tmp_path / "frames", model)
    settings = {"method": recipe.method | {"frames": str(tmp_path / "frames")}}
    other = recipe.model_copy(update=settings)
    train(other, tmp_path / "run")
    with torch.no_grad():
        next(model.parameters()).add_(0.1)
    after = save(tmp_path / "frames", model)
    assert before.weights_sha256 == info.weights_sha256 != after.weights_sha256
    with pytest.raises(CheckpointError, match=r"features differ\. Give method\.frames the run"):
        train(other, tmp_path / "run")


def test_frames_that_nobody_labelled_are_read_but_not_scored(run: Path, recipe: Recipe) -> None:
    model, database = load_any(run)[0], open_databases(recipe)[0]
    faces = database.faces(recipe, model.spec.labels, "test")
    store = prepare(faces)
    found = predictions_on(model, model.spec, faces)
    labels = faces.table.read(["AU12", "valence"]).to_pydict()
    labelled = [i for i in store.rows if not (labels["AU12"][i] is None and labels["valence"][i] is None)]
    assert found.rows.tolist() == labelled and len(store) == SPLITS["test"] > len(labelled)
    assert np.array_equal(found.preds["au"], answers(model, faces, store)["au"][np.isin(store.rows, labelled)])


def test_a_causal_models_answers_stay_when_the_clip_goes_on(recipe: Recipe, run: Path, tmp_path: Path) -> None:
    """Through windows, their merging and all: the mean over overlapping windows would change them."""
    settings = recipe.method | {"frames": str(run / "frames"), "model": "gru2"}
    model = train(recipe.model_copy(update={"method": settings}), tmp_path)
    assert isinstance(model, ClipModel)
    database = open_databases(recipe)[0]
    whole = database.table.read(database.table.columns)
    film = whole.set_column(whole.column_names.index("clip"), "clip", pa.array(["one"] * len(whole)))
    film = film.set_column(film.column_names.index("frame"), "frame", pa.array(range(len(film)), pa.int64()))
    faces = database.faces(recipe, model.spec.labels, "train")
    said = []
    for length in (9, 15):
        part = replace(faces, table=LabelTable(film.slice(0, length)))
        said.append(answers(model, part, prepare(part)))
    for task, values in said[0].items():
        np.testing.assert_allclose(values, said[1][task][:9], atol=1e-5)


def test_a_batch_holds_whole_windows_and_the_labels_of_their_frames(run: Path, recipe: Recipe) -> None:
    model, database = load_any(run)[0], open_databases(recipe)[0]
    assert isinstance(model, ClipModel)
    faces = database.faces(recipe, model.spec.labels, "train")
    store = prepare(faces)
    features = np.arange(len(store), dtype=np.float32)[:, None]  # a frame's feature is its place
    of_clips = ClipStore(features, store.labels, clip_windows(model.spec, faces, store))
    batch = ClipLoader([of_clips], [1.0], 5, 0).batch(3)
    assert batch.features.shape == (5, 4, 1) and len(batch) == int(batch.frames.sum())
    places = batch.features[batch.frames][:, 0].long().numpy()
    for task, target in batch.target.items():
        assert np.array_equal(target, store.labels.target[task][places])
        assert np.array_equal(batch.mask[task], store.labels.mask[task][places])


def test_evaluate_scores_it_on_clips_and_refuses_a_table_without(run: Path, films: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", str(run), str(films / "clips.parquet"), "--split", "test"])
    assert done.exit_code == 0 and "valence" in done.output, done.output
    table = LabelTable(films / "clips.parquet")
    kept = [name for name in table.columns if name != "clip"]
    LabelTable(table.read(kept)).write(tmp_path / "stills.parquet")
    with pytest.raises(TableError, match="no column 'clip'"):
        CliRunner().invoke(app, ["evaluate", str(run), str(tmp_path / "stills.parquet")], catch_exceptions=False)


def test_settings_that_do_not_fit_are_said(make_recipe: MakeRecipe, films: Path, run: Path, tmp_path: Path) -> None:
    frames = str(run / "frames")
    for wrong, message in (
        ({"model": "bigur"}, "did you mean 'bigru'"),
        ({"stride": 5}, "leaves out frames between windows of 4"),
        ({"windows": 4}, "unknown key 'windows'; did you mean 'window'"),
        ({"first_training": {"step": 4}, "frames": None}, "did you mean 'steps'"),
    ):
        with pytest.raises(RecipeError, match=message):
            train(tiny(make_recipe, films, **({"frames": frames} | wrong)), tmp_path / "wrong")
    other = tiny(make_recipe, films, frames=frames)
    cut = other.preprocessing.model_copy(update={"size": 24})
    with pytest.raises(RecipeError, match=r"leave \[preprocessing\] out, and its own is taken"):
        train(other.model_copy(update={"preprocessing": cut}), tmp_path / "wrong")
    network = load(frames)[0]
    assert isinstance(network, AffectModel)
    save(tmp_path / "two", merged([network, deepcopy(network)]))
    with pytest.raises(RecipeError, match="is an ensemble, which has no one feature vector"):
        train(tiny(make_recipe, films, frames=str(tmp_path / "two")), tmp_path / "wrong")
