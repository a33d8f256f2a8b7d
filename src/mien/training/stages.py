"""Training in stages: a teacher, students that learn from it, and the ensemble of the students.

*Source*: Deng, Chen & Shi 2020, "Multitask emotion recognition with incomplete labels" (arXiv 2002.03557); further
rounds, in which the ensemble teaches the next students, are ours.
"""

from pathlib import Path
from typing import Any

from pydantic import Field

from mien.config import Recipe, parse
from mien.data.prepare import Progress, silent
from mien.methods.student import StudentSettings
from mien.models.affect import AffectModel
from mien.models.checkpoint import load
from mien.models.ensemble import AnyModel, merged
from mien.models.info import INFO_FILE
from mien.models.network import Network
from mien.training.databases import TEMPORAL
from mien.training.loop import Silent, Watcher
from mien.training.made_of import save_made
from mien.training.run import train_network
from mien.training.temporal import train_temporal

TEACHER_STUDENT = "teacher_student"
TEACHER = "teacher"  # folder of that stage
STAGED = (TEACHER_STUDENT, TEMPORAL)


class TeacherStudentSettings(StudentSettings):
    """The ``[method]`` part of a recipe in stages: a student's settings, without its teacher's folder, and these.

    Attributes:
        students: how many, each from the recipe's initial weights, with another order of the faces.
        rounds: of students; from the second on, the students of the round before teach together.
        first: the ``[method]`` of the teacher, which learns from labels alone.
        first_steps: updates of the teacher; those of the recipe when None.
    """

    teacher: tuple[str, ...] = ()
    students: int = Field(5, ge=2)
    rounds: int = Field(1, ge=1)
    first: dict[str, Any] = Field(default_factory=lambda: {"name": "joint"})
    first_steps: int | None = Field(None, ge=1)


def train(recipe: Recipe, folder: str | Path, watcher: Watcher | None = None, progress: Progress = silent) -> AnyModel:
    """Train what ``recipe`` says into ``folder``: one network, or all stages of ``STAGED`` methods.

    Args:
        recipe: settings and databases.
        folder: gets the network; see ``train_network``. Stages have folders of their own inside it: ``teacher``,
            ``round1-student1``, ..., or ``frames``; the same call goes on in the stage that was cut off.
        watcher: is told how it goes.
        progress: wraps the preparation of faces in a progress bar.

    Returns:
        The chosen network, the ensemble of the last round's students, or the model of clips, in evaluation mode.

    Raises:
        MienError: the recipe, a table or the folder's content does not fit.
    """
    stages = {TEACHER_STUDENT: _teacher_and_students, TEMPORAL: train_temporal}.get(recipe.method["name"])
    if stages is None:
        return train_network(recipe, folder, watcher, progress)
    return stages(recipe, Path(folder), watcher or Silent(), progress)


def members(recipe: Recipe) -> dict[str, str]:
    """What of a run in stages is scored beside its ensemble: the teacher and the last round's first student, and their
    folders.
    """
    if recipe.method["name"] != TEACHER_STUDENT:
        return {}
    rounds = parse(TeacherStudentSettings, recipe.method, "[method]").rounds
    return {"teacher": TEACHER, "student": _student(rounds, 1)}


def _student(number: int, k: int) -> str:
    return f"round{number}-student{k}"


def _teacher_and_students(recipe: Recipe, folder: Path, watcher: Watcher, progress: Progress) -> Network:
    settings = parse(TeacherStudentSettings, recipe.method, "[method]")
    steps = settings.first_steps or recipe.training.steps
    shorter = recipe.training.model_copy(update={"steps": steps})
    watcher.say("teacher")
    teachers = [folder / TEACHER]
    first = recipe.model_copy(update={"method": settings.first, "training": shorter})
    train_network(first, teachers[0], watcher, progress)
    stages = {"students", "rounds", "first", "first_steps"}
    student = settings.model_dump(exclude=stages, exclude_unset=True) | {"name": "student"}
    for number in range(1, settings.rounds + 1):
        method = student | {"teacher": [str(teacher) for teacher in teachers]}
        teachers = [folder / _student(number, k) for k in range(1, settings.students + 1)]
        for k, own in enumerate(teachers, 1):
            watcher.say(f"round {number} of {settings.rounds}, student {k} of {settings.students}")
            member = (number - 1) * settings.students + k
            train_network(recipe.model_copy(update={"method": method, "member": member}), own, watcher, progress)
    if not (folder / INFO_FILE).exists():
        _save_ensemble(recipe, folder, teachers, progress)
    return load(folder)[0]


def _save_ensemble(recipe: Recipe, folder: Path, members: list[Path], progress: Progress) -> None:
    """The students as one network, with thresholds of its own from validation faces."""
    students = [(network, info) for network, info in map(load, members) if isinstance(network, AffectModel)]
    ensemble = merged([network for network, _ in students]).eval()
    digests = tuple(info.weights_sha256 for _, info in students)
    save_made(recipe, folder, ensemble, recipe.training.steps, progress, digests)
