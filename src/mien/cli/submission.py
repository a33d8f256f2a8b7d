"""``mien submission``: write analysed faces as the ABAW challenges take them."""

from pathlib import Path
from typing import Annotated

import typer


def submission(
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE", help="va, expr, au or mtl.")],
    answers: Annotated[Path, typer.Argument(metavar="FILE", help="What a tool wrote, or a folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the text files.")],
    kind: Annotated[
        str | None, typer.Option("--format", help="As in 'mien score'; default: by the file's columns.")
    ] = None,
    threshold: Annotated[list[str], typer.Option(help="AU12=0.3: present from there, not from 0.5. Repeat it.")] = [],  # noqa: B006
) -> None:
    """Write an ABAW submission: a text file per video (va, expr, au), or one of all frames (mtl).

    mien analyze videos/ -o faces.parquet

    mien submission au faces.parquet -o submission/
    """
    from mien.cli.score import thresholds_of
    from mien.protocols.outputs import read_outputs
    from mien.protocols.submission import write_submission

    written = write_submission(read_outputs(answers, kind), challenge, out, thresholds_of(threshold))
    typer.echo(f"{out}: {len(written.files)} files, {written.frames} frames.")
    if written.empty:
        typer.secho(
            f"{written.empty} frames have no answer and hold the code for unknown (-5 or -1); fill them before you "
            "hand in.",
            fg="yellow",
        )
