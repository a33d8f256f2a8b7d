"""Scores of groups of people and the gaps between them, as rows of text."""

import math
from collections.abc import Mapping
from typing import Any

from mien.metrics.intervals import Interval
from mien.report.results import SHOWN, shown

Record = Mapping[str, Any]


def groups_table(record: Record) -> list[list[str]]:
    """Groups by main scores. ``record`` is one of ``groups`` of an evaluation."""
    first = next(iter(record["scores"].values()))
    columns = [(s["task"], s["metric"]) for s in first if s["label"] == "" and s["metric"] in SHOWN[s["task"]]]
    rows = [[record["column"], "faces", "people", *(" ".join(column).replace("_", " ") for column in columns)]]
    for name, scores in record["scores"].items():
        cells = [_score(scores, *column) for column in columns]
        rows.append([name, str(record["rows"][name]), str(record["people"][name]), *cells])
    return rows


def gaps_table(record: Record, per_label: bool = False) -> list[list[str]]:
    """The gaps of whole tasks, or, with ``per_label``, of every label."""
    rows = [["measure", "difference [95 %]", "by chance", "p", "ratio [95 %]", "lowest [95 %]", "highest"]]
    for gap in record["gaps"]:
        if bool(gap["label"]) == per_label:
            what = " ".join(filter(None, (gap["task"], gap["measure"], gap["label"]))).replace("_", " ")
            lowest = f"{gap['lowest']} {_span(gap['minimum'])}" if gap["lowest"] else ""
            numbers = [_span(gap["difference"]), _number(gap["chance"]), _number(gap["p"]), _span(gap["ratio"])]
            rows.append([what, *numbers, lowest, gap["highest"]])
    return rows


def left_out(record: Record) -> str:
    """A sentence about rows that are in no group that is compared; empty where there are none."""
    few = ", ".join(f"{name} ({rows})" for name, rows in record["left_out"].items())
    return f"{record['column']}: not compared, for too few faces or because unknown: {few}" if few else ""


def _score(scores: list[Record], task: str, metric: str) -> str:
    return next(_span(s) for s in scores if (s["task"], s["metric"], s["label"]) == (task, metric, ""))


def _span(record: Record) -> str:
    value, low, high = (math.nan if record[key] is None else float(record[key]) for key in ("value", "low", "high"))
    return shown(Interval(value, low, high, 0, 0, 0))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
