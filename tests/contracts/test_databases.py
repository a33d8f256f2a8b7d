"""What every reader of a database promises: a new entry is tested by being registered."""

import inspect
import re
import sys
from pathlib import Path

import pytest

from mien.data.databases import READERS, read_database
from mien.errors import TableError
from tiny_databases import pictures, text

DOCS = Path(__file__).parents[2] / "docs" / "databases.md"
REQUESTED = [name for name, reader in READERS.items() if "http" in reader.request]


@pytest.mark.parametrize("name", READERS)
def test_it_says_what_it_reads(name: str) -> None:
    reader = READERS[name]
    assert all((reader.description, reader.expects, reader.request))
    assert len(reader.description) <= 100 and not reader.description.endswith(".")
    module = inspect.getdoc(sys.modules[reader.read.__module__]) or ""
    assert name in ("folders", "csv", "muxspace", "fer2013") or "*Source*" in module, "the docstring names the source"


def test_the_docs_name_every_reader() -> None:
    named = set(re.findall(r"`(\w+)`", DOCS.read_text(encoding="utf-8")))
    assert set(READERS) <= named


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", ["nowhere", "empty", "other"])
def test_a_root_that_is_not_the_database_is_one_sentence(name: str, kind: str, tmp_path: Path) -> None:
    root = tmp_path / kind
    if kind != "nowhere":
        root.mkdir()
    if kind == "other":
        pictures(root, "holiday/beach.jpg", "holiday/2019/dune.png")
        text(root / "notes.txt", "nothing of the kind")
        text(root / "holiday/table.csv", "a,b", "1,2")
    with pytest.raises(TableError) as caught:
        read_database(name, root)
    message = str(caught.value)
    assert str(root) in message and "\n" not in message
    if name in REQUESTED:
        assert READERS[name].expects in message
        assert READERS[name].request in message
