"""``mien table export`` and ``import``: tables to and from other tools."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.data.read_faults import ReadFault

Kind = Annotated[str, typer.Option("--format", help="huggingface, webdataset, fiftyone or labelstudio.")]


def export(
    path: Annotated[Path, typer.Argument(metavar="TABLE", help="A label table.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    kind: Kind,
) -> None:
    """Write a table in another tool's format, pictures included; 'mien table import' brings it back.

        mien table export faces.parquet --format huggingface --out faces

        mien table export faces.parquet --format labelstudio --out tasks

    Labels, gaps, votes and notes come back as they were; pictures travel as their encoded bytes.
    """
    from mien.choose import choose
    from mien.cli.bars import counting
    from mien.data.interchange import FORMATS
    from mien.data.table import LabelTable

    chosen = choose(FORMATS, kind, "format")
    table = LabelTable(path)
    with counting(f"writing {kind}", None):
        faults = chosen.export(table, out)
    list_faults(faults, out / "faults.csv")
    typer.echo(f"{out}: {len(table) - sum(fault.rows for fault in faults)} rows; {chosen.description}")


def convert(
    source: Annotated[Path, typer.Argument(metavar="PATH", help="What the tool wrote: a file, or a folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Parquet file to write.")],
    kind: Kind,
) -> None:
    """Make a label table from another tool's format; what cannot be read is counted, listed and left out.

        mien table import tasks/project-1.json --format labelstudio --out faces.parquet

    A file table.json beside the source, which 'mien table export' writes, gives types, classes and notes.
    """
    from mien.choose import choose
    from mien.cli.bars import counting
    from mien.data.interchange import FORMATS

    with counting(f"reading {kind}", None):
        rows, faults = choose(FORMATS, kind, "format").convert(source, out)
    list_faults(faults, out.with_suffix(".faults.csv"))
    typer.echo(f"{out}: {rows} rows. Next: mien table check {out}")


def list_faults(faults: "Sequence[ReadFault]", path: Path) -> None:
    """List what could not be taken, beside the table; a list of an earlier reading does not stay."""
    from mien.data.read_faults import sums, write_faults

    if faults or path.exists():
        write_faults(path, faults)
    for kind, places, rows, first in sums(faults):
        where = first.file if first.line is None else f"{first.file} line {first.line}"
        typer.echo(f"{kind}: {places} times, {rows} faces left out; first in {where}: {first.found}")
    if faults:
        typer.echo(f"{path}: all {len(faults)} with file and line")
