"""``mien judge``: how good a generator is, by a network that was trained without it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.judging import Judgement

SHOWN = {"expression": "accuracy", "compound": "accuracy", "au": "f1", "au_intensity": "pcc", "va": "ccc"}


def judge(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run with method 'gan'.")],
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="Real faces: a label table, or with --reader.")],
    by: Annotated[str, typer.Option(help="The judge: a run's folder, or 'default'.")] = "default",
    reader: Annotated[
        str, typer.Option(help="How to read TABLE: 'table', or a name that 'mien table databases' lists.")
    ] = "table",
    split: Annotated[str, typer.Option(help="Rows whose labels are told, and whose faces are compared with.")] = "val",
    train: Annotated[str, typer.Option(help="Rows that the generator learned from: has it copied them?")] = "train",
    most: Annotated[int, typer.Option(help="Rows of each split that are used.", min=50)] = 2000,
    seed: Annotated[int, typer.Option(help="Of the rows and of the people.", min=0)] = 0,
    pairs: Annotated[
        Path | None, typer.Option(help="Picture to write: generated faces beside the training faces nearest to them.")
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="ONNX file whose features measure distances, such as Inception's: (n, 3, H, W), RGB 0-255."),
    ] = None,
    edited: Annotated[
        bool, typer.Option("--edited", help="Give the labels to other real faces of the split, not to new people.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score a generator: does another network read the labels that it was told, and do its faces look like real ones?

    The judge reads one generated face for every row of the split, and the real faces of these rows, the mark to
    compare with. Distances (Frechet, kernel) are by the judge's features, not by Inception's: they compare runs with
    each other, not with published ones. The floor is the distance from one half of the real faces to the other.

        mien judge runs/gan data/gan/A.parquet --by runs/judge
        mien judge runs/gan data/gan/A.parquet --edited         (method.forms with 'image')
    """
    from mien.cli.needs import need_training

    need_training()
    from mien.cli.bars import bar
    from mien.cli.tables import print_grid
    from mien.data.databases import read_database
    from mien.data.table import LabelTable
    from mien.generation.sheet import sheet
    from mien.images import write_picture
    from mien.judging import judge as ask

    opened = LabelTable(table) if reader == "table" else read_database(reader, table)
    found = ask(
        run, opened, by, split=split, train=train, most=most, seed=seed, features=features, edited=edited, progress=bar
    )
    if pairs:
        write_picture(pairs, sheet([("generated", list(found.pairs[:, 0])), ("training", list(found.pairs[:, 1]))]))
    if as_json:
        typer.echo(json.dumps(found.record()))
        return
    print_grid(f"{run} on the labels of {table} ({split}), judged by {by}", _scores(found))
    print_grid(f"{found.likeness.faces} generated faces", _likeness(found))
    if found.kept is not None:
        typer.echo(f"{found.kept:.1%} are still nearest, by their pixels, to the face that they were made of.")


def _scores(found: "Judgement") -> list[list[str]]:
    """The main score of every task, on generated and on real faces."""
    from mien.metrics.intervals import Interval
    from mien.report.results import shown

    rows = [["task", "metric", "generated [95 %]", "real [95 %]"]]
    for made, real in zip(found.made, found.real, strict=True):
        if made.label == "" and SHOWN[made.task] == made.metric:
            both = (shown(Interval(s.value, s.low, s.high, s.n, s.n, 0)) for s in (made, real))
            rows.append([made.task, made.metric, *both])
    return rows


def _likeness(found: "Judgement") -> list[list[str]]:
    like = found.likeness
    return [
        ["measure", "generated", "real"],
        ["Frechet distance", f"{like.frechet:.3f}", f"{like.frechet_floor:.3f}"],
        ["kernel distance", f"{like.kernel:.4f}", f"{like.kernel_floor:.4f}"],
        ["spread", f"{like.spread:.2f}", "1"],
        ["nearer to a training face than 99 % of real faces", f"{like.copies:.1%}", "1.0%"],
    ]
