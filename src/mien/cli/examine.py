"""``mien evaluate --all``: measure a network on everything that is at hand, and write its card."""

import json
import os
from pathlib import Path
from typing import Any

import typer


def examine_all(run: Path, table: Path | None, card: Path | None, most: int | None, as_json: bool) -> None:
    """The part of ``mien evaluate`` that takes no TABLE; see there."""
    from mien.cli.bars import bar, console
    from mien.cli.tables import print_grid
    from mien.errors import MienError
    from mien.examination.examine import examine
    from mien.files import atomic_write
    from mien.inference.analyzer import Analyzer
    from mien.report.card import card as card_text

    if table is not None:
        raise MienError(f"--all scores on the data in $MIEN_DATA; leave out {table}, or leave out --all")
    if not (root := os.environ.get("MIEN_DATA")):
        raise MienError("Give a TABLE to score on, or --all with MIEN_DATA set to the folder with the databases' files")
    analyzer = Analyzer(run, threads=1, all_units=True)
    record = examine(analyzer, root, most=most, progress=bar, say=lambda text: console.print(text, markup=False))
    if card:
        info = json.loads(analyzer.predictor.info.model_dump_json())
        atomic_write(card, card_text(record, info))
        atomic_write(card.with_suffix(".json"), json.dumps(record, indent=1))
    if as_json:
        typer.echo(json.dumps(record))
        return
    print_grid(f"{run} on the data in {root}", _goals(record))
    if card:
        typer.echo(f"{card}: the model card; {card.with_suffix('.json')}: its numbers")


def _goals(record: dict[str, Any]) -> list[list[object]]:
    """The numbers that have a goal."""
    rows: list[list[object]] = [["set", "measure", "score", "low", "high", "at least", "reach for", "rows"]]
    for name, one in record["sets"].items():
        for what, goal in one["goals"].items():
            task, metric, label = [*what.split(maxsplit=2), ""][:3]
            found = next(s for s in one["scores"] if (s["task"], s["metric"], s["label"]) == (task, metric, label))
            numbers = [found["value"], found["low"], found["high"], goal["floor"], goal["reach"]]
            rows.append([name, what, *numbers, one["rows"]])
    return rows
