"""What a run is made of, written down beside it: settings, data, versions. A folder belongs to one such record."""

import json
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from mien import __version__
from mien.config import Recipe, parse
from mien.errors import CheckpointError, RecipeError
from mien.files import atomic_write
from mien.models.info import ModelInfo
from mien.training.databases import OpenDatabase
from mien.training.log import LOG_FILE
from mien.training.precision import resolve

RUN_FILE = "run.json"
PACKAGES = ("torch", "accelerate", "numpy", "opencv-python-headless", "pyarrow", "safetensors")


def provenance(databases: Sequence[OpenDatabase]) -> list[dict[str, Any]]:
    """Which data: name, reader, fingerprint, rows, and what is derived or synthetic about the labels."""
    return [
        {
            "name": database.settings.name,
            "reader": database.settings.reader,
            "fingerprint": database.table.fingerprint,
            "rows": len(database.table),
            "labels": {task: list(names) for task, names in database.labels.items()},
            "notes": database.table.notes,
        }
        for database in databases
    ]


def recipe_of(info: ModelInfo, where: str = "The run's model.json") -> Recipe:
    """What a network was trained by, from ``where`` in a message.

    Raises:
        RecipeError: it was saved without.
    """
    if not info.recipe:
        raise RecipeError(f"{where} has no recipe, so its validation rows are unknown; train it with mien")
    return parse(Recipe, info.recipe, "the run's recipe")


# A change of these is no other run: what is compared afterwards, what is said of it, and how fast it goes.
NO_OTHER_RUN: dict[str, Any] = {"experiment": True, "about": True, "training": {"compile"}}


def environment(precision: str) -> dict[str, str]:
    """Versions, and what a recipe's ``training.precision`` comes to on this machine: they decide a run's numbers."""
    versions = {package: metadata.version(package) for package in PACKAGES}
    machine = {"python": platform.python_version(), "machine": platform.machine(), "precision": resolve(precision)}
    return {"mien": __version__, **machine, **versions}


def claim_folder(folder: Path, recipe: Recipe, data: list[dict[str, Any]]) -> None:
    """Make ``folder`` this run's, or see that it already is.

    Raises:
        CheckpointError: it holds a run with other settings or other data.
    """
    content = {
        "recipe": recipe.model_dump(mode="json", exclude=NO_OTHER_RUN),
        "data": data,
        "environment": environment(recipe.training.precision),
    }
    path = folder / RUN_FILE
    begun = (folder / LOG_FILE).exists()  # a recipe that was refused before the first step may be mended
    if not (begun and path.exists()):
        atomic_write(path, json.dumps(content, indent=1))
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON ({error}); delete the folder {folder} to train anew") from None
    now = json.loads(json.dumps(content))
    changed = [what for what in ("recipe", "data") if before.get(what) != now[what]]
    if changed:
        first = changed[0]
        raise CheckpointError(
            f"{folder} holds a run with another {' and other '.join(changed)} "
            f"({_difference(before.get(first), now[first], first)}); "
            f"choose another folder with --out, or delete this one"
        )


def _difference(before: Any, now: Any, place: str) -> str:
    """The first place where two trees of JSON differ."""
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        before, now = dict(enumerate(before)), dict(enumerate(now))
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                return _difference(before.get(key), now.get(key), f"{place}.{key}")
    return f"{place} was {before!r}, now {now!r}"
