"""``mien score``: score what any tool wrote as a paper or challenge does."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.protocols.score import Scored

LISTED = 5  # rows without a partner that are named on screen; the file has all


def score(
    protocol: Annotated[
        str | None, typer.Argument(metavar="PROTOCOL", help="A published protocol; without it, a list of them.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="What a tool wrote, or a folder; without it, the protocol.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", "-t", help="Label table (.parquet, .csv), or ABAW annotations.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--format", help="mien, evaluation, openface, fex, libreface or abaw; default: by the columns."),
    ] = None,
    split: Annotated[
        list[str], typer.Option(help="Score this split, not the protocol's. Repeat it; 'all' takes every row.")
    ] = [],  # noqa: B006
    where: Annotated[list[str], typer.Option(help="Only rows with COLUMN=VALUE. Repeat it.")] = [],  # noqa: B006
    threshold: Annotated[list[str], typer.Option(help="AU12=0.3: present from there, not from 0.5. Repeat it.")] = [],  # noqa: B006
    first_frame: Annotated[int, typer.Option(help="Number that the truth gives to a clip's first frame.")] = 0,
    draws: Annotated[int, typer.Option(min=0, help="Of the bootstrap; 0 leaves intervals out.")] = 1000,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the scores and what they stand on as JSON.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score a tool's output by a published protocol, with 95 % intervals over people.

    Reads what mien, OpenFace 2, py-feat, LibreFace and teams of the ABAW challenges write; columns go by their names.
    Rows find their truth by path, file name, or clip and frame; those that find none are counted and listed.

        mien score                                             lists the protocols

        mien score disfa                                       says what it scores

        mien score disfa openface/ --truth disfa.parquet -o disfa.json
    """
    from mien.choose import choose
    from mien.cli.tables import print_grid
    from mien.errors import MienError
    from mien.protocols import PROTOCOLS
    from mien.protocols.describe import section
    from mien.protocols.outputs import read_outputs
    from mien.protocols.score import record, score_outputs, write_record
    from mien.protocols.truth import read_truth

    if protocol is None:
        print_grid("Protocols", [["name", "what it scores"], *([p.name, p.title] for p in PROTOCOLS.values())])
        return
    chosen = choose(PROTOCOLS, protocol, "protocol")
    if answers is None:
        typer.echo(section(chosen))
        return
    if truth is None:
        raise MienError(f"Give the truth that {answers} is scored against: --truth TABLE")
    outputs, table = read_outputs(answers, kind), read_truth(truth)
    scored = score_outputs(
        chosen,
        outputs,
        table,
        splits=([] if split == ["all"] else split) if split else None,
        where=_pairs(where, "--where", "source=lfw"),
        thresholds=thresholds_of(threshold),
        first_frame=first_frame,
        draws=draws,
    )
    content = record(scored, answers, outputs.tool, table)
    if out is not None:
        write_record(out, content)
    if as_json:
        typer.echo(json.dumps(content))
        return
    print_grid(f"{chosen.title}: {answers}", _grid(scored))
    _tell(scored, out)


def _grid(scored: "Scored") -> list[list[str]]:
    from mien.metrics.intervals import Interval
    from mien.report.results import shown

    rows = [["measure", "label", "score [95 %]", "rows"]]
    for s in scored.scores:
        rows.append([s.metric, s.label or "all", shown(Interval(s.value, s.low, s.high, s.n, s.n, 0)), str(s.n)])
    return rows


def _tell(scored: "Scored", out: Path | None) -> None:
    """What the numbers stand on."""
    over = f"; intervals over {scored.people} {scored.resampled}s" if scored.settings["draws"] else ""
    typer.echo(f"{scored.rows} rows scored, joined by {scored.rule}{over}.")
    typer.echo(f"Rows scored: {scored.rows_hash[:16]} (the same for everybody who scores these faces)")
    for what, names in (
        ("labelled rows of the truth have no answer", scored.missing),
        ("labelled rows have an answer that is empty (no face)", scored.unanswered),
        ("answers are about nothing in the truth", scored.unused),
    ):
        if names:
            more = " ..." if len(names) > LISTED else ""
            typer.secho(f"{len(names)} {what} and are not scored: {', '.join(names[:LISTED])}{more}", fg="yellow")
    if scored.further:
        typer.secho(f"{scored.further} further faces in the same pictures were left out for a surer one.", fg="yellow")
    for note in scored.notes:
        typer.secho(f"Note: {note}.", fg="yellow")
    if out is not None:
        typer.echo(f"{out}: scores, fingerprints of both files, and every row without a partner")


def _pairs(texts: list[str], option: str, example: str) -> dict[str, str]:
    from mien.errors import MienError

    pairs = dict(text.partition("=")[::2] for text in texts)
    if "" in pairs or "" in pairs.values():
        raise MienError(f"{option} {' '.join(texts)}: expected NAME=VALUE, for example {example}")
    return pairs


def thresholds_of(texts: list[str]) -> dict[str, float]:
    """``--threshold AU12=0.3`` as numbers."""
    return {name: _number(value) for name, value in _pairs(texts, "--threshold", "AU12=0.3").items()}


def _number(text: str) -> float:
    from mien.errors import MienError

    try:
        return float(text)
    except ValueError:
        raise MienError(f"--threshold {text}: expected a number from 0 to 1, for example AU12=0.3") from None
