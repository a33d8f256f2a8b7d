"""Teacher, students, ensemble: stages that go on where they stopped and end in one network."""

from pathlib import Path

import pytest
import torch
from tiny import MakeRecipe

from mien.config import Recipe
from mien.errors import MienError, RecipeError
from mien.models.affect import AffectModel
from mien.models.checkpoint import load, read_info
from mien.models.ensemble import Ensemble
from mien.models.outputs import read
from mien.training import stages
from mien.training.stages import train

FIRST = {"name": "joint", "weights": {"au": 8.0}}
METHOD = {"name": "teacher_student", "students": 2, "first": FIRST, "first_steps": 4}


class Listener:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stages")


@pytest.fixture
def recipe(make_recipe: MakeRecipe) -> Recipe:
    return make_recipe(method=METHOD, training={"thresholds": "best_f1"})


@pytest.fixture
def run(folder: Path, recipe: Recipe) -> Path:
    """Trained by the first test that asks for it."""
    train(recipe, folder / "run")
    return folder / "run"


def test_every_stage_has_a_folder_and_its_own_settings(run: Path) -> None:
    assert {path.name for path in run.iterdir() if path.is_dir()} == {"teacher", "round1-student1", "round1-student2"}
    teacher, first, second = (read_info(run / name) for name in ("teacher", "round1-student1", "round1-student2"))
    assert teacher.recipe["method"] == FIRST and teacher.recipe["training"]["steps"] == 4
    assert first.recipe["method"] == {"name": "student", "teacher": [str(run / "teacher")]}
    assert (first.recipe["member"], second.recipe["member"]) == (1, 2)
    assert first.recipe["seed"] == second.recipe["seed"] == teacher.recipe["seed"]
    assert first.weights_sha256 != second.weights_sha256


def test_the_run_itself_is_the_mean_of_its_students(run: Path) -> None:
    ensemble, info = load(run)
    students = [load(run / f"round1-student{k}")[0] for k in (1, 2)]
    assert isinstance(ensemble, Ensemble) and info.spec.members == 2
    image = torch.rand(3, 3, 32, 32)
    with torch.no_grad():
        together = read(ensemble(image), ensemble.spec)
        alone = [read(student(image), student.spec) for student in students]
    for task, values in together.items():
        torch.testing.assert_close(values, (alone[0][task] + alone[1][task]) / 2, atol=1e-5, rtol=1e-4)
    assert set(info.thresholds) == {"AU01", "AU12"}
    assert set(info.validation) == {"A/expression", "B/au", "C/va"}


def test_a_run_that_is_done_is_not_done_again(run: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object) -> None:
        raise AssertionError("the ensemble was made again")

    monkeypatch.setattr(stages, "_save_ensemble", never)
    before = (run / "round1-student2" / "weights.safetensors").stat().st_mtime_ns
    assert isinstance(train(recipe, run), Ensemble)
    assert (run / "round1-student2" / "weights.safetensors").stat().st_mtime_ns == before


def test_it_goes_on_in_the_stage_that_was_cut_off(run: Path, recipe: Recipe, tmp_path: Path) -> None:
    """Stopped in the second student: teacher and first student stay, and the end is the same bit for bit."""

    class Stopping(Listener):
        def step(self, step: int, steps: int, terms: dict[str, float], images_per_s: float) -> None:
            if "student 2" in self.said[-1] and step == 3:
                raise KeyboardInterrupt

    # Folders are named in the students' settings, so the two runs share their relative names.
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        with pytest.raises(MienError, match="the same command goes on"):
            train(recipe, "run", Stopping())
        kept = (tmp_path / "run" / "teacher" / "weights.safetensors").stat().st_mtime_ns
        train(recipe, "run")
    assert (tmp_path / "run" / "teacher" / "weights.safetensors").stat().st_mtime_ns == kept
    assert read_info(tmp_path / "run").weights_sha256 == read_info(run).weights_sha256


def test_in_a_second_round_the_students_of_the_first_teach(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    listener = Listener()
    recipe = make_recipe(method=METHOD | {"rounds": 2}, training={"steps": 1, "warmup": 0})
    train(recipe, tmp_path, listener)
    taught_by = read_info(tmp_path / "round2-student1").recipe["method"]["teacher"]
    assert taught_by == [str(tmp_path / f"round1-student{k}") for k in (1, 2)]
    assert read_info(tmp_path / "round2-student1").recipe["member"] == 3
    assert "round 2 of 2, student 1 of 2" in listener.said


def test_any_other_method_is_one_network(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    assert isinstance(train(make_recipe(training={"steps": 1, "warmup": 0}), tmp_path), AffectModel)


def test_a_wrong_key_is_said(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="unknown key 'student'; did you mean 'students'"):
        train(make_recipe(method={"name": "teacher_student", "student": 3}), tmp_path)
