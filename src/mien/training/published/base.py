"""What a published table is, and how it is made again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from mien.choose import nearest
from mien.config import Database, Recipe, read_recipe
from mien.data.databases import READERS, read_database
from mien.data.prepare import Progress, silent
from mien.errors import MienError, RecipeError
from mien.training.experiment import run_experiment
from mien.training.loop import Silent, Watcher
from mien.training.stages import train

OF_ALL = ("training.", "augment.", "network.", "preprocessing.")  # changes that the common start takes over, too


@dataclass(frozen=True)
class Figure:
    """A number of a published table, in percent: which method's, on which database, of which task and metric."""

    method: str
    database: str
    task: str
    metric: str
    percent: float | None


@dataclass(frozen=True)
class Published:
    """A published table.

    Attributes:
        name: also of its recipe in this folder.
        title, source: what the table is, and where it stands.
        networks: row of the table -> changes to the recipe.
        figures: row of the table -> what the paper prints there; None where it prints nothing.
        pretrain: recipe of the networks' common start; none when empty.
        differs: what cannot be as in the paper, or is not known of it.
    """

    name: str
    title: str
    source: str
    networks: Mapping[str, Sequence[str]]
    figures: Mapping[str, Sequence[Figure]]
    pretrain: str = ""
    differs: Sequence[str] = field(default=())

    def recipes(self, changes: Sequence[str] = ()) -> dict[str, Recipe]:
        """The recipe of every network, under the name of its row, and that of the start, under ``pretrain``."""
        found = {row: _recipe(self.name, [*own, *changes]) for row, own in self.networks.items()}
        if self.pretrain:
            found["pretrain"] = _recipe(self.pretrain, [c for c in changes if c.startswith(OF_ALL)])
        return found


def _recipe(name: str, changes: Sequence[str]) -> Recipe:
    with resources.as_file(resources.files("mien.training.published").joinpath(f"{name}.toml")) as path:
        return read_recipe(path, changes)


def needed(table: Published) -> dict[str, Database]:
    """The databases of a table by what ``--data`` calls them: the recipe's variable, in small letters."""
    found = (database for recipe in table.recipes().values() for database in recipe.data)
    return {database.path.strip("$").lower(): database for database in found}


def check(table: Published, data: Mapping[str, Path]) -> list[list[str]]:
    """What is there of a table's databases, and how to get what is not; the first row names the columns.

    Raises:
        RecipeError: ``data`` names a database that the table does not need.
    """
    wanted = needed(table)
    _refuse_others(table, data)
    rows = [["database", "found", "what it is", "where it is to be had"]]
    for name, database in wanted.items():
        reader = READERS[database.reader]
        if name not in data:
            found = f"missing: give --data {name}=FOLDER"
        else:
            try:
                found = f"{len(read_database(database.reader, data[name]))} rows"
            except MienError as error:
                found = f"not readable: {error}"
        rows.append([name, found, f"{reader.description}; {reader.expects}", reader.request])
    return rows


def reproduce(
    table: Published,
    data: Mapping[str, Path],
    folder: Path,
    changes: Sequence[str] = (),
    rows: Sequence[str] = (),
    watcher: Watcher | None = None,
    progress: Progress = silent,
) -> dict[str, dict[str, Any]]:
    """Train and test what a table needs; row of the table -> results as ``run_experiment`` gives them.

    What is done is not done again, so a table that was cut off goes on with the same call.

    Args:
        data: name of a database, see ``needed`` -> where it is.
        folder: gets a folder for every network.
        changes: to every recipe, as ``--set`` of ``mien experiment``.
        rows: only these networks.
        watcher, progress: as in ``train``.

    Raises:
        RecipeError: a database is missing, or one is not of this table, or a row is not.
    """
    _refuse_others(table, data)
    if missing := sorted(needed(table).keys() - data.keys()):
        raise RecipeError(
            f"{table.name} needs {', '.join(missing)}: give --data {missing[0]}=FOLDER; --check says where to get it"
        )
    for row in rows:
        if row not in table.networks:
            raise RecipeError(f"{table.name} has no network {row!r}; {nearest(row, table.networks)}")
    recipes = {row: _with_data(recipe, data) for row, recipe in table.recipes(changes).items()}
    watcher = watcher or Silent()
    results = {}
    for row in rows or table.networks:
        recipe, place = recipes[row], folder / row.lower().replace(" ", "_")
        if table.pretrain:
            watcher.say(f"{row}: the start, {table.pretrain}")
            same = {"preprocessing": recipe.preprocessing, "network": recipe.network}
            train(recipes["pretrain"].model_copy(update=same), place / "start", watcher, progress)
            network = recipe.network.model_copy(update={"init": str(place / "start")})
            recipe = recipe.model_copy(update={"network": network})
        watcher.say(f"{row}: {table.title}")
        results[row] = run_experiment(recipe, place, watcher, progress)
    return results


def _refuse_others(table: Published, data: Mapping[str, Path]) -> None:
    wanted = needed(table)
    for name in data:
        if name not in wanted:
            raise RecipeError(f"{table.name} needs no database {name!r}; {nearest(name, wanted)}")


def _with_data(recipe: Recipe, data: Mapping[str, Path]) -> Recipe:
    placed = [d.model_copy(update={"path": str(data[d.path.strip("$").lower()])}) for d in recipe.data]
    return recipe.model_copy(update={"data": tuple(placed)})
