"""``mien synth``: draw databases of synthetic faces."""

from pathlib import Path
from typing import Annotated

import typer

THREE = ["A=expression", "B=au,au_intensity", "C=va"]


def synth(
    folder: Annotated[Path, typer.Argument(help="Folder for the tables, one Parquet file per database.")],
    database: Annotated[
        list[str],
        typer.Option("--database", "-d", help="NAME=TASK,TASK: a database and the labels that it gives. Repeat it."),
    ] = THREE,
    subjects: Annotated[int, typer.Option(min=3, help="People per database; nobody is in two of them.")] = 60,
    per_subject: Annotated[int, typer.Option(min=1, help="Pictures (or clips) of each person.")] = 50,
    size: Annotated[int, typer.Option(min=32, max=256, help="Side of the pictures in pixels.")] = 64,
    frames: Annotated[int, typer.Option(min=0, help="Draw clips of so many frames instead of stills.")] = 0,
    grey: Annotated[bool, typer.Option("--grey", help="Without colour.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other people.")] = 0,
    sheet: Annotated[bool, typer.Option("--sheet", help="Also write contact sheets to look at (PNG).")] = False,
) -> None:
    """Draw databases of synthetic faces that each give only some labels.

    Tasks are expression, au, au_intensity, va and compound. Without --database three databases are made:
    A gives expressions, B action units, C valence/arousal.

        mien synth demo

        mien synth demo -d all=expression,au,au_intensity,va,compound --subjects 20 --sheet
    """
    from mien.cli.bars import bar
    from mien.data.synthetic import au_sheet, expression_sheet
    from mien.data.synthetic.databases import Drawing, write_databases
    from mien.errors import MienError
    from mien.images import write_picture

    databases = {}
    for text in database:
        name, equals, tasks = text.partition("=")
        if not (name and equals and tasks):
            raise MienError(f"--database {text!r}: expected NAME=TASK,TASK, for example A=expression")
        databases[name] = tuple(tasks.split(","))
    drawing = Drawing(subjects, per_subject, size, seed, grey, frames)
    for path in write_databases(folder, databases, drawing, bar):
        typer.echo(f"{path}: gives {', '.join(databases[path.stem])}")
    if sheet:
        write_picture(folder / "expressions.png", expression_sheet(seed=seed))
        write_picture(folder / "action_units.png", au_sheet(seed=seed))
        typer.echo(f"{folder / 'expressions.png'}, {folder / 'action_units.png'}")
    typer.echo("Next: mien experiment recipes/demo.toml")
