"""Plots of an experiment, as matplotlib figures."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mien.metrics.intervals import Interval
from mien.report.results import Column, Results

ACROSS = 3  # axes side by side
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
}
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")  # Tol's bright set, for colour-blind eyes


def _figure(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        axes = figure.subplots(rows, columns, squeeze=False)
        return figure, list(axes.flat)


def scores_plot(results: Results) -> Figure:
    """Every method's score in every column, with its interval: the results table at a glance."""
    figure, _ = _intervals(results.methods, results.columns, results.mean)
    return figure


def differences_plot(results: Results, base: str) -> Figure:
    """What every other method has more than ``base`` in every column; an interval across the line is no difference."""
    others = [method for method in results.methods if method != base]
    figure, axes = _intervals(others, results.columns, lambda method, column: results.difference(method, base, column))
    for axis in axes:
        axis.axvline(0, color="#333333", linewidth=1)
    figure.supxlabel(f"more than {base}", fontsize=8)
    return figure


def _intervals(
    methods: Sequence[str], columns: Sequence[Column], interval: Callable[[str, Column], Interval[float]]
) -> tuple[Figure, list[Axes]]:
    """A dot with its interval for every method, one axis a column."""
    across = min(len(columns), ACROSS)
    down = ceil(len(columns) / across)
    figure, axes = _figure(3.0 * across, (0.3 * len(methods) + 0.8) * down, across, down)
    for axis in axes[len(columns) :]:
        axis.axis("off")
    for axis, column in zip(axes, columns, strict=False):
        for place, method in enumerate(methods):
            value, low, high, *_ = interval(method, column)
            colour = COLOURS[place % len(COLOURS)]
            axis.plot([low, high], [place, place], color=colour, linewidth=2, alpha=0.6)
            axis.plot(value, place, "o", color=colour)
        axis.set_title(str(column), fontsize=8)
        axis.set_yticks(range(len(methods)), methods if axis in axes[::across] else [""] * len(methods))
        axis.invert_yaxis()
        axis.grid(axis="x", alpha=0.3)
    return figure, axes[: len(columns)]


def curves_plot(logs: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Loss and validation score of every run, over the share of its steps.

    Args:
        logs: name of the run -> events of its log.
    """
    figure, (loss_axis, score_axis) = _figure(9, 3.2, 2)
    for place, (name, events) in enumerate(logs.items()):
        colour = COLOURS[place % len(COLOURS)]
        last = max((event["step"] for event in events), default=1)
        train = [event for event in events if event["kind"] == "train"]
        loss_axis.plot([e["step"] / last for e in train], _smooth([e["loss"] for e in train]), color=colour, label=name)
        validation = [event for event in events if event["kind"] == "validation"]
        score_axis.plot([e["step"] / last for e in validation], [e["overall"] for e in validation], "o-", color=colour)
    loss_axis.set_title("training loss (each method's own scale)")
    score_axis.set_title("validation: mean of the main scores")
    for axis in (loss_axis, score_axis):
        axis.set_xlabel("share of the run")
    if logs:  # a folder with results alone is a report, too
        loss_axis.legend(frameon=False, fontsize=7)
    return figure


def _smooth(values: Sequence[float], width: int = 5) -> npt.NDArray[np.float64]:
    """Running mean that keeps the length."""
    if len(values) < width:
        return np.asarray(values, float)
    padded = np.pad(np.asarray(values, float), width // 2, mode="edge")
    return np.convolve(padded, np.ones(width) / width, mode="valid")


def confusion_plot(truth: Sequence[str], predicted: Sequence[str], classes: Sequence[str], title: str) -> Figure:
    """Confusion matrix, each row (true class) as shares, with the number of faces beside its name."""
    counts = np.zeros((len(classes), len(classes)))
    for true, given in zip(truth, predicted, strict=True):
        counts[classes.index(true), classes.index(given)] += 1
    rows = counts.sum(axis=1)
    shares = np.divide(counts, rows[:, None], out=np.zeros_like(counts), where=rows[:, None] > 0)
    figure, (axis,) = _figure(0.5 * len(classes) + 2.2, 0.42 * len(classes) + 1.4)
    _heat(axis, shares, classes, [f"{c} ({int(n)})" for c, n in zip(classes, rows, strict=True)])
    axis.set_title(title)
    axis.set_xlabel("predicted")
    axis.set_ylabel("annotated")
    return figure


def au_by_expression_plot(grouped: Mapping[str, Any], title: str) -> Figure:
    """Mean AU probabilities of the faces by predicted expression (SJMT, Figure 2)."""
    means = np.array([[np.nan if m is None else m for m in row] for row in grouped["means"]], float)
    figure, (axis,) = _figure(0.42 * len(grouped["aus"]) + 2.2, 0.36 * len(grouped["expressions"]) + 1.3)
    rows = [f"{e} ({n})" for e, n in zip(grouped["expressions"], grouped["counts"], strict=True)]
    _heat(axis, means, grouped["aus"], rows)
    axis.set_title(title)
    axis.set_ylabel("predicted expression (faces)")
    return figure


def _heat(axis: Axes, values: npt.NDArray[np.float64], columns: Sequence[str], rows: Sequence[str]) -> None:
    """A matrix of shares with its numbers written in."""
    axis.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
    axis.set_yticks(range(len(rows)), rows)
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            axis.text(
                j, i, f"{value:.2f}", ha="center", va="center", fontsize=6.5, color="white" if value > 0.6 else "#333"
            )


def per_label_plot(results: Results, column: Column) -> Figure:
    """A metric label by label, every method beside the others."""
    labels = list(
        dict.fromkeys(
            r["label"]
            for r in results.scores
            if r["label"] and (r["database"], r["task"], r["metric"]) == (column.database, column.task, column.metric)
        )
    )
    figure, (axis,) = _figure(0.55 * len(labels) + 1.5, 2.6)
    width = 0.8 / len(results.methods)
    for place, method in enumerate(results.methods):
        values = [
            results.mean(method, column, label).value if results.records(method, column, label) else np.nan
            for label in labels
        ]
        at = np.arange(len(labels)) + (place - (len(results.methods) - 1) / 2) * width
        axis.bar(at, values, width, color=COLOURS[place % len(COLOURS)], label=method)
    axis.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axis.set_title(str(column))
    axis.legend(frameon=False, fontsize=7, ncols=len(results.methods))
    return figure
