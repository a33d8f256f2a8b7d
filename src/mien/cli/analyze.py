"""``mien analyze``: photos, folders, videos and cameras into a table."""

from pathlib import Path
from typing import Annotated

import typer

from mien.errors import MienError

REASONS_SHOWN = 10


def analyze(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Photos, folders, patterns, videos, or 'webcam'.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The table: .csv, .parquet or .jsonl. Without it, a summary.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="An ONNX file or a run's folder; default: the shipped model.")
    ] = None,
    table_format: Annotated[
        str, typer.Option("--format", help="Columns: mien, openface (OpenFace 2) or fex (py-feat).")
    ] = "mien",
    draw: Annotated[Path | None, typer.Option(help="Folder for annotated pictures and videos.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Look at every n-th frame of a video.")] = 1,
    smooth: Annotated[
        float | None,
        typer.Option(min=0, help="Smooth over time, person by person: seconds; default: as the model says."),
    ] = None,
    detector: Annotated[str, typer.Option(help="mtcnn, or the path of a YuNet model (.onnx).")] = "mtcnn",
    min_face: Annotated[int, typer.Option(min=12, help="Side of the smallest face to look for, in pixels.")] = 40,
    all_units: Annotated[
        bool, typer.Option("--all-units", help="Report also the action units that the model reads badly; see its card.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda or openvino; default: the best of the first two.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of the processor; default: all cores.")] = None,
) -> None:
    """Find faces and read expressions, action units, valence and arousal from them.

    Writes a row per face, and a row that says why where there is none. Cut off? The same command goes on.

        mien analyze photo.jpg

        mien analyze study/ interview.mp4 -o faces.csv --draw annotated

        mien analyze webcam -o session.parquet     (Ctrl+C ends it)
    """
    from mien.choose import choose
    from mien.cli.analysis import AnalysisBar, Shown
    from mien.inference.analyzer import Analyzer
    from mien.inference.annotate import Annotator
    from mien.inference.formats import FORMATS
    from mien.inference.job import Options, Watcher
    from mien.inference.job import analyze as run
    from mien.inference.journal import Journal
    from mien.inference.sinks import check_ending, write_tables
    from mien.inference.sources import find_sources
    from mien.inference.table import schema

    arranged = choose(FORMATS, table_format, "format")
    if out is not None:
        check_ending(out)
    sources = find_sources(paths)
    analyzer = Analyzer(model, device, threads, detector=detector, min_face=min_face, all_units=all_units)
    options = Options(every, smooth)
    drawers: list[Watcher] = [] if draw is None else [Annotator(draw, sources)]
    if out is None:
        shown = Shown(analyzer.predictor.info.thresholds)
        with AnalysisBar(sources) as bar:
            run(analyzer, sources, shown.keep, [bar, *drawers], options)
        shown.show()
        return
    job = {"model": analyzer.predictor.info.weights_sha256, "every": every, "smooth": smooth, "min_face": min_face}
    job |= {"detector": detector}
    job |= analyzer.predictor.info.model_dump(mode="json", include={"calibration", "smoothing"})
    journal = Journal(out, job, schema(analyzer.labels))
    left = [source for source in sources if source.name not in journal.done]
    if len(left) < len(sources):
        typer.echo(f"Going on: {len(sources) - len(left)} of {len(sources)} files are done already.", err=True)
    try:
        with AnalysisBar(left) as bar:
            tally = run(analyzer, left, journal.keep, [bar, *drawers], options)
    except KeyboardInterrupt:
        raise MienError(
            f"Stopped after {len(journal.done)} of {len(sources)} files; the same command goes on"
        ) from None
    write_tables(out, (arranged(rows, analyzer.predictor.info.thresholds) for rows in journal.rows()))
    journal.close()
    typer.echo(
        f"{out}: {tally.faces} faces in {tally.pictures} pictures; {len(tally.failed)} files gave nothing or not all."
    )
    for reason in list(tally.failed.values())[:REASONS_SHOWN]:
        typer.secho(f"  {reason}", fg="yellow")
    if table_format == "mien":
        typer.echo(f"Next: mien report {out}")
