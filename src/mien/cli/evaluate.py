"""``mien evaluate``: score a trained network on a table."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.examine import examine_all

if TYPE_CHECKING:
    from mien.data.table import LabelTable


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a trained network, or 'default'.")],
    table: Annotated[
        Path | None, typer.Argument(metavar="TABLE", help="A label table, or a database with --reader.")
    ] = None,
    reader: Annotated[
        str, typer.Option(help="How to read TABLE: 'table', or a name that 'mien table databases' lists.")
    ] = "table",
    split: Annotated[str | None, typer.Option(help="Only the rows of this split; 'all' takes every row.")] = None,
    where: Annotated[list[str], typer.Option(help="Only rows with COLUMN=VALUE. Repeat it.")] = [],  # noqa: B006
    task: Annotated[list[str], typer.Option(help="Score only these tasks. Repeat it.")] = [],  # noqa: B006
    name: Annotated[str | None, typer.Option(help="Name of the result files; default: that of TABLE.")] = None,
    group: Annotated[
        list[str],
        typer.Option(help="Score groups of people apart: a column, or a number cut at bounds, age=30,50. Repeat it."),
    ] = [],  # noqa: B006
    by_expression: Annotated[
        bool, typer.Option("--au-by-expression", help="Mean of each action unit by predicted expression, and a plot.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the result files; default: RUN/test; evaluation/ for 'default'."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Instead of one TABLE: all that a model card says, on the data in $MIEN_DATA.")
    ] = False,
    card: Annotated[Path | None, typer.Option(help="With --all: write the model card here.")] = None,
    most: Annotated[int | None, typer.Option(help="With --all: faces of each set, for a trial.", min=20)] = None,
) -> None:
    """Score a network: every task that the table gives, label by label, with 95 % intervals by bootstrap over people.

    Writes RUN/test/NAME.json with the scores, NAME.html as a page, and NAME.parquet with every prediction.

        mien evaluate runs/demo/sjmt-seed0 demo/B.parquet --split test

    Scores of groups of people, and the gaps between them (equal opportunity, demographic parity, worst group):

        mien evaluate default london.parquet --group sex --group age=30 --out results

    With --all it runs the exams by which the shipped network is measured (see mien.examination), on whole pictures
    as a user would give them: scores, groups, spoiled pictures, pictures without a face. It needs no torch.

        mien evaluate default --all --card card.md
    """
    if everything or table is None:
        examine_all(run, table, card, most, as_json)
        return
    from mien.cli.needs import need_training

    need_training()
    from mien.choose import choose
    from mien.cli.bars import bar
    from mien.cli.tables import print_grid
    from mien.data.databases import read_database
    from mien.data.prepare import Faces, prepare
    from mien.data.table import LabelTable
    from mien.errors import MienError
    from mien.faces.locate import finder
    from mien.labels import KNOWN_NAMES
    from mien.metrics.scores import to_records
    from mien.models.checkpoint import load_any
    from mien.models.shipped import run_folder
    from mien.report.drawing import save_plot
    from mien.report.evaluation_page import scores_grid, write_evaluation_page
    from mien.report.firing import firing_table
    from mien.report.plots import au_by_expression_plot
    from mien.report.results import au_by_expression_table
    from mien.training.evaluate import au_by_expression, best_device, predictions_on, write_evaluation
    from mien.training.fit_classes import surety

    rows = dict(text.partition("=")[::2] for text in where) | ({"split": split} if split not in (None, "all") else {})
    if "" in rows.values():
        raise MienError(f"--where {where}: expected COLUMN=VALUE, for example source=lfw")
    for one in task:
        choose(KNOWN_NAMES, one, "task")
    folder = out or (Path("evaluation") if str(run) == "default" else run / "test")  # never into the package
    run = run_folder(run)
    model, info = load_any(run)
    opened = LabelTable(table) if reader == "table" else read_database(reader, table)
    labels, cut = model.spec.labels, model.spec.preprocessing
    clips = model.spec.temporal is not None  # they are read whole, with frames that nobody labelled
    faces = Faces(opened, name or table.stem, labels, cut, rows, tuple(task) or None, clips, find=finder(cut))
    model, store = model.to(best_device()), prepare(faces, bar)
    predictions = predictions_on(model, model.spec, faces, info.thresholds, store, calibration=info.calibration)
    scores = predictions.score()
    about: dict[str, Any] = {
        "table": str(table),
        "fingerprint": opened.fingerprint,
        "rows": len(predictions.rows),
        "where": rows,
    }
    about["groups"] = [predictions.by_group(*_grouping(opened, text)).to_dict() for text in group]
    grouped = about["au_by_expression"] = au_by_expression(predictions)
    write_evaluation(folder, faces.name, predictions, scores, about)
    page = write_evaluation_page(folder / f"{faces.name}.json")
    if by_expression and grouped is None:
        raise MienError(f"--au-by-expression: {run} does not predict both expressions and action units")
    if as_json:
        content = {"about": about, "rows_sha256": predictions.rows_hash, "scores": to_records(scores)}
        typer.echo(json.dumps(content))
        return
    if split is None and "split" in opened.columns:
        typer.echo("Note: this scores the rows of all splits, training rows included; --split test takes one.")
    print_grid(f"{run} on {len(predictions.rows)} faces of {table}", scores_grid(to_records(scores)))
    for line in surety(predictions, labels, info.calibration):
        typer.echo(line)
    for one in about["groups"]:
        _show_groups(one)
    if by_expression and grouped is not None:
        print_grid("Mean AU probability by predicted expression (* fires)", au_by_expression_table(grouped), flip=True)
        print_grid("Units that fire, and those of the SJMT paper", firing_table(grouped))
        plot = folder / f"{faces.name}-au-by-expression"
        save_plot(au_by_expression_plot(grouped, f"{faces.name}: mean AU probability by predicted expression"), plot)
        typer.echo(f"{plot}.png and .svg: the same as a picture")
    typer.echo(f"{folder / faces.name}.json and .parquet: scores and predictions; {page}: a page of them")
    typer.echo(f"Rows scored: {predictions.rows_hash[:16]} (the same for everybody who scores these faces)")


def _grouping(table: "LabelTable", text: str) -> tuple[str, list[Any]]:
    """A column and each row's group, from ``sex`` or ``age=30,50``."""
    from mien.errors import MienError
    from mien.metrics.groups import ranges

    column, _, bounds = text.partition("=")
    table.require([column])
    values = table.read([column]).column(column).to_pylist()
    if not bounds:
        return column, values
    try:
        return column, list(ranges(values, sorted(float(bound) for bound in bounds.split(","))))
    except (ValueError, TypeError):
        raise MienError(f"--group {text}: expected a column of numbers and bounds, for example age=30,50") from None


def _show_groups(record: dict[str, Any]) -> None:
    from mien.cli.tables import print_grid
    from mien.report.group_tables import gaps_table, groups_table, left_out

    print_grid(f"By {record['column']}", groups_table(record))
    print_grid("Gaps (by chance: with people dealt to the groups at random)", gaps_table(record))
    if sentence := left_out(record):
        typer.echo(sentence)
