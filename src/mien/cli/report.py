"""``mien report``: a page for people from a table of analysed faces."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="What 'mien analyze -o TABLE' wrote: .csv, .parquet or .jsonl.")
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The page; default: TABLE's name with .html.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for every plot as PNG and SVG.")] = None,
    title: Annotated[str | None, typer.Option(help="Heading of the page; default: TABLE's name.")] = None,
    faces: Annotated[bool, typer.Option("--faces/--no-faces", help="Put thumbnails of faces into the page.")] = True,
) -> None:
    """Make one HTML page of a table of faces: time lines, muscle map, valence/arousal plane, shares, peaks with faces.

    The page needs nothing beside it and asks nothing of the network. It shows people's faces, cut from the pictures
    and videos that the table names; --no-faces leaves them out, for a page that goes around.

        mien analyze interview.mp4 -o faces.csv

        mien report faces.csv

        mien report faces.csv -o talk.html --plots figures --no-faces
    """
    from mien.analysis.table import read_analysis
    from mien.errors import MienError
    from mien.report.analysis_page import write_analysis_page

    out = out or table.with_suffix(".html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise MienError(f"--out {out}: the report is a page; give it a name that ends with .html")
    written = write_analysis_page(read_analysis(table), out, title or table.stem, table.parent, faces, plots)
    found = written.overview
    typer.echo(f"{out}: {found.faces} faces in {found.frames} frames of {found.files} files, {written.plots} plots.")
    if plots is not None:
        typer.echo(f"{plots}: every plot as PNG and SVG.")
    for path, why in list(written.missing.items())[:3]:
        typer.secho(f"No faces shown from {path}: {why}.", fg="yellow")
