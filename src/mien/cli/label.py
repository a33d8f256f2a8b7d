"""``mien label``: a network's answers as labels where nobody gave any."""

from pathlib import Path
from typing import Annotated

import typer


def label(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A label table, or a database with --reader.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Parquet file to write.")],
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="An ONNX file or a run's folder; default: the shipped model.")
    ] = None,
    reader: Annotated[
        str, typer.Option(help="How to read TABLE: 'table', or a name that 'mien table databases' lists.")
    ] = "table",
    task: Annotated[list[str], typer.Option(help="Fill only the labels of this task. Repeat it.")] = [],  # noqa: B006
    sure: Annotated[
        float, typer.Option(help="Probability from which an action unit is present; absent up to 1 - SURE.")
    ] = 0.8,
) -> None:
    """Fill the gaps of a table with a network's answers, so that another network can learn from them.

    Annotators' labels stay as they are. The answers are no annotations: the table's notes say which columns hold any.

        mien label faces.parquet --out labelled.parquet --task au
    """
    from mien.choose import choose
    from mien.cli.bars import bar
    from mien.data.databases import read_database
    from mien.data.table import LabelTable
    from mien.inference.analyzer import Analyzer
    from mien.labelling import label_table
    from mien.labels import KNOWN_NAMES, TASKS

    for one in task:
        choose(KNOWN_NAMES, one, "task")
    opened = LabelTable(table) if reader == "table" else read_database(reader, table)
    filled = label_table(Analyzer(model), opened, tasks=tuple(task) or TASKS, sure=sure, progress=bar)
    filled.write(out)
    typer.echo(f"{out}: {len(filled)} rows. Next: mien table summarise {out}")
