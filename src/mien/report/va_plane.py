"""The plane of valence and arousal: where faces are, and the way they take."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from mien.analysis.table import labels_in
from mien.report.binning import bin_series
from mien.report.drawing import FAINT, INK, empty_figure, new_figure, styled
from mien.report.timeline import clock
from mien.smoothing import Array

CELLS = 80  # of the density along each axis
SPREAD = 0.06  # standard deviation of the density's kernel, in units of the plane
STOPS = 120  # of the way drawn through it


@styled
def va_plane(rows: pd.DataFrame, title: str = "Valence and arousal", way: bool = True) -> Figure:
    """Density of the faces on the plane, their mean, and the way through time.

    The density is a histogram of 80 x 80 cells smoothed by a Gaussian of 0.06, drawn in shares of its highest value.
    The way joins the means of at most 120 even stretches of time, from light to dark; gaps are not bridged.

    Args:
        rows: one person's rows of an analysis table in the order of time, or those of photos.
        way: draw the way; without it (or when no time passes) each face is a dot.
    """
    if "va" not in labels_in(rows):
        return empty_figure("The model of this table gives no valence and arousal.", 4.0)
    rows = rows[rows["valence"].notna() & rows["arousal"].notna()]
    points = rows[["valence", "arousal"]].to_numpy(np.float64)
    figure, axis = new_figure(4.1, 4.2)
    _draw_plane(axis)
    extent = (-1.0, 1.0, -1.0, 1.0)
    shares = density(points).T
    axis.imshow(shares, extent=extent, origin="lower", cmap="Blues", alpha=shares**0.5, interpolation="bilinear")
    if way and len(rows) > 1 and np.ptp(rows["time_s"].fillna(0.0)) > 0:
        _draw_way(axis, rows["time_s"].to_numpy(np.float64), points)
    else:
        axis.plot(*points[:: max(1, len(points) // 2000)].T, ".", color=INK, markersize=3, alpha=0.5)
    axis.plot(*points.mean(axis=0), "P", color="#d1495b", markeredgecolor="white", markersize=11, label="mean")
    axis.legend(loc="lower left", fontsize=7.5, frameon=True, framealpha=0.9, edgecolor="none")
    axis.set_title(title)
    return figure


def density(points: Array) -> Array:
    """How densely points (n, 2) in [-1, 1] lie, (80, 80) in shares of the highest value."""
    cells = np.clip((points + 1) * CELLS / 2, 0, CELLS - 1).astype(np.int64)
    counts = np.bincount(cells @ [CELLS, 1], minlength=CELLS**2).reshape(CELLS, CELLS).astype(np.float64)
    middles = (np.arange(CELLS) + 0.5) * 2 / CELLS
    kernel = np.exp(-0.5 * ((middles[:, None] - middles) / SPREAD) ** 2)
    smooth: Array = kernel @ counts @ kernel
    shares: Array = smooth / max(float(smooth.max()), np.finfo(float).tiny)
    return shares


def _draw_plane(axis: Axes) -> None:
    axis.set_xlim(-1.04, 1.04)
    axis.set_ylim(-1.04, 1.04)
    axis.set_aspect("equal")
    axis.add_patch(Circle((0, 0), 1, fill=False, edgecolor="#c3c9d0", linewidth=0.8))
    axis.axhline(0, color="#c3c9d0", linewidth=0.8)
    axis.axvline(0, color="#c3c9d0", linewidth=0.8)
    axis.spines[:].set_visible(False)
    axis.set_xticks([-1, 0, 1], ["-1\nunpleasant", "0\nvalence", "1\npleasant"])
    axis.set_yticks([-1, 0, 1], ["calm -1", "arousal 0", "excited 1"])


def _draw_way(axis: Axes, time_s: Array, points: Array) -> None:
    binned = bin_series(time_s, points, STOPS)
    stops, at = binned.mean, binned.time_s
    pieces = np.stack([stops[:-1], stops[1:]], axis=1)
    colours = mpl.colormaps["viridis_r"]
    lines = LineCollection(list(pieces), cmap=colours, linewidths=1.3, alpha=0.9)
    lines.set_array((at[1:] + at[:-1]) / 2)
    axis.add_collection(lines)
    seen = np.flatnonzero(~np.isnan(stops).any(axis=1))
    for place, mark, word in ((seen[0], "o", "start"), (seen[-1], "s", "end")):
        colour = colours(0.0 if word == "start" else 1.0)
        label = f"{word} {clock(float(at[place]))}"
        axis.plot(*stops[place], mark, color=colour, markeredgecolor="white", markersize=7, label=label)
    if binned.width_s:
        axis.set_title(binned.note("way: means"), loc="right", fontsize=6.5, color=FAINT, fontweight="normal")
