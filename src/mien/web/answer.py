"""What the page shows and gives after it has read a file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from jinja2 import Environment, PackageLoader, select_autoescape

from mien.errors import MienError
from mien.inference.sinks import SINKS, write_tables

TEMPLATES = Environment(
    loader=PackageLoader("mien.web"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True)
class Answer:
    """Of one photo or video.

    Attributes:
        html: what was found, or one sentence that says why nothing was.
        cards: faces with bars, beside the picture.
        picture: the annotated photo or video.
        tables: the same rows as CSV, JSON lines and Parquet.
        report: the page of ``mien report``, of a video.
    """

    html: str
    cards: str = ""
    picture: Path | None = None
    tables: list[Path] = field(default_factory=list)
    report: Path | None = None


def refusal(error: MienError, path: Path | None = None) -> Answer:
    """One sentence; the visitor's file is called by its name, not by where it lies here."""
    text = str(error) if path is None else str(error).replace(str(path), path.name)
    return Answer(TEMPLATES.get_template("refusal.html").render(text=text))


def write_all(tables: Sequence[pa.Table], stem: Path) -> list[Path]:
    """The rows in every format that ``mien analyze`` writes, as ``stem`` with its endings."""
    paths = [stem.with_name(stem.name + ending) for ending in SINKS]
    for path in paths:
        write_tables(path, tables)
    return paths
