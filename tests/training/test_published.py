"""Published tables: their recipes can be read, and run small on lookalikes of their databases."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from tiny import picture
from typer.testing import CliRunner

from lookalikes import avatars, faces
from mien.cli.reproduce import reproduce as verb
from mien.data.few import draw_few
from mien.data.table import LabelTable
from mien.errors import RecipeError, TableError
from mien.report.published import ours_and_theirs
from mien.training.published import PUBLISHED
from mien.training.published.base import check, needed, reproduce
from mien.training.stages import members
from tiny_databases import pictures

SMALL = [
    *("training.steps=2", "training.batch_size=12", "training.evaluate_every=2", "training.threads=1"),
    *("training.warmup=0", "training.precision=no", "network.backbone=plain_small", "preprocessing.size=16"),
]


@pytest.mark.parametrize("name", PUBLISHED)
def test_recipes_can_be_read_and_figures_are_of_their_methods_and_databases(name: str) -> None:
    table = PUBLISHED[name]
    recipes = table.recipes()
    assert list(recipes) == [*table.networks, *(["pretrain"] if table.pretrain else [])]
    assert len({recipe.network.backbone for row, recipe in recipes.items() if row != "pretrain"}) == len(table.networks)
    for row, figures in table.figures.items():
        recipe = recipes[row]
        tasks = {d.name: d.tasks for d in recipe.data}
        assert {f.method for f in figures} <= {*recipe.experiment.methods, *members(recipe)}
        assert all(f.task in tasks[f.database] for f in figures)


def test_the_papers_settings_are_in_the_recipes() -> None:
    recipes = PUBLISHED["sjmt_table1"].recipes()
    for row in ("ResNet-32", "ResNet-110", "pretrain"):
        training = recipes[row].training
        assert (training.steps, training.batch_size, training.lr) == (80_000, 128, 0.05)
        assert (training.schedule, training.decay_every, training.optimizer) == ("exponential", 10_000, "sgd")
    vgg = recipes["VGG-16"]
    assert (vgg.training.steps, vgg.training.batch_size, vgg.training.lr) == (2000, 32, 1e-5)
    assert vgg.preprocessing.size == 224


def test_check_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    pictures(tmp_path / "SFEW", "Train/Happy/a_1_1.png", "Val/Sad/a_1_4.png")
    (tmp_path / "empty").mkdir()
    table = PUBLISHED["sjmt_table2"]
    assert list(needed(table)) == ["sfew", "emotionet", "fer2013"]
    _, sfew, emotionet, fer2013 = check(table, {"sfew": tmp_path / "SFEW", "emotionet": tmp_path / "empty"})
    assert sfew[1] == "2 rows" and emotionet[1].startswith("not readable: ") and "http" in emotionet[3]
    assert fer2013[1] == "missing: give --data fer2013=FOLDER" and "kaggle" in fer2013[3]
    with pytest.raises(RecipeError, match="needs no database 'sefw'; did you mean 'sfew'"):
        check(table, {"sefw": tmp_path})
    with pytest.raises(RecipeError, match="sjmt_table2 needs emotionet, fer2013: give --data emotionet=FOLDER"):
        reproduce(table, {"sfew": tmp_path}, tmp_path / "out")


def lookalike(folder: Path, name: str, **columns: list[object]) -> Path:
    """A label table of 60 pictures, two in three to train on."""
    rng = np.random.default_rng(0)
    base = {"image": [picture(rng, 0.5) for _ in range(60)], "split": ["train", "train", "val"] * 20}
    people = {"subject": [f"p{n // 2}" for n in range(60)]}
    path = folder / f"{name}.parquet"
    LabelTable(pa.table(base | people | columns)).write(path)
    return path


def fer2013(folder: Path) -> Path:
    """Two dozen pictures as FER2013 has them."""
    rng, path = np.random.default_rng(0), folder / "fer2013.csv"
    usage = ["Training"] * 12 + ["PublicTest"] * 6 + ["PrivateTest"] * 6
    lines = [f"{n % 2 * 3},{' '.join(map(str, rng.integers(256, size=48 * 48)))},{use}" for n, use in enumerate(usage)]
    path.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    return path


def test_table_2_runs_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    data = {
        "sfew": lookalike(tmp_path, "sfew", expression=["happiness", "anger"] * 30),
        "emotionet": lookalike(tmp_path, "emotionet", AU01=[0, 1, 1] * 20, AU12=[1, 0] * 30),
        "fer2013": fer2013(tmp_path),
    }
    tables = [f"data.{n}.reader=table" for n in (0, 1)] + ["data.1.fractions={train=0.6, val=0.2, test=0.2}"]
    wanted = ['labels.au=["AU01", "AU12"]', 'labels.expression=["happiness", "anger"]']
    table = PUBLISHED["sjmt_table2"]
    results = reproduce(table, data, tmp_path / "out", [*SMALL, *tables, *wanted], ["ResNet-32"])
    assert (tmp_path / "out/resnet-32/start/weights.safetensors").exists()
    rows = ours_and_theirs(table.figures, results)
    assert [row[:2] for row in rows[1:]] == [
        *[["ResNet-32", "alternating"]] * 2,
        *[["ResNet-32", "sjmt"]] * 2,
        *[["ResNet-32", "sjmt - alternating"]] * 2,
    ]
    assert [row[4] for row in rows[1:]] == ["0.394", "0.937", "0.406", "0.935", "+0.012", "-0.002"]
    assert all(0 <= float(row[3].split()[0]) <= 1 for row in rows[1:5])
    with pytest.raises(RecipeError, match="no network 'ResNet-23'; did you mean 'ResNet-32'"):
        reproduce(table, data, tmp_path / "out", SMALL, ["ResNet-23"])


def test_table_4_on_rendered_faces_runs_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    rows = [avatars(row) | {"image": row["image"]} for row in faces(200, 6, 8)]
    for n, row in enumerate(rows):
        row["source"] = ("compound", "random")[n % 2]
        row["compound"] = None if n % 2 else ("happily_surprised", "sadly_angry")[n // 2 % 2]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "avatars.parquet")
    table = PUBLISHED["sjmt_table4_avatars"]
    changes = [*SMALL, "data.0.few.train=4", "data.0.few.val=2", "data.1.carve_val=0.4", "experiment.seeds=[0, 1]"]
    results = reproduce(table, {"avatars": tmp_path}, tmp_path / "out", changes)
    scores = results["ResNet-32"]["scores"]
    assert {(s["method"], s["database"]) for s in scores} == {("single", "compounds"), ("sjmt", "compounds")}
    folders = {path.name for path in (tmp_path / "out/resnet-32").iterdir() if path.is_dir()}
    assert folders >= {"single-compounds-compound-seed0", "sjmt-seed1"} and not any("units" in f for f in folders)
    assert [row[1] for row in ours_and_theirs(table.figures, results)[5:]] == ["sjmt - single"] * 2


def test_students_on_aff_wild2_run_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    table = PUBLISHED["fg2020_students"]
    labels = {"va": {"valence": [-0.5, 0.1, 0.5] * 20, "arousal": [0.2, -0.4] * 30}}
    labels |= {"expression": {"expression": ["happiness", "anger"] * 30}, "au": {"AU01": [0, 1, 1] * 20}}
    tasks = {name: database.tasks[0] for name, database in needed(table).items() if name != "fer2013"}
    data = {name: lookalike(tmp_path, name, **labels[task]) for name, task in tasks.items()}
    changes = [f"data.{n}.reader=table" for n in range(len(data))]
    data["fer2013"] = fer2013(tmp_path)
    changes += ["data.1.fractions={train=0.6, val=0.4}", "data.3.fractions={train=0.6, val=0.4}"]
    changes += ["data.5.fractions={train=0.6, val=0.4}", 'labels.au=["AU01"]', "method.students=2"]
    changes += ['labels.expression=["happiness", "anger"]', "method.first_steps=2"]
    results = reproduce(table, data, tmp_path / "out", [*SMALL, *changes])
    rows = ours_and_theirs(table.figures, results)
    units = [row[1] for row in rows if row[2] == "affwild2 units: au f1"]
    assert units == ["teacher", "student", "teacher_student", "teacher_student - teacher", "teacher_student - student"]
    assert [row[4] for row in rows[1:4]] == ["0.209", "0.243", "0.316"] and "+0.107" in {row[4] for row in rows}
    assert {score["database"] for score in results["ResNet-50"]["scores"]} == {
        name for name in data if "affwild2" in name
    }


def test_every_seed_draws_other_rows_and_none_twice() -> None:
    rows = 40
    table = LabelTable(pa.table({"expression": ["fear", "anger"] * 20, "split": ["train"] * 30 + ["test"] * 10}))
    drawn = [draw_few(table, "expression", 5, 3, seed).read(["split", "expression"]).to_pylist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    for draw in drawn:
        counts = {
            key: sum(row == dict(zip(("split", "expression"), key, strict=True)) for row in draw)
            for key in (("train", "fear"), ("train", "anger"), ("val", "fear"), ("left_out", "fear"))
        }
        assert list(counts.values()) == [5, 5, 3, 7] and [row["split"] for row in draw[30:]] == ["test"] * (rows - 30)
    with pytest.raises(TableError, match="15 rows of split 'train' are anger, expected 13 to train and 3 to validate"):
        draw_few(table, "expression", 13, 3, 0)


def test_the_verb_lists_checks_and_refuses(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(verb)
    run = CliRunner()
    assert "sjmt_table4_avatars" in run.invoke(app, []).output
    found = run.invoke(app, ["sjmt_table1", "--check"])
    assert found.exit_code == 1 and found.output.count("missing: give --data") == 4
    for arguments, sentence in (
        (["sjmt_tabel1"], "did you mean 'sjmt_table1'?"),
        (["sjmt_table1", "--data", "sfew"], "expected NAME=FOLDER"),
    ):
        assert sentence in str(run.invoke(app, arguments).exception)
