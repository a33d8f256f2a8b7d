"""A map of facial muscles: action units as coloured regions on a drawn face."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from mien.analysis.table import labels_in
from mien.choose import choose
from mien.inference.table import column_of
from mien.labels import ACTION_UNITS
from mien.report.drawing import FAINT, HEAT, empty_figure, new_figure, styled
from mien.report.face_drawing import MUSCLES, draw_face, draw_features

STATISTICS = {"mean": "mean", "peak": "max"}
LABELS_X, SPACING = 1.12, 0.17


def muscle_map_of(rows: pd.DataFrame, statistic: str = "mean", title: str = "") -> Figure:
    """The map of a table's action units: their ``mean`` or their ``peak`` (highest value) over the rows.

    Probabilities are drawn, or intensities when the table has no probabilities.
    """
    task = "au" if "au" in labels_in(rows) else "au_intensity"
    names = labels_in(rows).get(task, ())
    if not names:
        return empty_figure("The model of this table gives no action units.", 4.6)
    found = rows[[column_of(task, name) for name in names]].agg(choose(STATISTICS, statistic, "statistic"))
    top = 5.0 if task == "au_intensity" else 1.0
    unit = "intensity, 0 to 5" if task == "au_intensity" else "probability"
    values = dict(zip(names, (float(value) for value in found), strict=True))
    return muscle_map(values, title or f"Action units: {statistic} {unit}", top)


@styled
def muscle_map(values: Mapping[str, float], title: str = "Action units", top: float = 1.0) -> Figure:
    """Colour the muscles of action units on a face, and name each with its value.

    Both sides show the same value: the measurement does not tell left from right. Regions are schematic; muscles that
    lie upon each other, as around the mouth, are drawn side by side.

    Args:
        values: action unit -> value in [0, ``top``].
        top: the value of the darkest colour.

    >>> figure = muscle_map({"AU12": 0.9, "AU06": 0.6}, "A smile")
    """
    figure, axis = new_figure(7.4, 4.9)
    axis.set_xlim(-2.55, 2.55)
    axis.set_ylim(-1.68, 1.36)
    axis.set_aspect("equal")
    axis.axis("off")
    draw_face(axis)
    colours = mpl.colormaps[HEAT]
    for name in sorted(values, key=lambda name: -_area(name)):
        for outline in MUSCLES[name]:
            sides = [outline] if name == "AU46" else [outline, outline * [-1, 1]]
            for points in sides:
                colour = colours(np.clip(values[name] / top, 0, 1))
                axis.add_patch(Polygon(points, facecolor=colour, edgecolor="#7a5230", linewidth=0.5, zorder=4))
    draw_features(axis)
    _label(axis, values, top)
    axis.set_title(title, loc="center")
    return figure


def _label(axis: Axes, values: Mapping[str, float], top: float) -> None:
    """Names in two columns, in the order of height, each joined to its muscle by a line."""
    ordered = sorted(values, key=lambda name: -_anchor(name)[1])
    for side, names in ((-1, ordered[1::2]), (1, ordered[::2])):
        heights = spread([_anchor(name)[1] for name in names], SPACING, -1.6, 1.3)
        for name, y in zip(names, heights, strict=True):
            x, target = _anchor(name)
            axis.plot([side * x, side * 1.0, side * LABELS_X], [target, y, y], color=FAINT, linewidth=0.6, zorder=5)
            axis.plot(side * x, target, ".", color="#5a4632", markersize=3, zorder=7)
            _label_one(axis, name, values[name], top, side * LABELS_X, y)


def _label_one(axis: Axes, name: str, value: float, top: float, x: float, y: float) -> None:
    share = float(np.clip(value / top, 0, 1))
    side, ink = np.sign(x), "white" if share > 0.55 else "#3a2a1a"
    box = {"boxstyle": "round,pad=0.25", "facecolor": mpl.colormaps[HEAT](share), "edgecolor": "none"}
    number = f"{value:.2f}" if top <= 1 else f"{value:.1f}"
    axis.text(x + 0.13 * side, y, number, fontsize=7.5, color=ink, ha="center", va="center", bbox=box)
    align = "left" if side > 0 else "right"
    axis.text(x + 0.3 * side, y, f"{name}  {ACTION_UNITS[name].name}", fontsize=7.5, va="center", ha=align)


def spread(wanted: list[float], least: float, low: float, high: float) -> list[float]:
    """Heights near the wanted, falling ones, at least ``least`` apart and within bounds where they have room.

    >>> spread([0.5, 0.5], 0.25, 0, 1)
    [0.625, 0.375]
    """
    if not wanted:
        return []
    least = min(least, (high - low) / max(1, len(wanted) - 1))
    # With falling targets z_i = y_i + i * least, "apart" becomes "never rising": pool neighbours that break it.
    pools: list[list[float]] = []
    for place, height in enumerate(wanted):
        pools.append([height + place * least])
        while len(pools) > 1 and np.mean(pools[-2]) < np.mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    levels = [float(np.mean(pool)) for pool in pools for _ in pool]
    bounds = low + (len(wanted) - 1) * least, high
    return [float(np.clip(level, *bounds)) - place * least for place, level in enumerate(levels)]


def _area(name: str) -> float:
    """Of the largest outline of an action unit (shoelace formula)."""
    return max(abs(float(np.sum(x * np.roll(y, 1) - y * np.roll(x, 1)))) for x, y in (p.T for p in MUSCLES[name]))


def _anchor(name: str) -> tuple[float, float]:
    """A point in the middle of an action unit's first muscle."""
    outline = MUSCLES[name][0]
    n = len(outline)
    middle = (outline[n // 4] + outline[-1 - n // 4]) / 2
    return float(middle[0]), float(middle[1])
