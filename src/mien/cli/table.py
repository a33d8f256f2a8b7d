"""``mien table``: make label tables from databases, check them, count them, split them, look for leaks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import interchange
from mien.errors import MienError

if TYPE_CHECKING:
    from mien.data.faults import Report
    from mien.data.leaks import Leaks
    from mien.data.summary import Summary
    from mien.data.table import LabelTable

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make label tables from databases; check, count, split and exchange them, and look for leaks.",
)

TableFile = Annotated[Path, typer.Argument(metavar="TABLE", help="A label table: a Parquet file made by 'mien table'.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Parquet file to write.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
SHOWN = 10  # pairs of pictures that ``leaks`` prints; --json gives them all


@app.command()
def databases() -> None:
    """List the databases that can be read: name, content, what ROOT is, where to request it."""
    from mien.data.databases import READERS

    for name, reader in READERS.items():
        typer.echo(f"{name}: {reader.description}")
        typer.echo(f"    ROOT: {reader.expects}")
        typer.echo(f"    from: {reader.request}")


@app.command(no_args_is_help=True)
def read(
    name: Annotated[str, typer.Argument(help="One of the readers that 'mien table databases' lists.")],
    root: Annotated[Path, typer.Argument(help="The database: a file or a folder, as its reader expects.")],
    out: Out,
) -> None:
    """Make a label table from a database, one row per face; a label that nobody gave is null.

    Your own pictures, in one folder per expression, perhaps inside train, val and test:

        mien table read folders pictures/ --out faces.parquet

    Your own labels in a CSV file with a column 'path' and columns such as expression, AU12, valence:

        mien table read csv labels.csv --out faces.parquet

    A database:

        mien table read fer2013plus databases/ --out fer.parquet

    What a database lacks or contradicts is left out, counted on screen and listed in OUT's name with .faults.csv.
    """
    from mien.cli.bars import counting
    from mien.data.databases import read_database

    with counting(f"reading {name}", None):
        table = read_database(name, root)
        table.write(out)
    for column, note in table.notes.items():
        typer.echo(f"note on {column}: {note}")
    interchange.list_faults(table.read_faults, out.with_suffix(".faults.csv"))
    typer.echo(f"{out}: {len(table)} rows. Next: mien table check {out}")


@app.command(no_args_is_help=True)
def faces(
    path: TableFile,
    out: Out,
    detector: Annotated[str, typer.Option(help="mtcnn, or the path of a YuNet model.")] = "mtcnn",
) -> None:
    """Find the faces of a table that has none: in the bodies that a database boxes, or anywhere in its pictures.

    Rows in which no face is found are left out and listed in OUT's name with .faults.csv; rows with a box stay.

        mien table faces emotic.parquet --out emotic_faces.parquet
    """
    from mien.cli.bars import bar
    from mien.faces.detect import make_detector
    from mien.locating import locate_faces

    found = locate_faces(_open(path), make_detector(detector), bar)
    found.write(out)
    interchange.list_faults(found.read_faults, out.with_suffix(".faults.csv"))
    typer.echo(f"{out}: {len(found)} rows. Next: mien table check {out} --images")


@app.command(no_args_is_help=True)
def check(
    path: TableFile,
    images: Annotated[bool, typer.Option("--images", help="Also decode every picture.")] = False,
    as_json: AsJson = False,
) -> None:
    """List every fault of a table at once: row, column, value and what was expected. Exits 1 when there are errors.

    mien table check faces.parquet

    mien table check faces.parquet --images
    """
    from mien.cli.bars import counting
    from mien.data.check import check as find_faults

    table = _open(path)
    with counting("checking", len(table)) as advance:
        report = find_faults(table, images=images, advance=advance)
    if as_json:
        _print_json(report.to_dict())
    else:
        _show_report(report)
    if report.errors:
        raise typer.Exit(1)


@app.command(no_args_is_help=True)
def summarise(path: TableFile, as_json: AsJson = False) -> None:
    """Count rows, people and labels: how many rows carry each label, and how often it is present.

    mien table summarise faces.parquet
    """
    from mien.data.summary import summarise as count

    summary = count(_open(path))
    if as_json:
        _print_json(summary.to_dict())
    else:
        _show_summary(summary)


@app.command(no_args_is_help=True)
def split(
    path: TableFile,
    out: Out,
    train: Annotated[
        float | None, typer.Option(help="Share of the rows to train on; 0.8 when no share is given.")
    ] = None,
    val: Annotated[
        float | None, typer.Option(help="Share for model selection (with --folds: of what is not test).")
    ] = None,
    test: Annotated[float | None, typer.Option(help="Share to test on.")] = None,
    folds: Annotated[int | None, typer.Option(help="Cross-validation: how many folds.")] = None,
    fold: Annotated[int | None, typer.Option(help="Cross-validation: which fold is test, from 0.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another split; the same seed always the same.")] = 0,
    by: Annotated[str, typer.Option(help="Column of what must stay together.")] = "subject",
) -> None:
    """Split a table so that no person is on two sides. Rows without a person stay together by clip, or stand alone.

        mien table split faces.parquet --out split.parquet --train 0.7 --val 0.1 --test 0.2

    Round 0 of a five-fold cross-validation, with a tenth of the training rows for model selection:

        mien table split faces.parquet --out fold0.parquet --folds 5 --fold 0 --val 0.1

    With folds, the column 'fold' says which round tests a row.
    """
    from mien.data.splits import assign_folds, assign_splits, fold_numbers

    table = _open(path)
    if (folds is None) != (fold is None):
        raise MienError("Cross-validation needs both --folds and --fold, for example --folds 5 --fold 0")
    if folds is not None and fold is not None:
        if train is not None or test is not None:
            raise MienError("--train and --test follow from --folds; leave them out, or leave out --folds and --fold")
        result = assign_folds(table, folds, fold, seed, val or 0.0, by)
        result = result.replace("fold", fold_numbers(table, folds, seed, by))  # for 'mien score' of all rounds at once
    else:
        given = {"train": train, "val": val, "test": test}
        shares = {name: share for name, share in given.items() if share}
        result = assign_splits(table, shares or {"train": 0.8, "val": 0.1, "test": 0.1}, seed, by)
    result.write(out)
    counts = result.read(["split"]).column("split").value_counts().to_pylist()
    typer.echo(f"{out}: " + ", ".join(f"{count['values']} {count['counts']} rows" for count in counts))


@app.command(no_args_is_help=True)
def leaks(
    path: TableFile,
    other: Annotated[Path | None, typer.Argument(metavar="OTHER", help="A second table to compare with.")] = None,
    threshold: Annotated[float, typer.Option(help="Pairs of pictures more alike than this are near copies.")] = 0.97,
    by: Annotated[str, typer.Option(help="Column whose values are the sides to compare.")] = "split",
    within: Annotated[bool, typer.Option("--within", help="Look inside each split, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find pictures that two splits of a table share, or two tables: exact copies, near ones, and mirrored ones.

    mien table leaks split.parquet

    mien table leaks mine.parquet theirs.parquet
    """
    from mien.cli.bars import counting
    from mien.data.leaks import find_leaks

    table = _open(path)
    second = _open(other) if other else None
    with counting("reading pictures", len(table) + len(second or ())) as advance:
        found = find_leaks(table, second, threshold, advance, by, within)
    if as_json:
        _print_json(found.to_dict())
    else:
        _show_leaks(found)


