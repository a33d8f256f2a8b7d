"""What all plots share: one look, the expressions' colours, and figures as SVG text."""

import functools
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mien.files import replacing
from mien.labels import ACTION_UNITS
from mien.report.plots import STYLE

P = ParamSpec("P")
R = TypeVar("R")

INK, FAINT = "#2b3440", "#8a94a0"
LOOK = STYLE | {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#c3c9d0",
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
}
EXPRESSION_COLOURS = {
    "neutral": "#d3d7dc",
    "happiness": "#e8b23a",
    "sadness": "#4477aa",
    "surprise": "#66ccee",
    "fear": "#8c5fa8",
    "disgust": "#4f9d5b",
    "anger": "#d1495b",
    "contempt": "#9c7352",
}
VA_COLOURS = {"valence": "#228833", "arousal": "#cc6677"}
HEAT = "YlOrRd"


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function under ``LOOK`` without touching the settings of whoever calls it."""

    @functools.wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(LOOK):
            return draw(*args, **kwargs)

    return inner


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of ``width`` x ``height`` inches with one plot."""
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def empty_figure(why: str, width: float = 6.0) -> Figure:
    """A figure that says why there is nothing to draw."""
    figure, axis = new_figure(width, 1.2)
    axis.axis("off")
    axis.text(0.5, 0.5, why, ha="center", va="center", color=FAINT)
    return figure


def au_name(au: str) -> str:
    """``AU12 lip corner puller``."""
    return f"{au} {ACTION_UNITS[au].name}"


def to_svg(figure: Figure) -> Markup:
    """A figure as an ``<svg>`` element to put into a page."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return Markup(text.getvalue()[text.getvalue().index("<svg") :])  # drawn by ourselves: nothing to escape


def save_plot(figure: Figure, path: Path) -> None:
    """Write a figure as ``path.png`` (200 dots an inch) and ``path.svg``."""
    for kind in ("png", "svg"):
        with replacing(path.with_name(f"{path.name}.{kind}")) as partial:
            figure.savefig(partial, format=kind, dpi=200)
