"""Moments worth looking at: peaks of a person's expressions and action units, and the clearest photos."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from mien.analysis.peaks import find_peaks
from mien.analysis.table import labels_in
from mien.inference.table import column_of
from mien.smoothing import smooth

SMOOTH_S = 0.1
PROMINENCE = 0.25  # of a probability; of an intensity, five times that
DISTANCE_S = 1.0
PER_LABEL = 6


class Moment(NamedTuple):
    """A face that stands out in one label.

    Attributes:
        row: its row in the table.
        label: expression or action unit.
        value: the label's own value there, not smoothed.
        time_s: NaN in a photo.
    """

    row: int
    label: str
    value: float
    time_s: float


def peak_moments(rows: pd.DataFrame, limit: int = 12) -> list[Moment]:
    """The strongest peaks of a person, at most six of a label, in the order of time.

    Each series is smoothed over 0.1 s; a peak stands out by a prominence of 0.25 (a probability) and keeps 1 s from
    the next one of its label. Where several labels peak within 1 s, the moment is told once, by the most prominent;
    expressions go before action units, and "neutral" is none.
    """
    found: list[tuple[bool, float, Moment]] = []
    for task in ("expression", "au", "au_intensity"):
        scale = 5.0 if task == "au_intensity" else 1.0
        for label in labels_in(rows).get(task, ()):
            if label == "neutral" or (task == "au_intensity" and "au" in labels_in(rows)):
                continue
            values = rows[column_of(task, label)].to_numpy(np.float64) / scale
            series = smooth(values, rows["time_s"], SMOOTH_S)
            peaks = find_peaks(series, rows["time_s"], prominence=PROMINENCE, min_distance_s=DISTANCE_S)
            for place in np.argsort(-peaks.prominence, kind="stable")[:PER_LABEL]:
                at = int(peaks.index[place])
                moment = Moment(int(rows.index[at]), label, float(values[at] * scale), float(peaks.time_s[place]))
                found.append((task != "expression", -float(peaks.prominence[place]), moment))
    kept: list[Moment] = []
    for *_, moment in sorted(found, key=lambda item: item[:2]):
        if len(kept) < limit and all(abs(moment.time_s - other.time_s) >= DISTANCE_S for other in kept):
            kept.append(moment)
    return sorted(kept, key=lambda moment: moment.time_s)


def clearest(rows: pd.DataFrame, each: int = 6) -> dict[str, list[Moment]]:
    """Per expression: the faces of which it is the likeliest, the most probable first, at most ``each``."""
    names = list(labels_in(rows).get("expression", ()))
    if not names:
        return {}
    probs = rows[names].dropna(how="all")
    likeliest = probs.idxmax(axis=1)
    found = {}
    for name in names:
        best = probs.loc[likeliest == name, name].sort_values(ascending=False, kind="stable")[:each]
        found[name] = [Moment(int(str(row)), name, float(value), np.nan) for row, value in best.items()]
    return {name: moments for name, moments in found.items() if moments}