app.command("export", no_args_is_help=True)(interchange.export)
app.command("import", no_args_is_help=True)(interchange.convert)


def _open(path: Path) -> "LabelTable":
    from mien.data.table import LabelTable

    return LabelTable(path)


def _print_json(content: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(content, indent=2))


def _show_report(report: "Report") -> None:
    for fault in report.faults:
        column = f" in {fault.column}" if fault.column else ""
        typer.echo(f"{fault.severity}: {fault.kind}{column}, {fault.count} times; expected {fault.expected}")
        for finding in fault.findings:
            where = "table" if finding.row is None else f"row {finding.row}"
            typer.echo(f"  {where}: {finding.value}" + (f" ({finding.hint})" if finding.hint else ""))
        if fault.count > len(fault.findings):
            typer.echo(f"  ... and {fault.count - len(fault.findings)} more")
    typer.echo(f"{report.table}: {report.rows} rows, {report.errors} errors, {report.warnings} warnings")


def _show_summary(summary: "Summary") -> None:
    from mien.cli.tables import print_grid

    typer.echo(f"{summary.table}: {summary.rows} rows, {summary.subjects} subjects, {summary.clips} clips")
    for title, counts in (("database", summary.databases), ("split", summary.splits)):
        typer.echo(f"{title}: " + ", ".join(f"{name} {rows}" for name, rows in counts.items()))
    counted = [[c.task, c.name, c.labelled, c.positive, c.share] for c in summary.counts]
    if counted:
        print_grid("Classes and action units", [["task", "label", "labelled", "present", "share"], *counted])
    values = [[v.task, v.name, v.labelled, v.mean, v.sd, v.min, v.max] for v in summary.values]
    if values:
        print_grid("Values", [["task", "label", "labelled", "mean", "sd", "min", "max"], *values])
    for column, note in summary.notes.items():
        typer.echo(f"note on {column}: {note}")


def _show_leaks(found: "Leaks") -> None:
    from mien.cli.tables import print_grid

    rows = [[f"{c.split_a} - {c.split_b}", c.exact, c.near, c.mirrored, c.rows_a, c.rows_b] for c in found.between]
    columns = ["splits", "exact pairs", "near pairs", "mirrored pairs", "rows of the first", "rows of the second"]
    print_grid(f"Copies (near: similarity above {found.threshold:g})", [columns, *rows])
    for pair in found.pairs[:SHOWN]:
        kind = "exact" if pair.kind == "exact" else f"{pair.kind}, similarity {pair.similarity:.3f}"
        typer.echo(f"  row {pair.row_a} ({pair.split_a}) and row {pair.row_b} ({pair.split_b}): {kind}")
    if found.unreadable:
        typer.echo(f"{len(found.unreadable)} pictures cannot be read: 'mien table check --images' names them")
    typer.echo(f"{found.exact} exact, {found.near} near and {found.mirrored} mirrored pairs")
