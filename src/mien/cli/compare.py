"""``mien compare``: is one better than the other?"""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="One experiment's folder, or two or more runs' folders.")
    ],
    against: Annotated[
        str | None, typer.Option(help="Of an experiment: the method to compare the others with; default: its first.")
    ] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a document.")] = False,
) -> None:
    """Compare methods over seeds, or runs on the same faces; a difference whose interval holds 0 is none.

    One experiment: each method minus another, paired over seeds (Student's t).
    Runs: each minus the first, on the test files of the same name, paired over people (bootstrap).

        mien compare runs/demo --against single

        mien compare runs/demo/joint-seed0 runs/demo/sjmt-seed0
    """
    from mien.choose import nearest
    from mien.cli.tables import print_grid, print_markdown
    from mien.errors import MienError
    from mien.report.compare import runs_table
    from mien.report.results import differences_table, read_results, scores_table

    show = print_markdown if as_markdown else print_grid
    if len(folders) > 1:
        show(f"Difference to {folders[0]} on the same faces [95 %, over people]", runs_table(folders))
        return
    results = read_results(folders[0])
    other = against or results.methods[0]
    if other not in results.methods:
        raise MienError(f"--against {other!r}: no such method in {folders[0]}; {nearest(other, results.methods)}")
    show(f"Scores, mean of {len(results.seeds)} seeds [95 %]", scores_table(results))
    show("Differences, paired over seeds [95 %]", differences_table(results, other))
