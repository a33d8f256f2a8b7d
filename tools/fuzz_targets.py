"""What the fuzzers feed: each target takes bytes, and may end only well or with a sentence of ``MienError``'s family.

``tools/fuzz.py`` runs a target under atheris; ``tests/security/test_fuzz_targets.py`` feeds each some hundred inputs.
"""

import io
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import NamedTuple

from fuzz_seeds import ANNOTATIONS, CSV, RECIPE, parquet, pictures, write_database

from mien.analysis.table import read_analysis
from mien.config import read_recipe
from mien.data.check import check
from mien.data.databases import read_database
from mien.data.summary import summarise
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.images import read_image
from mien.models.info import parse_info
from mien.models.shipped import shipped_onnx
from mien.protocols.outputs import FORMATS, read_outputs

Feed = Callable[[bytes], None]


class Target(NamedTuple):
    """A reader under test.

    Attributes:
        seeds: valid inputs.
        prepare: takes a folder to work in and gives the function to feed.
    """

    seeds: list[bytes]
    prepare: Callable[[Path], Feed]


def feed(target: Feed, data: bytes) -> str | None:
    """Feed one input; gives the sentence with which it was refused, or None.

    Raises:
        AssertionError: the sentence is empty.
        Exception: whatever else the reader let through: a finding.
    """
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")  # of Pillow and pandas, on broken files
        try:
            target(data)
        except MienError as error:
            assert str(error).strip(), "a refusal without a sentence"
            return str(error)
    return None


def _image(folder: Path) -> Feed:
    return lambda data: _discard(read_image(data))


def _table(folder: Path) -> Feed:
    """A Parquet file: opened, checked, counted and written again."""

    def one(data: bytes) -> None:
        path = folder / "table.parquet"
        path.write_bytes(data)
        _walk(LabelTable(path), folder)

    return one


def _csv(folder: Path) -> Feed:
    """A CSV file of one's own: read, checked, counted, written."""

    def one(data: bytes) -> None:
        path = folder / "labels.csv"
        path.write_bytes(data)
        _walk(read_database("csv", path), folder)

    return one


def _walk(table: LabelTable, folder: Path) -> None:
    check(table, images=True)
    summarise(table)
    _discard(table.labels, table.fingerprint)
    table.write(folder / "out.parquet")


def _recipe(folder: Path) -> Feed:
    """A recipe, and after a zero byte a change as of ``--set``."""

    def one(data: bytes) -> None:
        text, _, change = data.partition(b"\0")
        path = folder / "recipe.toml"
        path.write_bytes(text)
        recipe = read_recipe(path, [change.decode(errors="replace")] if change else [])
        for database in recipe.data:
            database.resolved_path()

    return one


def _model(folder: Path) -> Feed:
    """A model.json."""
    return lambda data: _discard(parse_info(data, "model.json").reported)


def _annotations(folder: Path) -> Feed:
    """The first byte chooses an annotation file of a database in its own layout; the rest is its content."""
    files = [(name, file) for name in ANNOTATIONS for file in write_database(name, folder / name)]

    def one(data: bytes) -> None:
        name, file = files[data[0] % len(files) if data else 0]
        kept = file.read_bytes()
        file.write_bytes(data[1:])
        try:
            _walk(read_database(name, folder / name), folder)
        finally:
            file.write_bytes(kept)

    return one


def _outputs(folder: Path) -> Feed:
    """The first byte chooses whose output it is said to be, or that its columns shall tell; the rest is the file."""
    kinds = [None, *FORMATS]

    def one(data: bytes) -> None:
        choice = data[0] if data else 0
        path = folder / ("answers.csv" if choice < 200 else "answers.jsonl" if choice < 230 else "answers.parquet")
        path.write_bytes(data[1:])
        _discard(read_outputs(path, kinds[choice % len(kinds)]).answered)
        read_analysis(path)

    return one


def _discard(*values: object) -> None:
    """Values that are computed for their exceptions alone."""


def _annotation_seeds() -> list[bytes]:
    contents = [content for files in ANNOTATIONS.values() for content in files.values()]
    return [bytes([number]) + content.encode() for number, content in enumerate(contents)]


def _output_seeds() -> list[bytes]:
    named = [bytes([choice]) + CSV[kind].encode() for choice, kind in enumerate(FORMATS, 1) if kind in CSV]
    lines = b'{"path": "a.jpg", "frame": 0, "time_s": 0.0, "face": 0, "status": "ok", "x1": 1, "happiness": 0.5}\n'
    return [*named, *(b"\0" + text.encode() for text in CSV.values()), bytes([200]) + lines, bytes([230]) + parquet()]


TARGETS: dict[str, Target] = {
    "image": Target(pictures(), _image),
    "table": Target([parquet()], _table),
    "csv": Target([CSV["csv"].encode(), CSV["csv"].replace(",", ";").encode()], _csv),
    "recipe": Target([RECIPE.encode(), RECIPE.encode() + b"\0training.steps=50", b'a="b"\0data.0.name=x'], _recipe),
    "model": Target([(shipped_onnx("default").parent / "model.json").read_bytes()], _model),
    "annotations": Target(_annotation_seeds(), _annotations),
    "outputs": Target(_output_seeds(), _outputs),
}
