"""The parts of an analysis page: what is drawn of a person, of photos, of two people together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from mien.analysis.overview import longest_gap_s
from mien.analysis.synchrony import on_one_clock, synchrony
from mien.analysis.table import Person, frames_per_second, labels_in
from mien.errors import ScoreError
from mien.report.drawing import save_plot, to_svg
from mien.report.moments import Moment, clearest, peak_moments
from mien.report.muscle_map import muscle_map_of
from mien.report.shares import au_distributions, expression_shares
from mien.report.synchrony_plot import synchrony_plot
from mien.report.timeline import au_timeline, clock, expression_timeline, va_timeline
from mien.report.va_plane import va_plane
from mien.smoothing import smooth

PAIRS = 4  # of people that are drawn together, in all
PAIR_RATE_HZ, PAIR_SMOOTH_S, PAIR_LEAST_S = 10.0, 0.2, 20.0


class Plot(NamedTuple):
    """A plot in the page; ``wide`` ones take the whole width."""

    svg: Markup
    name: str
    wide: bool


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        anchor: its name in addresses within the page.
        title, facts: heading, and what stands below it.
        plots: in the order in which they are read.
        moments: heading -> faces that stand out.
    """

    anchor: str
    title: str
    facts: str
    plots: list[Plot]
    moments: dict[str, list[Moment]] = field(default_factory=dict)


class Sketchbook:
    """Turns figures into SVG for the page and, when it has a folder, keeps each as PNG and SVG files there."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._numbers = count(1)

    def draw(self, figure: Figure, name: str, wide: bool = False) -> Plot:
        """A plot of the page; its files are called ``07-person-1-expressions`` and the like."""
        if self.folder is not None:
            save_plot(figure, self.folder / f"{next(self._numbers):02d}-{name}")
        return Plot(to_svg(figure), name.replace("-", " "), wide)


def person_section(person: Person, rows: pd.DataFrame, number: int, book: Sketchbook) -> Section:
    """Time lines, plane, shares, muscles and peaks of one person."""
    labels, name = labels_in(rows), f"person-{number}"
    au = "au" if "au" in labels else "au_intensity"
    plots = []
    if "expression" in labels:
        plots.append(book.draw(expression_timeline(rows), f"{name}-expressions", wide=True))
    if au in labels:
        plots.append(book.draw(au_timeline(rows, task=au), f"{name}-action-units", wide=True))
    if "va" in labels:
        plots.append(book.draw(va_timeline(rows), f"{name}-valence-arousal", wide=True))
    plots += _pictures_of(rows, name, book)
    time_s = rows["time_s"]
    side = float(np.median(np.minimum(rows["x2"] - rows["x1"], rows["y2"] - rows["y1"])))
    facts = (
        f"{Path(person.path).name}, track {person.track}: {len(rows):,} frames from {clock(time_s.min())} to "
        f"{clock(time_s.max())}, {frames_per_second(time_s):.3g} a second; longest gap {longest_gap_s(time_s):.1f} s; "
        f"face {side:.0f} pixels wide (median)"
    )
    return Section(name, f"Person {number}", facts, plots, {"Peaks": peak_moments(rows)})


def photo_section(rows: pd.DataFrame, book: Sketchbook) -> Section:
    """Distributions over photos, and the clearest faces of each expression."""
    labels = labels_in(rows)
    plots = _pictures_of(rows, "photos", book)
    if tasks := [task for task in ("au", "au_intensity") if task in labels]:
        plots.append(
            book.draw(au_distributions(rows, "Action units over faces", tasks[0]), "photos-action-units", wide=True)
        )
    facts = f"{len(rows):,} faces in {rows['path'].nunique():,} photos; photos have no time, so there are no time lines"
    return Section("photos", "Photos", facts, plots, {name.capitalize(): m for name, m in clearest(rows).items()})


def pair_sections(people: dict[Person, pd.DataFrame], numbers: dict[Person, int], book: Sketchbook) -> list[Section]:
    """Synchrony of people who were in one video for 20 s together, at most four pairs, those seen longest first."""
    found: list[Section] = []
    for one, other in combinations(people, 2):
        column = next((c for c in ("valence", "happiness", "AU12") if _both(people[one], people[other], c)), None)
        if one.path != other.path or column is None or len(found) == PAIRS:
            continue
        times = [people[p]["time_s"].to_numpy() for p in (one, other)]
        x, y = (smooth(people[p][column], people[p]["time_s"], PAIR_SMOOTH_S) for p in (one, other))
        rate = min(PAIR_RATE_HZ, *map(frames_per_second, times))
        try:
            a, b, time_s = on_one_clock(x, times[0], y, times[1], rate)
            if time_s[-1] - time_s[0] < PAIR_LEAST_S:
                continue
            sync = synchrony(a, b, time_s, draws=100)
        except ScoreError:  # never in sight together, or too briefly: nothing to show
            continue
        first, second = numbers[one], numbers[other]
        title = f"{column.capitalize()}: persons {first} and {second}"
        plot = book.draw(synchrony_plot(sync, title), f"persons-{first}-{second}-synchrony", wide=True)
        who = (first, second) if sync.lag_s >= 0 else (second, first)
        lead = f"person {who[1]} follows person {who[0]} by {abs(sync.lag_s):.1f} s" if sync.lag_s else "with no lag"
        facts = (
            f"{Path(one.path).name}: mean best correlation {sync.strength:.2f}, {lead}; "
            f"p = {sync.p:.2f} against {len(sync.null)} phase-shuffled series (one test of several, not corrected)"
        )
        found.append(Section(f"pair-{first}-{second}", f"Persons {first} and {second} together", facts, [plot]))
    return found


def _pictures_of(rows: pd.DataFrame, name: str, book: Sketchbook) -> list[Plot]:
    """What needs no time: muscles, plane, shares."""
    labels = labels_in(rows)
    muscles: Iterator[Plot] = iter(())
    if labels.keys() & {"au", "au_intensity"}:
        muscles = (book.draw(muscle_map_of(rows, kind), f"{name}-muscles-{kind}") for kind in ("mean", "peak"))
    plots = [next(muscles, None)]
    plots.append(book.draw(va_plane(rows), f"{name}-plane") if "va" in labels else None)
    plots.append(next(muscles, None))
    plots.append(book.draw(expression_shares(rows), f"{name}-shares") if "expression" in labels else None)
    return [plot for plot in plots if plot is not None]


def _both(one: pd.DataFrame, other: pd.DataFrame, column: str) -> bool:
    return all(column in rows.columns and rows[column].notna().sum() > 1 for rows in (one, other))
