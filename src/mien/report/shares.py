"""How often, how strongly: shares of expressions and distributions of action units."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mien.analysis.table import labels_in
from mien.inference.table import column_of
from mien.report.drawing import EXPRESSION_COLOURS, FAINT, INK, au_name, empty_figure, new_figure, styled


@styled
def expression_shares(rows: pd.DataFrame, title: str = "Expression shares") -> Figure:
    """Bars: the share of faces in which an expression is the likeliest; dots: its mean probability.

    The two differ where a network hesitates: an expression that is often second has a dot without a bar.
    """
    names = labels_in(rows).get("expression", ())
    if not names:
        return empty_figure("The model of this table gives no expressions.", 4.6)
    shares, means = likeliest(rows)
    figure, axis = new_figure(4.1, 4.2)
    places = np.arange(len(names))
    axis.barh(places, shares, color=[EXPRESSION_COLOURS[name] for name in names], height=0.7)
    axis.plot(means, places, "o", color=INK, markersize=4, label="mean probability")
    for place, share in enumerate(shares):
        axis.text(max(share, means.iloc[place]) + 0.02, place, f"{share:.0%}", va="center", fontsize=8)
    axis.set_yticks(places, list(names))
    axis.invert_yaxis()
    axis.set_xlim(0, max(0.3, float(max(shares.max(), means.max()))) * 1.18)
    axis.set_xticks([])
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.set_xlabel(
        "bar: share of the faces in which it is the likeliest\n• mean probability", fontsize=7.5, color=FAINT
    )
    axis.set_title(title)
    return figure


@styled
def shares_by_person(people: Mapping[str, pd.DataFrame], title: str = "Expression shares by person") -> Figure:
    """One bar per person, cut into the shares of the likeliest expressions.

    Args:
        people: name -> rows of that person.
    """
    found = {name: likeliest(rows)[0] for name, rows in people.items() if "expression" in labels_in(rows)}
    if not found:
        return empty_figure("The model of this table gives no expressions.")
    figure, axis = new_figure(9.6, 1.15 + 0.36 * len(found))
    for place, shares in enumerate(found.values()):
        left = 0.0
        for name, share in shares.items():
            axis.barh(place, share, left=left, height=0.72, color=EXPRESSION_COLOURS[str(name)])
            if share > 0.06:
                axis.text(
                    left + share / 2,
                    place,
                    f"{share:.0%}",
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color=_ink(str(name)),
                )
            left += share
    axis.set_yticks(range(len(found)), list(found))
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.set_xticks([])
    axis.spines[["left", "bottom"]].set_visible(False)
    drawn = list(dict.fromkeys(str(name) for shares in found.values() for name in shares.index))
    axis.set_title(title)
    squares = [axis.plot([], "s", color=EXPRESSION_COLOURS[name], label=name)[0] for name in drawn]
    axis.legend(handles=squares, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=8, frameon=False, fontsize=8)
    return figure


@styled
def au_distributions(rows: pd.DataFrame, title: str = "Action units", task: str = "au") -> Figure:
    """Of each action unit: median (dot), middle half (thick line) and middle nine tenths (thin line) of the faces."""
    names = labels_in(rows).get(task, ())
    if not names:
        return empty_figure("The model of this table gives no action units.", 4.6)
    figure, axis = new_figure(9.6, 1.0 + 0.23 * len(names))
    for place, name in enumerate(names):
        low, quarter, middle, three, high = rows[column_of(task, name)].quantile([0.05, 0.25, 0.5, 0.75, 0.95])
        axis.plot([low, high], [place, place], color="#e2955f", linewidth=1.2)
        axis.plot([quarter, three], [place, place], color="#d9601a", linewidth=5, solid_capstyle="butt")
        axis.plot(middle, place, "o", color="white", markeredgecolor=INK, markersize=5)
    axis.set_yticks(range(len(names)), [au_name(name) for name in names])
    axis.invert_yaxis()
    axis.set_xlim(0, 5 if task == "au_intensity" else 1)
    axis.grid(axis="x", color="#e6e9ec")
    axis.set_axisbelow(True)
    axis.spines["left"].set_visible(False)
    axis.set_xlabel("intensity" if task == "au_intensity" else "probability")
    axis.set_title(title)
    return figure


def _ink(expression: str) -> str:
    """Of text on an expression's colour."""
    return INK if expression in ("neutral", "happiness", "surprise") else "white"


def likeliest(rows: pd.DataFrame) -> "tuple[pd.Series[float], pd.Series[float]]":
    """Per expression: the share of faces in which it is the likeliest, and its mean probability."""
    probs = rows[list(labels_in(rows)["expression"])].dropna(how="all")
    shares = probs.idxmax(axis=1).value_counts(normalize=True)
    return shares.reindex(probs.columns, fill_value=0.0), probs.mean()
