"""``mien analyze``: photos, folders, videos, tables and cameras into a table, on one machine or on many."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.errors import MienError

if TYPE_CHECKING:
    from mien.inference.job import Tally
    from mien.inference.journal import Journal
    from mien.inference.shards import Engine, Setup
    from mien.inference.sources import Source

REASONS_SHOWN = 10
ENGINES = ("processes", "ray")


def analyze(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Photos, folders, patterns, videos, tables, store://..., or 'webcam'."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The table: .csv, .parquet or .jsonl; with --engine also a folder."),
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
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of the processor for each network; default: half of the cores.")
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="processes or ray: share the work, for large corpora; see docs/scale.md.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Of the engine; default: one per core.")] = None,
) -> None:
    """Find faces and read expressions, action units, valence and arousal from them.

    Writes a row per face, and a row that says why where there is none. Cut off? The same command goes on.

        mien analyze photo.jpg

        mien analyze study/ interview.mp4 -o faces.csv --draw annotated

        mien analyze webcam -o session.parquet     (Ctrl+C ends it)

        mien analyze s3://bucket/archive -o faces --engine ray
    """
    from mien.choose import choose
    from mien.cli.analysis import AnalysisBar, Shown
    from mien.files import locked
    from mien.inference.analyzer import Analyzer
    from mien.inference.annotate import Annotator
    from mien.inference.formats import FORMATS
    from mien.inference.job import Options, Tally, Watcher
    from mien.inference.job import analyze as run
    from mien.inference.journal import Journal
    from mien.inference.shards import Setup
    from mien.inference.sinks import check_ending, write_tables
    from mien.inference.sources import find_sources

    arranged = choose(FORMATS, table_format, "format")
    folder = _is_folder(out, engine, table_format)
    if out is not None and not folder:
        check_ending(out)
    sources = find_sources(paths)
    if engine is not None:
        _check_shared(out, draw, any(source.kind == "webcam" for source in sources))
        threads = threads or 1  # of each worker
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
    journal = Journal(out, job, analyzer.schema)
    with locked(journal.folder, "wait for it, or choose another -o"):
        left = [source for source in sources if source.key not in journal.done]
        before = Tally() if folder else Tally.of(journal.rows())  # a folder may be too large to be read again
        if len(left) < len(sources):
            typer.echo(f"Going on: {len(sources) - len(left)} of {len(sources)} files are done already.", err=True)
        try:
            if engine is not None:
                setup = Setup(model, device, threads, detector, min_face, all_units, options)
                tally = _shared(setup, sources, journal, _engine(engine, workers, analyzer.predictor.device))
            else:
                with AnalysisBar(left) as bar:
                    tally = run(analyzer, left, journal.keep, [bar, *drawers], options)
        except KeyboardInterrupt:
            raise MienError(
                f"Stopped after {len(journal.done)} of {len(sources)} files; the same command goes on"
            ) from None
        if not folder:
            write_tables(out, (arranged(rows, analyzer.predictor.info.thresholds) for rows in journal.rows()))
    if folder:
        journal.publish(out)
    else:
        journal.close()
    tally.include(before)
    _say(tally, out)
    if table_format == "mien" and not folder and tally.pictures:
        typer.echo(f"Next: mien report {out}")


def _say(tally: "Tally", out: Path) -> None:
    """What the analysis came to."""
    typer.echo(
        f"{out}: {tally.faces} faces in {tally.pictures} pictures; files that gave nothing or not all: "
        f"{len(tally.failed)}."
    )
    for reason in list(tally.failed.values())[:REASONS_SHOWN]:
        typer.secho(f"  {reason}", fg="yellow")


def _is_folder(out: Path | None, engine: str | None, table_format: str) -> bool:
    """Whether the parts stay as they are, in a folder called ``out``."""
    if out is None or engine is None or out.suffix:
        return False
    if table_format != "mien":
        raise MienError(f"A folder of tables has mien's own columns; give -o an ending for --format {table_format}")
    if out.exists():
        raise MienError(f"{out} is there already; choose another -o, or delete it")
    return True


def _check_shared(out: Path | None, draw: Path | None, webcam: bool) -> None:
    """Raise where work cannot be shared."""
    refused = {"writes a table: give -o": out is None, "draws nothing: leave --draw out": draw is not None}
    refused["reads no camera: leave --engine out"] = webcam
    for what, is_so in refused.items():
        if is_so:
            raise MienError(f"--engine {what}")


def _engine(name: str, workers: int | None, device: str) -> "Engine":
    """The engine of a name."""
    import os
    from functools import partial

    from mien.inference.on_ray import on_ray
    from mien.inference.pool import in_processes

    if name not in ENGINES:
        raise MienError(f"Unknown engine {name!r}; known: {', '.join(ENGINES)}")
    if name == "ray":
        return partial(on_ray, workers=workers, gpus=float(device.startswith("cuda")))
    return partial(in_processes, workers=workers or os.cpu_count() or 1)


def _shared(setup: "Setup", sources: "list[Source]", journal: "Journal", engine: "Engine") -> "Tally":
    """Have an engine do what is left, with a bar over the files."""
    from mien.cli.bars import counting
    from mien.inference.shards import analyze_shards, work_of

    left = sum(source.key not in journal.done for source in sources)
    with counting("analysing", left) as move:
        return analyze_shards(work_of(setup), sources, journal, engine, lambda done: move(len(done.shard.sources)))
