"""Print tables of text."""

import sys
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table


def print_grid(title: str, rows: Sequence[Sequence[str]], flip: bool = False) -> None:
    """Print rows, the first of which names the columns; ``flip`` exchanges rows and columns, for wide tables."""
    if flip:
        rows = list(zip(*rows, strict=True))
    head, *body = rows
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row in body:
        table.add_row(*row)
    # A pipe or a file has no width to keep to: nothing is folded there.
    width = None if sys.stdout.isatty() else 240
    Console(highlight=False, width=width).print(table)


def print_markdown(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a Markdown table under a bold title."""
    from mien.report.results import markdown

    typer.echo(f"**{title}**\n\n{markdown(rows)}\n")
