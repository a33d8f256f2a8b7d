"""The command line: one file per verb. Heavy imports stand inside the verbs, so that ``mien --help`` is quick."""

import os
import sys

import typer

from mien import __version__
from mien.cli import (
    analyze,
    average,
    calibrate,
    compare,
    evaluate,
    experiment,
    export,
    generate,
    judge,
    label,
    report,
    reproduce,
    score,
    serve,
    submission,
    synth,
    table,
    train,
    web,
)
from mien.errors import MienError
from mien.memory import is_out_of_memory

app = typer.Typer(
    name="mien",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Read facial expressions, action units and valence/arousal; learn them from databases that each label a part.",
    epilog="Start with: mien synth demo && mien experiment recipes/demo.toml",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mien {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
    version: bool = typer.Option(False, "--version", help="Show the version.", is_eager=True, callback=_version),
) -> None:
    """Options before the verb."""


app.command()(analyze.analyze)
app.command()(report.report)
app.command()(synth.synth)
app.add_typer(table.app, name="table")
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(experiment.experiment)
app.command()(compare.compare)
app.command()(reproduce.reproduce)
app.command()(average.average)
app.command()(calibrate.calibrate)
app.command()(score.score)
app.command()(submission.submission)
app.command()(export.export)
app.command()(label.label)
app.command()(generate.generate)
app.command()(judge.judge)
app.command()(serve.serve)
app.command()(web.web)


def main() -> None:
    """Run the command line; a user's error, or a want of memory, is one sentence on stderr and exit code 2."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # of a broken picture our own sentence is enough
    try:
        app()
    except MienError as error:
        if "--debug" in sys.argv:
            raise
        raise _end(str(error)) from None
    except Exception as error:
        if "--debug" in sys.argv or not is_out_of_memory(error):
            raise
        raise _end(
            f"Not enough memory ({_reason(error)}); nothing that was saved is lost, and the same command goes on from "
            f"there: end other programs, allow it more, or let it take less at once (a smaller training.batch_size, "
            f"fewer --workers)"
        ) from None


def _end(message: str) -> SystemExit:
    """What to raise after one sentence."""
    typer.secho(f"error: {message}", fg="red", err=True)
    return SystemExit(2)


def _reason(error: Exception) -> str:
    """The first line of what a library said."""
    return str(error).partition("\n")[0] or type(error).__name__
