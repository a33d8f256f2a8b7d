"""Print tables on stdout."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

FILE_WIDTH = 240  # a pipe or a file has no width to keep to: nothing is folded there


def print_grid(title: str, rows: Sequence[Sequence[object]], flip: bool = False) -> None:
    """Print rows, the first of which names the columns; numbers stand to the right.

    ``flip`` exchanges rows and columns, for tables that are wide and short.
    """
    head, *body = zip(*rows, strict=True) if flip else rows
    table = Table(title=title, title_justify="left", title_style="bold")
    for i, name in enumerate(head):
        numeric = bool(body) and isinstance(body[0][i], int | float)
        table.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*(Text(_cell(value)) for value in row))
    Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
