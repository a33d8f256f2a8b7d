"""Every recipe runs: small, and on drawn lookalikes of its databases."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from lookalikes import SPLITS, faces, frames, write_lookalikes
from mien.config import read_recipe
from mien.data.synthetic.databases import Drawing, write_databases
from mien.data.table import LabelTable
from mien.training.experiment import run_experiment
from mien.training.stages import train

RECIPE_FOLDER = Path(__file__).parents[1] / "recipes"
RECIPES = sorted(RECIPE_FOLDER.glob("*.toml"))
SMALL = [
    "training.steps=2",
    "training.batch_size=12",
    "training.evaluate_every=1",
    "training.threads=1",
    "training.warmup=0",
    "training.precision=no",
    "experiment.seeds=[0]",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every database and every run that a recipe names."""
    folder = write_lookalikes(tmp_path_factory.mktemp("data"))
    three = {"A": ["expression"], "B": ["au", "au_intensity"], "C": ["va"]}
    write_databases(folder / "demo", three, Drawing(subjects=6, per_subject=4, size=48))
    drawn = {"drawn": ["expression", "au", "au_intensity", "va", "compound"]}
    write_databases(folder / "data" / "gan", three | drawn, Drawing(subjects=6, per_subject=4, size=48, grey=True))
    for path, drawn in (("stills/stills", faces(0, 8, 3)), ("clips/drawn", frames(0, 8, 5))):
        rows = [row | {"split": SPLITS.get(row["subject"], "train")} for row in drawn]
        LabelTable(pa.Table.from_pylist(rows)).write(folder / f"{path}.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_DATA", str(folder))
        patch.setenv("MIEN_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        for name, run in (
            ("ferplus_pretrain", "ferplus_pretrain-single-seed0"),
            ("drawn_stills", "drawn_stills-joint-seed0"),
            ("default", "default"),
            ("default_more", "default_more"),
            ("default_blend", "default_blend"),
            ("fer2013", "fer2013"),
            ("three_parts_start", "three_parts_start"),
        ):
            train(read_recipe(RECIPE_FOLDER / f"{name}.toml", SMALL), folder / "runs" / run)
    return folder


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_runs(path: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA", str(data))
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(data)
    recipe = read_recipe(path, SMALL)
    results = run_experiment(recipe, tmp_path / "run")
    tested = {(score["method"], score["database"]) for score in results["scores"]}
    staged = ("teacher", "student") if "teacher_student" in recipe.experiment.methods else ()
    assert tested == {(m, d.name) for m in (*recipe.experiment.methods, *staged) for d in recipe.data}
    assert json.loads((tmp_path / "run" / "results.json").read_text())["name"] == recipe.name
