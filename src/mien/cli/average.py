"""``mien average``: several networks as one."""

from pathlib import Path
from typing import Annotated

import typer


def average(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of two or more trained networks.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the network to write.")],
    of: Annotated[
        str, typer.Option(help="weights: one network. answers: an ensemble, as slow and as large as all of them.")
    ] = "weights",
) -> None:
    """Save the mean of networks, and show how it and they do on validation faces.

    That of their weights costs no more to run than one of them, and is often better than each where all were trained
    on from the same network, with other seeds or settings; that of their answers holds for any that are built alike,
    and costs as much as all of them. Choose by the validation scores that are shown, never by test scores.

        mien average runs/more-seed0 runs/more-seed1 --out runs/mean

        mien average runs/demo/sjmt-seed0 runs/demo/sjmt-seed1 --of answers --out runs/both
    """
    from mien.cli.needs import need_training

    need_training()
    from mien.cli.bars import bar
    from mien.cli.tables import print_grid
    from mien.models.info import read_info
    from mien.training.average import average as mean_of

    mean_of(runs, out, bar, of)
    columns = [(str(folder), read_info(folder).validation) for folder in (*runs, out)]
    rows: list[list[object]] = [["validation", *(name for name, _ in columns)]]
    rows += [[name, *(scores.get(name) for _, scores in columns)] for name in columns[-1][1]]
    print_grid("Main score of every database and task", rows)
    typer.echo(f"{out}: written. Next: mien evaluate {out} TABLE --split test")
