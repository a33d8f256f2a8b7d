"""Time lines of one person: expressions, action units, valence and arousal."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mien.analysis.table import labels_in
from mien.inference.table import column_of
from mien.report.binning import Binned, bin_series
from mien.report.drawing import (
    EXPRESSION_COLOURS,
    FAINT,
    HEAT,
    VA_COLOURS,
    au_name,
    empty_figure,
    styled,
)

WIDTH = 9.6  # inches, as the margins for names on the left and legends on the right
LEFT, RIGHT = 1.7, 0.95


@styled
def expression_timeline(rows: pd.DataFrame, title: str = "Expressions") -> Figure:
    """Probabilities of the expressions, stacked to 1, over time.

    Args:
        rows: one person's rows of an analysis table, in the order of time.
    """
    names = labels_in(rows).get("expression", ())
    if not names:
        return empty_figure("The model of this table gives no expressions.")
    binned = bin_series(rows["time_s"], rows[list(names)])
    figure, axis = _time_figure(2.5)
    colours = [EXPRESSION_COLOURS[name] for name in names]
    if len(binned.time_s) == 1:
        axis.bar(binned.time_s, binned.mean[0], bottom=np.cumsum(binned.mean[0]) - binned.mean[0], color=colours)
    else:
        axis.stackplot(binned.time_s, binned.mean.T, colors=colours, labels=names, linewidth=0)
    axis.set_ylim(0, 1)
    axis.set_ylabel("probability")
    _legend(axis, [(name, EXPRESSION_COLOURS[name]) for name in names])
    return _over_time(figure, axis, binned, title, "means")


@styled
def au_timeline(rows: pd.DataFrame, title: str = "Action units", task: str = "au") -> Figure:
    """Action units as rows of colour over time; where bins are drawn, each shows its highest value.

    Args:
        rows: one person's rows of an analysis table, in the order of time.
        task: ``au`` for probabilities in [0, 1], ``au_intensity`` for intensities in [0, 5].
    """
    names = labels_in(rows).get(task, ())
    if not names:
        return empty_figure("The model of this table gives no action units.")
    binned = bin_series(rows["time_s"], rows[[column_of(task, name) for name in names]])
    figure, axis = _time_figure(0.9 + 0.23 * len(names))
    top = 5 if task == "au_intensity" else 1
    lines = np.arange(len(names) + 1) - 0.5
    axis.set_facecolor("#eef0f2")
    mesh = axis.pcolormesh(binned.edges_s, lines, binned.high.T, cmap=HEAT, vmin=0, vmax=top, rasterized=True)
    axis.hlines(lines[1:-1], *binned.edges_s[[0, -1]], color="white", linewidth=1.2)
    axis.set_yticks(range(len(names)), [au_name(name) for name in names])
    axis.invert_yaxis()
    axis.spines[["left", "bottom"]].set_visible(False)
    beside = axis.inset_axes((1.015, 0, 0.016, 1))
    bar = figure.colorbar(mesh, cax=beside, ticks=[0, top / 2, top])
    bar.outline.set_visible(False)
    bar.set_label("intensity" if top == 5 else "probability")
    return _over_time(figure, axis, binned, title, "highest")


@styled
def va_timeline(rows: pd.DataFrame, title: str = "Valence and arousal") -> Figure:
    """Valence and arousal over time; where bins are drawn, a band from each one's lowest to its highest value.

    Args:
        rows: one person's rows of an analysis table, in the order of time.
    """
    names = labels_in(rows).get("va", ())
    if not names:
        return empty_figure("The model of this table gives no valence and arousal.")
    binned = bin_series(rows["time_s"], rows[list(names)])
    figure, axis = _time_figure(2.3)
    axis.axhline(0, color="#c3c9d0", linewidth=0.8)
    for place, name in enumerate(names):
        colour = VA_COLOURS[name]
        mark = "o" if len(binned.time_s) == 1 else ""
        axis.plot(binned.time_s, binned.mean[:, place], color=colour, linewidth=1.3, marker=mark)
        if binned.width_s:
            axis.fill_between(
                binned.time_s, binned.low[:, place], binned.high[:, place], color=colour, alpha=0.2, linewidth=0
            )
    axis.set_ylim(-1, 1)
    axis.set_yticks([-1, 0, 1])
    _legend(axis, [(name, VA_COLOURS[name]) for name in names])
    return _over_time(figure, axis, binned, title, "means with lowest and highest")


def clock(seconds: float, _: object = None) -> str:
    """A time as minutes and seconds.

    >>> clock(75.5)
    '1:15.5'
    """
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes}:{rest // 10:02d}" + (f".{rest % 10}" if rest % 10 else "")


def _time_figure(height: float) -> tuple[Figure, Axes]:
    """A figure whose time axis stands at the same place in all time lines, so that they compare by eye."""
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("none")
    return figure, figure.add_axes((LEFT / WIDTH, 0.5 / height, (WIDTH - LEFT - RIGHT) / WIDTH, 1 - 0.8 / height))


def _over_time(figure: Figure, axis: Axes, binned: Binned, title: str, shown: str) -> Figure:
    axis.set_title(title)
    if binned.width_s:
        axis.set_title(binned.note(shown), loc="right", fontsize=7.5, color=FAINT, fontweight="normal")
    axis.set_xlim(*binned.edges_s[[0, -1]])
    axis.set_xlabel("time (min:s)")
    axis.xaxis.set_major_formatter(FuncFormatter(clock))
    return figure


def _legend(axis: Axes, entries: list[tuple[str, str]]) -> None:
    """Squares with names, beside the plot from the top down."""
    for place, (name, colour) in enumerate(entries):
        y = 0.95 - 0.125 * place
        axis.plot(1.015, y, "s", color=colour, markersize=7, transform=axis.transAxes, clip_on=False)
        axis.text(1.03, y, name, transform=axis.transAxes, va="center", fontsize=8)
