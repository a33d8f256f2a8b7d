"""``mien compare``: is one better than the other?"""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="One experiment's folder, or two or more runs' folders.")
    ],
    against: Annotated[
        str | None, typer.Option(help="Of an experiment: the method to compare the others with; default: every pair.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Of an experiment: write PLOT.png and PLOT.svg, differences to --against or all scores."),
    ] = None,
) -> None:
    """Compare methods over seeds, or runs on the same faces; a difference whose interval holds 0 is none.

    One experiment: each method minus another, paired over seeds (Student's t).
    Runs: each minus the first, on the test files of the same name, paired over people (bootstrap).

        mien compare runs/demo --against single --plot differences

        mien compare runs/demo/joint-seed0 runs/demo/sjmt-seed0
    """
    from mien.choose import nearest
    from mien.cli.tables import print_grid
    from mien.errors import MienError
    from mien.report.compare import runs_table
    from mien.report.results import differences_table, read_results, scores_table

    if len(folders) > 1:
        if plot is not None:
            raise MienError("--plot draws the methods of one experiment; give one folder, or leave it out")
        print_grid(f"Difference to {folders[0]} on the same faces [95 %, over people]", runs_table(folders), flip=True)
        return
    results = read_results(folders[0])
    if against is not None and against not in results.methods:
        raise MienError(f"--against {against!r}: no such method in {folders[0]}; {nearest(against, results.methods)}")
    if plot is not None:
        from mien.report.drawing import save_plot  # a table alone need not wait for matplotlib
        from mien.report.plots import differences_plot, scores_plot

        figure = scores_plot(results) if against is None else differences_plot(results, against)
        save_plot(figure, plot)
    print_grid(f"Scores, mean of {len(results.seeds)} seeds [95 %]", scores_table(results), flip=True)
    print_grid("Differences, paired over seeds [95 %]", differences_table(results, against), flip=True)
