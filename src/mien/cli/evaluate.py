"""``mien evaluate``: score a trained network on a table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.examine import examine_all

if TYPE_CHECKING:
    from mien.metrics.scores import Score


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a trained network, or 'default'.")],
    table: Annotated[
        Path | None, typer.Argument(metavar="[TABLE]", help="A label table, or a database with --reader.")
    ] = None,
    reader: Annotated[
        str, typer.Option(help="How to read TABLE: 'table', or a name that 'mien table databases' lists.")
    ] = "table",
    split: Annotated[str | None, typer.Option(help="Only the rows of this split.")] = None,
    where: Annotated[list[str], typer.Option(help="Only rows with COLUMN=VALUE. Repeat it.")] = [],  # noqa: B006
    task: Annotated[list[str], typer.Option(help="Score only these tasks. Repeat it.")] = [],  # noqa: B006
    name: Annotated[str | None, typer.Option(help="Name of the result files; default: that of TABLE.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Instead of one TABLE: all that a model card says, on the data in $MIEN_DATA.")
    ] = False,
    card: Annotated[Path | None, typer.Option(help="With --all: write the model card here.")] = None,
    most: Annotated[int | None, typer.Option(help="With --all: faces of each set, for a trial.", min=20)] = None,
) -> None:
    """Score a network: every task that the table gives, label by label, with 95 % intervals by bootstrap over people.

    Writes RUN/test/NAME.json with the scores and RUN/test/NAME.parquet with every prediction.

        mien evaluate runs/demo/sjmt-seed0 demo/B.parquet --split test

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
    from mien.models.checkpoint import load
    from mien.models.shipped import run_folder
    from mien.training.evaluate import best_device, predictions_on, write_evaluation
    from mien.training.fit_classes import surety

    rows = dict(text.partition("=")[::2] for text in where) | ({"split": split} if split else {})
    if "" in rows.values():
        raise MienError(f"--where {where}: expected COLUMN=VALUE, for example source=lfw")
    for one in task:
        choose(KNOWN_NAMES, one, "task")
    run = run_folder(run)
    model, info = load(run)
    opened = LabelTable(table) if reader == "table" else read_database(reader, table)
    labels, cut = model.spec.labels, model.spec.preprocessing
    faces = Faces(opened, name or table.stem, labels, cut, rows, tuple(task) or None, find=finder(cut))
    model, store = model.to(best_device()), prepare(faces, bar)
    predictions = predictions_on(model, model.spec, faces, info.thresholds, store, info.calibration)
    scores = predictions.score()
    about = {"table": str(table), "fingerprint": opened.fingerprint, "rows": len(predictions.rows), "where": rows}
    write_evaluation(run / "test", faces.name, predictions, scores, about)
    if as_json:
        content = {"about": about, "rows_sha256": predictions.rows_hash, "scores": to_records(scores)}
        typer.echo(json.dumps(content))
        return
    if split is None and "split" in opened.columns:
        typer.echo("Note: this scores the rows of all splits, training rows included; --split test takes one.")
    print_grid(f"{run} on {len(predictions.rows)} faces of {table}", _grid(scores))
    for line in surety(predictions, labels, info.calibration):
        typer.echo(line)
    typer.echo(f"{run / 'test' / faces.name}.json and .parquet: scores and predictions")
    typer.echo(f"Rows scored: {predictions.rows_hash[:16]} (the same for everybody who scores these faces)")


def _grid(scores: "Sequence[Score]") -> list[list[str]]:
    """Labels by metrics, task after task; the means of a task come first."""
    from mien.metrics.intervals import Interval
    from mien.report.results import shown

    rows = [["task", "label", "metric", "score [95 %]", "faces", "undefined"]]
    for s in sorted(scores, key=lambda s: (s.task, s.label != "")):
        interval = Interval(s.value, s.low, s.high, s.n, s.n, 0)
        rows.append([s.task, s.label or "all", s.metric, shown(interval), str(s.n), str(s.undefined or "")])
    return rows
