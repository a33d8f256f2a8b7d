"""``mien reproduce``: a paper's table again, ours beside the printed numbers."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.train import Changes


def reproduce(
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="A table; without it, a list of them.")] = None,
    data: Annotated[
        list[str], typer.Option(help="Where a database is: NAME=FOLDER, such as sfew=databases/SFEW. Repeat it.")
    ] = [],  # noqa: B006
    check: Annotated[bool, typer.Option("--check", help="Only say which data is missing and how to get it.")] = False,
    network: Annotated[list[str], typer.Option(help="Only this row of the table. Repeat it.")] = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder; default: runs/TABLE.")] = None,
    change: Changes = [],  # noqa: B006
) -> None:
    """Train what a published table needs, by the paper's settings, and print ours beside the paper's numbers.

        mien reproduce                                        lists the tables

        mien reproduce sjmt_table2 --check                    says which databases it needs and where they are to be had

        mien reproduce sjmt_table2 --data sfew=SFEW --data emotionet=EmotioNet --data fer2013=FER2013

    What is done is not done again; --set changes every recipe, for example --set training.steps=1000.
    """
    from mien.choose import choose
    from mien.cli.needs import need_training
    from mien.cli.tables import print_grid
    from mien.errors import MienError

    need_training()
    from mien.cli.bars import TrainingBar, bar
    from mien.report.published import ours_and_theirs
    from mien.training.published import PUBLISHED
    from mien.training.published import base as published

    if table is None:
        print_grid("Tables", [["name", "what it is"], *([t.name, t.title] for t in PUBLISHED.values())])
        return
    chosen = choose(PUBLISHED, table, "published table")
    given = dict(text.partition("=")[::2] for text in data)
    if "" in given or "" in given.values():
        raise MienError(f"--data {' '.join(data)}: expected NAME=FOLDER, for example sfew=databases/SFEW")
    roots = {name: Path(folder) for name, folder in given.items()}
    if check:
        rows = published.check(chosen, roots)
        print_grid(chosen.title, rows)
        if any(not row[1].endswith(" rows") for row in rows[1:]):
            raise typer.Exit(1)
        return
    folder = out or Path("runs") / chosen.name
    results = published.reproduce(chosen, roots, folder, change, network, TrainingBar(), bar)
    print_grid(f"{chosen.title} (paper: {chosen.source})", ours_and_theirs(chosen.figures, results))
    for sentence in chosen.differs:
        typer.echo(f"Other than in the paper: {sentence}.")
    typer.echo(f"{folder}: the networks and their results")
