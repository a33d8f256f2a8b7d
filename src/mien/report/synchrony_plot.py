"""Synchrony of two people, drawn: when, with what lag, and whether more than chance."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mien.analysis.synchrony import Synchrony
from mien.report.drawing import INK, styled
from mien.report.timeline import WIDTH, clock


@styled
def synchrony_plot(found: Synchrony, title: str = "Synchrony") -> Figure:
    """Left: correlation by time and lag, with each window's best lag. Right: strength against the shuffled series."""
    figure = Figure(figsize=(WIDTH, 2.7))
    lags, chance = figure.subplots(1, 2, width_ratios=[3, 1])
    half = (found.time_s[1] - found.time_s[0]) / 2 if len(found.time_s) > 1 else 0.5
    step = (found.lags_s[1] - found.lags_s[0]) / 2 if len(found.lags_s) > 1 else 0.5
    extent = (found.time_s[0] - half, found.time_s[-1] + half, found.lags_s[0] - step, found.lags_s[-1] + step)
    image = lags.imshow(found.r.T, extent=extent, origin="lower", aspect="auto", cmap="RdBu_r", vmin=-1, vmax=1)
    lags.plot(found.time_s, found.peak_lag_s, "o", color=INK, markersize=2.5)
    lags.axhline(0, color="white", linewidth=0.8)
    lags.set_ylabel("lag (s); above 0:\nthe second follows")
    lags.set_xlabel("time (min:s)   • best lag of a window")
    lags.xaxis.set_major_formatter(FuncFormatter(clock))
    lags.set_title(title)
    bar = figure.colorbar(image, ax=lags, pad=0.01, ticks=[-1, 0, 1])
    bar.outline.set_visible(False)
    bar.set_label("correlation")
    null = found.null[np.isfinite(found.null)]
    if len(null):
        chance.hist(null, bins=20, color="#c9ced4")
    chance.axvline(found.strength, color="#d1495b", linewidth=2)
    chance.set_yticks([])
    chance.spines["left"].set_visible(False)
    chance.set_xlabel("mean best correlation\ngrey: shuffled, red: found")
    chance.set_title(f"p = {found.p:.3f}")
    return figure
