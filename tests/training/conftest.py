from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import MakeRecipe, tree, write_all

from mien.config import Recipe, parse


@pytest.fixture(autouse=True)
def _one_thread_and_a_cache_of_ones_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("MIEN_CACHE", str(cache))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("databases")
    write_all(folder)
    return folder


@pytest.fixture
def make_recipe(databases: Path) -> MakeRecipe:
    """The tiny recipe with changes: sections as dicts, ``names`` for the databases, ``folder`` for where they lie."""

    def make(names: str = "ABC", folder: Path = databases, **changes: Any) -> Recipe:
        settings = tree(folder, names)
        for section, change in changes.items():
            whole = not isinstance(change, dict) or section == "method"
            settings[section] = change if whole else settings.get(section, {}) | change
        return parse(Recipe, settings, "tiny recipe")

    return make
