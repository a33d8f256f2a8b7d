"""Read an experiment's results, and sum them up over seeds."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import ScoreError
from mien.files import atomic_write
from mien.metrics.intervals import Interval, paired_difference

RESULTS_FILE = "results.json"
SUMMARY_FILE = "results.md"
SHOWN = {
    "expression": ("accuracy", "macro_f1"),
    "compound": ("accuracy", "macro_f1"),
    "au": ("accuracy", "f1", "auc"),
    "au_intensity": ("pcc", "icc31"),
    "va": ("ccc",),
}
"""The metrics of a results table, per task."""


@dataclass(frozen=True)
class Column:
    """What one column of a results table holds."""

    database: str
    task: str
    metric: str

    def __str__(self) -> str:
        return f"{self.database}: {self.task} {self.metric}".replace("_", " ")


@dataclass(frozen=True)
class Results:
    """The scores of an experiment.

    Attributes:
        name, about: of the recipe.
        scores: one record per method, seed, database, task, label and metric.
        everything: the whole of ``results.json``.
    """

    name: str
    about: str
    scores: Sequence[dict[str, Any]]
    everything: dict[str, Any]

    @property
    def methods(self) -> list[str]:
        """In the order of the recipe."""
        return list(dict.fromkeys(str(record["method"]) for record in self.scores))

    @property
    def seeds(self) -> list[int]:
        """All seeds."""
        return sorted({int(record["seed"]) for record in self.scores})

    @property
    def columns(self) -> list[Column]:
        """The columns that any method has a score for."""
        means = [r for r in self.scores if r["label"] == "" and r["metric"] in SHOWN[r["task"]]]
        return list(dict.fromkeys(Column(r["database"], r["task"], r["metric"]) for r in means))

    def records(self, method: str, column: Column, label: str = "") -> list[dict[str, Any]]:
        """One record per seed, in the order of the seeds."""
        found = [
            record
            for record in self.scores
            if (record["method"], record["database"], record["task"], record["metric"], record["label"])
            == (method, column.database, column.task, column.metric, label)
        ]
        return sorted(found, key=lambda record: int(record["seed"]))

    def mean(self, method: str, column: Column, label: str = "") -> Interval[float]:
        """Mean over seeds with Student's t interval; for one seed its score, with the interval by persons."""
        records = self.records(method, column, label)
        if len(records) == 1:
            record = records[0]
            low, value, high = (_number(record[key]) for key in ("low", "value", "high"))
            return Interval(value, low, high, record["n"], record["n"], 0)
        values = [_number(record["value"]) for record in records]
        return paired_difference(values, [0.0] * len(values))

    def difference(self, method: str, other: str, column: Column) -> Interval[float]:
        """Mean over the common seeds of ``method`` - ``other``, with Student's t interval."""
        ours, theirs = ({r["seed"]: _number(r["value"]) for r in self.records(m, column)} for m in (method, other))
        seeds = sorted(ours.keys() & theirs.keys())
        return paired_difference([ours[seed] for seed in seeds], [theirs[seed] for seed in seeds])


def read_results(folder: str | Path) -> Results:
    """The results in an experiment's folder.

    Raises:
        ScoreError: there are none, or they are broken.
    """
    path = Path(folder) / RESULTS_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Results(content["name"], content["about"], content["scores"], content)
    except OSError as error:
        raise ScoreError(f"{path}: no results ({error.strerror}); make them with 'mien experiment RECIPE'") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ScoreError(f"{path}: not the results of an experiment ({error}); run 'mien experiment' again") from None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def shown(interval: Interval[float], signed: bool = False) -> str:
    """An interval as text.

    >>> shown(Interval(0.5, 0.4, 0.6, 3, 3, 0)), shown(Interval(0.1, math.nan, math.nan, 1, 1, 0), signed=True)
    ('0.500 [0.400, 0.600]', '+0.100')
    """
    if math.isnan(interval.value):
        return "undefined"
    sign = "+" if signed else ""
    value = f"{interval.value:{sign}.3f}"
    return value if math.isnan(interval.low) else f"{value} [{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]"


def scores_table(results: Results) -> list[list[str]]:
    """Methods by columns, in the shape of SJMT's Table 2; the first row and column are names."""
    rows = [["method", *map(str, results.columns)]]
    for method in results.methods:
        rows.append([method, *(shown(results.mean(method, column)) for column in results.columns)])
    return rows


def differences_table(results: Results, base: str | None = None) -> list[list[str]]:
    """Every method minus ``base``, or every pair of methods without one, paired over seeds."""
    methods = results.methods
    pairs = [(m, o) for place, m in enumerate(methods) for o in methods[:place]]
    if base is not None:
        pairs = [(method, base) for method in methods if method != base]
    rows = [["difference", *map(str, results.columns)]]
    for method, other in pairs:
        cells = [shown(results.difference(method, other, column), signed=True) for column in results.columns]
        rows.append([f"{method} - {other}", *cells])
    return rows


def au_by_expression_table(grouped: dict[str, Any], threshold: float = 0.5) -> list[list[str]]:
    """Mean AU probabilities of the faces by predicted expression (SJMT, Table 3); the firing ones end with *."""
    rows = [["predicted", "faces", *grouped["aus"]]]
    for name, count, means in zip(grouped["expressions"], grouped["counts"], grouped["means"], strict=True):
        cells = ["" if m is None else f"{m:.2f}{'*' if m >= threshold else ''}" for m in means]
        rows.append([name, str(count), *cells])
    return rows


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown.

    >>> print(markdown([["a", "b"], ["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|" + "---|" * head.count(" | ") + "---|", *body])


def write_summary(folder: str | Path) -> Path:
    """Write an experiment's tables as Markdown into its folder: ``results.md``."""
    results = read_results(folder)
    parts = [f"Scores on test faces, seeds {results.seeds}", markdown(scores_table(results))]
    if len(results.methods) > 1:
        parts += ["Differences, paired over seeds", markdown(differences_table(results))]
    for grouped in results.everything["au_by_expression"]:
        if grouped["seed"] == results.seeds[0]:
            title = f"Mean AU probability by predicted expression: {grouped['method']} on {grouped['database']}"
            parts += [title, markdown(zip(*au_by_expression_table(grouped), strict=True))]
    path = Path(folder) / SUMMARY_FILE
    atomic_write(path, "\n\n".join(parts) + "\n")
    return path
