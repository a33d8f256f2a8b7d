"""A fair comparison of methods: the same splits, backbone, seeds and number of images for each.

Single networks share the budget: the network of one database gets as many steps as that database's share of the
batches, so that every regime sees the same number of images of every database.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from mien.choose import choose
from mien.config import Recipe
from mien.data.prepare import Progress, prepare, silent
from mien.errors import RecipeError
from mien.files import atomic_write
from mien.labels import LabelSet
from mien.methods import METHODS
from mien.models.checkpoint import load_any
from mien.training.databases import OpenDatabase, network_labels, open_databases
from mien.training.evaluate import au_by_expression, best_device, predictions_on, write_evaluation
from mien.training.loop import Silent, Watcher
from mien.training.record import environment, provenance
from mien.training.samples import write_samples
from mien.training.stages import STAGED, members, train

RESULTS_FILE = "results.json"


@dataclass(frozen=True)
class Planned:
    """One run of a comparison.

    Attributes:
        method, seed: which cell of the comparison it belongs to; several single networks share a cell.
        folder: its name below the experiment's folder.
        recipe: what it trains.
        test_on: the databases whose test faces it is scored on.
    """

    method: str
    seed: int
    folder: str
    recipe: Recipe
    test_on: tuple[str, ...]


def plan(recipe: Recipe, databases: Sequence[OpenDatabase]) -> list[Planned]:
    """All runs of a recipe's ``[experiment]``, seed by seed."""
    labels = network_labels(recipe, databases)
    return list(_runs(recipe, databases, labels))


def _runs(recipe: Recipe, databases: Sequence[OpenDatabase], labels: LabelSet) -> Iterator[Planned]:
    for method in recipe.experiment.settings:
        choose(dict.fromkeys((*METHODS, *STAGED)), method, "method in [experiment.settings]", RecipeError)
    names = tuple(
        d.settings.name for d in databases if d.settings.name in (recipe.experiment.about or (d.settings.name,))
    )
    for seed in recipe.experiment.seeds:
        for method in recipe.experiment.methods:
            own = recipe.method["name"] == method
            settings = {**(recipe.method if own else recipe.experiment.settings.get(method, {})), "name": method}
            seeded = recipe.model_copy(update={"seed": seed, "method": settings})
            staged = method in STAGED
            if staged or not choose(METHODS, method, "method", RecipeError).one_task_each:
                yield Planned(method, seed, f"{method}-seed{seed}", seeded, names)
                continue
            for database in (d for d in databases if d.settings.name in names):
                for task in (t for t, names in database.labels.items() if set(names) & set(labels.get(t, ()))):
                    name = database.settings.name
                    single = _alone(seeded, database, task, labels[task])
                    yield Planned(method, seed, f"{method}-{name}-{task}-seed{seed}", single, (name,))


def _alone(recipe: Recipe, database: OpenDatabase, task: str, wanted: Sequence[str]) -> Recipe:
    """The recipe of one database's one task, with that database's share of the steps."""
    share = database.settings.weight / sum(d.weight for d in recipe.data)
    labels = tuple(name for name in wanted if name in database.labels[task])

    def part(steps: int) -> int:
        return max(1, round(steps * share))

    training = recipe.training
    shorter = {key: part(getattr(training, key)) for key in ("steps", "warmup", "decay_every", "evaluate_every")}
    return recipe.model_copy(
        update={
            "data": (database.settings.model_copy(update={"tasks": (task,)}),),
            "labels": {task: labels} if recipe.labels is not None else None,
            "training": training.model_copy(update=shorter),
        }
    )


def run_experiment(
    recipe: Recipe, folder: str | Path, watcher: Watcher | None = None, progress: Progress = silent
) -> dict[str, Any]:
    """Train and test every run of a comparison; runs that are done are not done again.

    Args:
        recipe: with an ``[experiment]``.
        folder: gets a folder per run and ``results.json``.
        watcher, progress: as in ``train``.

    Returns:
        What ``results.json`` holds: ``scores``, one record per method, seed, database, task, label and metric;
        ``tested_on``, which faces each was scored on, as a hash; ``au_by_expression``, mean AU probabilities by
        predicted expression; the recipe, data and versions.
    """
    folder, watcher = Path(folder), watcher or Silent()
    databases = open_databases(recipe)
    runs = plan(recipe, databases)
    scores: list[dict[str, Any]] = []
    grouped: list[dict[str, Any]] = []
    tested_on: list[dict[str, Any]] = []
    for number, run in enumerate(runs, 1):
        watcher.say(f"run {number} of {len(runs)}: {run.folder}")
        train(run.recipe, folder / run.folder, watcher, progress)
        tested = {run.method: folder / run.folder}
        tested |= {method: folder / run.folder / stage for method, stage in members(run.recipe).items()}
        for method, name in product(tested, run.test_on):
            found = _tested(run, tested[method], name, progress)
            cell = {"method": method, "seed": run.seed, "database": name}
            scores += [cell | record for record in found["scores"]]
            tested_on.append(cell | {"rows": found["about"]["rows"], "rows_sha256": found.get("rows_sha256")})
            if found["about"]["au_by_expression"]:
                grouped.append(cell | found["about"]["au_by_expression"])
    results = {
        "name": recipe.name,
        "about": recipe.about,
        "recipe": recipe.model_dump(mode="json"),
        "data": provenance(databases),
        "environment": environment(recipe.training.precision),
        "scores": scores,
        "tested_on": tested_on,
        "au_by_expression": grouped,
    }
    atomic_write(folder / RESULTS_FILE, json.dumps(results, indent=1))
    everywhere = [run for run in runs if len(run.recipe.data) == len(databases)]
    if everywhere:
        shown = next((run for run in everywhere if run.method == "sjmt"), everywhere[0])
        opened = [d for d in open_databases(shown.recipe) if d.settings.name in shown.test_on]  # by this run's seed
        write_samples(folder / "samples", load_any(folder / shown.folder)[0], opened, shown.recipe)
    return results


def _tested(run: Planned, folder: Path, name: str, progress: Progress) -> dict[str, Any]:
    """The run's scores on one database's test faces, made once."""
    path = folder / "test" / f"{name}.json"
    if not path.exists():
        model, info = load_any(folder)
        model = model.to(best_device())
        database = next(d for d in open_databases(run.recipe) if d.settings.name == name)
        faces = database.faces(run.recipe, model.spec.labels, database.settings.test)
        store = prepare(faces, progress)
        predictions = predictions_on(model, model.spec, faces, info.thresholds, store, info.calibration)
        about = {"split": faces.where, "rows": len(predictions.rows), "step": info.step}
        about["au_by_expression"] = au_by_expression(predictions) if "expression" in predictions.labels else None
        write_evaluation(folder / "test", name, predictions, predictions.score(), about)
    return dict(json.loads(path.read_text(encoding="utf-8")))
