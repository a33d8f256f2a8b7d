"""Fit what is done to a trained network's answers, on validation faces, and save it with the network."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mien.config import Database
from mien.data.prepare import Faces, Progress, prepare, silent
from mien.errors import RecipeError
from mien.files import atomic_write
from mien.labels import CLASS_TASKS
from mien.models.checkpoint import load
from mien.models.info import INFO_FILE, ModelInfo
from mien.models.network import Network
from mien.training.databases import OpenDatabase, open_databases
from mien.training.evaluate import best_device, predictions_on
from mien.training.fit_classes import AS_USUAL, Answers, Wanted, fit
from mien.training.fit_smoothing import Kernel, choose_smoothing, series_in
from mien.training.log import LOG_FILE, Log, read_log
from mien.training.record import recipe_of


@dataclass
class Report:
    """What a calibration came to.

    Attributes:
        info: what now stands in ``model.json``.
        fitted: task -> the database that it was fitted on.
        remarks: a sentence for each task that stays as it is, and for what else somebody should know.
    """

    info: ModelInfo
    fitted: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def calibrate(
    folder: str | Path,
    wanted: Wanted = AS_USUAL,
    database: str | None = None,
    progress: Progress = silent,
) -> Report:
    """Fit temperature, class weights, sets and smoothing of a finished run, and write them to its ``model.json``.

    Uses validation rows of the run's own recipe, of each class task those of the first database that gives it; a
    database whose validation rows are its test rows is passed over. Half of the people fit temperature and weights;
    the other half measure them and set the level of the sets, which so comes from faces that nothing was fitted on.
    The answers are taken as the network gives them, so doing it twice changes nothing.

    Args:
        folder: of the run.
        wanted: what to fit.
        database: take this one of the recipe's databases.
        progress: wraps the preparation of faces in a progress bar.

    Raises:
        MienError: no run, or its databases are not there.
    """
    model, info = load(folder)
    model = model.to(best_device())
    found, report = {}, Report(info)
    for task in (task for task in CLASS_TASKS if task in info.spec.labels):
        asked = ask(model, info, task, database, report.remarks, progress)
        if asked is None:
            continue
        report.fitted[task], answers = asked
        if fitted := fit(answers, wanted, f"{task}: ", report.remarks):
            found[task] = fitted
    report.info = info.model_copy(update={"calibration": found})
    if wanted.smooth is not None:
        _smooth(model, report, wanted.smooth, database, progress)
    atomic_write(Path(folder) / INFO_FILE, report.info.model_dump_json(indent=2).encode())
    _note(Path(folder), report.info)
    return report


def _note(folder: Path, info: ModelInfo) -> None:
    """Write what was measured into the run's log, beside the scores of its training."""
    if not (folder / LOG_FILE).exists():
        return
    log = Log(folder, max((event["step"] for event in read_log(folder)), default=0))
    for task, how in info.calibration.items():
        numbers = {"temperature": how.temperature} | how.measured
        log.write("calibration", info.step, {f"{task}/{name}": value for name, value in numbers.items()})
    if info.smoothing is not None:
        log.write("calibration", info.step, {"smoothing": info.smoothing.kernel, "width_s": info.smoothing.width_s})
    log.close()


def ask(
    model: Network, info: ModelInfo, task: str, database: str | None, remarks: list[str], progress: Progress = silent
) -> tuple[str, Answers] | None:
    """A database and the network's answers on its validation faces with labels of ``task``; None, with a remark, where
    the recipe has none."""
    passed: list[str] = []
    for opened, faces in _validation(info, database, passed):
        if task in opened.labels:
            found = predictions_on(model, info.spec, faces, store=prepare(faces, progress))
            if answers := Answers.of(found, task, info.spec.labels[task]):
                return opened.settings.name, answers
        passed.append(f"{opened.settings.name} has none")
    remarks.append(f"{task}: left as it is: no validation labels to fit on ({'; '.join(passed)})")
    return None


def _smooth(model: Network, report: Report, kernel: Kernel, database: str | None, progress: Progress) -> None:
    """Choose the width of smoothing on the first database with clips, and say what it does there."""
    passed: list[str] = []
    info = report.info
    for opened, faces in _validation(info, database, passed):
        found = predictions_on(model, info.spec, faces, info.thresholds, prepare(faces, progress), info.calibration)
        series = series_in(opened.table, found.rows.tolist())
        if not series:
            passed.append(f"{opened.settings.name} has no clips with times")
            continue
        chosen, scores = choose_smoothing(found, series, kernel)
        report.info = info.model_copy(update={"smoothing": chosen})
        width = chosen.width_s if chosen else 0.0
        report.remarks.append(
            f"smoothing: {kernel} over {width:g} s on {len(series)} validation clips of {opened.settings.name}, the "
            f"best of {len(scores)} widths: mean score {scores[0.0]:.4f} without, {scores[width]:.4f} with it"
        )
        return
    report.remarks.append(f"smoothing: left as it is: no validation clips to choose by ({'; '.join(passed)})")


def _validation(info: ModelInfo, name: str | None, passed: list[str]) -> Iterator[tuple[OpenDatabase, Faces]]:
    """The recipe's databases, each with its validation faces; one that tests on them is passed over, with a remark."""
    for settings in _databases(info, name):
        if settings.val == settings.test:
            passed.append(f"{settings.name} validates on its test rows")
            continue
        recipe = recipe_of(info).model_copy(update={"data": (settings,)})
        opened = open_databases(recipe)[0]
        yield opened, opened.faces(recipe, info.spec.labels, settings.val)


def _databases(info: ModelInfo, name: str | None) -> list[Database]:
    data = recipe_of(info).data
    chosen = [settings for settings in data if name in (None, settings.name)]
    if not chosen:
        raise RecipeError(f"The run's recipe has no database {name!r}; it has {', '.join(d.name for d in data)}")
    return chosen
