"""Open a recipe's databases: read, split, and turn into stores."""

from collections.abc import Sequence
from dataclasses import dataclass

from mien.config import Database, Recipe
from mien.data.databases import read_database
from mien.data.prepare import Faces, Progress, prepare, silent
from mien.data.splits import assign_folds, assign_splits, carve_validation
from mien.data.store import Store
from mien.data.table import LabelTable
from mien.errors import RecipeError
from mien.labels import LabelSet, union


@dataclass(frozen=True)
class OpenDatabase:
    """A database of a recipe with its splits made.

    Attributes:
        settings: its part of the recipe.
        table: its rows.
    """

    settings: Database
    table: LabelTable

    @property
    def labels(self) -> LabelSet:
        """The labels that the recipe lets a network learn from it."""
        return {task: names for task, names in self.table.labels.items() if task in self.settings.tasks}

    def faces(self, recipe: Recipe, labels: LabelSet, split: str) -> Faces:
        """The faces of one split, for a network with ``labels``."""
        where = {**self.settings.rows, "split": split}
        return Faces(self.table, self.settings.name, labels, recipe.preprocessing, where, self.settings.tasks)


def open_databases(recipe: Recipe) -> list[OpenDatabase]:
    """Read the recipe's databases and make their splits; a recipe with folds tests on fold seed % count."""
    return [OpenDatabase(settings, _with_splits(settings, recipe.seed)) for settings in recipe.data]


def _with_splits(settings: Database, seed: int) -> LabelTable:
    path = settings.resolved_path()
    table = LabelTable(path) if settings.reader == "table" else read_database(settings.reader, path)
    if settings.folds:
        folds = settings.folds
        return assign_folds(table, folds.count, seed % folds.count, folds.seed, folds.val)
    if settings.fractions:
        return assign_splits(table, settings.fractions, seed=0)
    if settings.carve_val:
        return carve_validation(table, settings.carve_val, 0, settings.val)
    return table


def network_labels(recipe: Recipe, databases: Sequence[OpenDatabase]) -> LabelSet:
    """What the network learns: the recipe's ``[labels]``, or all that its databases give.

    Raises:
        RecipeError: a wanted label that no database gives.
    """
    given = union(database.labels for database in databases)
    labels = recipe.wanted_labels(given)
    for task, names in labels.items():
        missing = [name for name in names if name not in given.get(task, ())]
        if missing:
            givers = ", ".join(f"{d.settings.name}: {' '.join(d.labels) or 'nothing'}" for d in databases)
            raise RecipeError(
                f"[labels] {task}: no database gives {', '.join(missing)} (they give {givers}); "
                f"remove these labels, add a database, or allow the task in the database's 'tasks'"
            )
    if not labels:
        raise RecipeError("No database of the recipe gives any label; check their 'tasks' and columns")
    return labels


def open_stores(
    recipe: Recipe, databases: Sequence[OpenDatabase], labels: LabelSet, progress: Progress = silent
) -> tuple[list[Store], list[Store]]:
    """Training and validation faces of every database."""
    train = [prepare(d.faces(recipe, labels, d.settings.train), progress) for d in databases]
    val = [prepare(d.faces(recipe, labels, d.settings.val), progress) for d in databases]
    return train, val


def warnings_about(stores: Sequence[Store], labels: LabelSet) -> list[str]:
    """What a user should know before training: broken pictures, labels without a single example."""
    found = []
    for store in stores:
        if store.skipped:
            example = store.skipped[0].reason
            found.append(f"{store.name}: {len(store.skipped)} broken pictures are left out, for example {example}")
    for task, names in labels.items():
        if task == "va":
            continue
        seen = sum((store.labels.target[task] * store.labels.mask[task] > 0).sum(axis=0) for store in stores)
        for name, count in zip(names, seen, strict=True):
            if count == 0:
                found.append(
                    f"{task} {name}: no positive example in any training row, so it cannot be learned and its scores "
                    f"mean nothing; leave it out of [labels] or add a database that has it"
                )
    return found
