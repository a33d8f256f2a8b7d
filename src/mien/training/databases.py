"""Open a recipe's databases: read, split, and turn into stores."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np

from mien.config import Database, Recipe
from mien.data.columns import CLASS_COLUMNS
from mien.data.databases import read_database
from mien.data.few import draw_few
from mien.data.prepare import Faces, Progress, prepare, silent
from mien.data.splits import assign_folds, assign_splits, carve_validation, keep_part
from mien.data.store import Store
from mien.data.table import LabelTable
from mien.errors import RecipeError
from mien.faces.locate import finder
from mien.files import atomic_write
from mien.labels import LabelSet, union

TEMPORAL = "temporal"  # the method that reads clips
SKIPPED_FILE = "skipped.csv"
COUNTED_AT_ONCE = 65_536  # rows of a mapped array: a long table is never in memory as a whole


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
        """The faces of one split, for a network with ``labels``; clips are whole, with frames that nobody labelled."""
        where = {**self.settings.rows, "split": split}
        cut, tasks = recipe.preprocessing, self.settings.tasks
        whole = recipe.method["name"] == TEMPORAL
        return Faces(self.table, self.settings.name, labels, cut, where, tasks, whole, find=finder(cut))


def open_databases(recipe: Recipe) -> list[OpenDatabase]:
    """Read the recipe's databases and make their splits; a recipe with folds tests on fold seed % count."""
    return [OpenDatabase(settings, _part(settings, _with_splits(settings, recipe.seed))) for settings in recipe.data]


def _part(settings: Database, table: LabelTable) -> LabelTable:
    """The table with the part of its training rows that the recipe asks for."""
    part = settings.part
    return keep_part(table, part.number, part.of, settings.train) if part else table


def _with_splits(settings: Database, seed: int) -> LabelTable:
    path = settings.resolved_path()
    table = LabelTable(path) if settings.reader == "table" else read_database(settings.reader, path)
    if settings.folds:
        folds = settings.folds
        return assign_folds(table, folds.count, seed % folds.count, folds.seed, folds.val)
    if settings.fractions:
        return assign_splits(table, settings.fractions, seed=0)
    if few := settings.few:
        column = CLASS_COLUMNS[few.task]
        return draw_few(table, column, few.train, few.val, seed, settings.train, settings.val)
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


def list_skipped(folder: Path, stores: Sequence[Store]) -> list[str]:
    """Write ``skipped.csv`` with every row whose picture is broken; one sentence per database that has any."""
    found = [(store.name, row, reason) for store in stores for row, reason in store.skipped]
    if found:
        text = StringIO()
        csv.writer(text).writerows([("database", "row", "reason"), *found])
        atomic_write(folder / SKIPPED_FILE, text.getvalue())
    return [
        f"{store.name}: {len(store.skipped)} broken pictures are left out, listed in {folder / SKIPPED_FILE}; the "
        f"first: {store.skipped[0].reason}"
        for store in stores
        if store.skipped
    ]


def labels_without_examples(stores: Sequence[Store], labels: LabelSet) -> list[str]:
    """One sentence for every class or action unit that no training row has."""
    found = []
    for task, names in labels.items():
        if task == "va":
            continue
        seen = np.zeros(len(names), np.int64)
        for store in stores:
            target, mask = store.labels.target[task], store.labels.mask[task]
            for start in range(0, len(store), COUNTED_AT_ONCE):
                here = slice(start, start + COUNTED_AT_ONCE)
                seen += ((target[here] > 0) & mask[here]).sum(axis=0)
        for name, count in zip(names, seen, strict=True):
            if count == 0:
                found.append(
                    f"{task} {name}: no positive example in any training row, so it cannot be learned and its scores "
                    f"mean nothing; leave it out of [labels] or add a database that has it"
                )
    return found
