"""Choose over how many seconds a network's values are smoothed, on validation clips."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mien.data.table import LabelTable
from mien.models.postprocess import Smoothing
from mien.smoothing import smooth
from mien.training.evaluate import Predictions, main_scores

WIDTHS_S = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
Kernel = Literal["gaussian", "box"]
Series = Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]


def choose_smoothing(found: Predictions, series: Series, kernel: Kernel) -> tuple[Smoothing | None, dict[float, float]]:
    """The width with the best mean of the tasks' main scores; of equals the smallest.

    Args:
        found: predictions, calibrated as they will be.
        series: see ``series_in``.
        kernel: as in ``mien.smoothing``.

    Returns:
        What to save, None where no width above 0 is better; and width -> score, NaN where it is undefined.
    """
    scores = {}
    for width in WIDTHS_S:
        values = main_scores(_smoothed(found, series, kernel, width).score(draws=0)).values()
        defined = [value for value in values if not math.isnan(value)]
        scores[width] = statistics.fmean(defined) if defined else math.nan
    best = max(WIDTHS_S, key=lambda width: (-math.inf if math.isnan(scores[width]) else scores[width], -width))
    return Smoothing(kernel=kernel, width_s=best) if best else None, scores


def series_in(table: LabelTable, rows: Sequence[int]) -> Series:
    """Each person's rows in each clip with more than one moment: their places in ``rows`` by time, and the times."""
    if not {"clip", "time_s"} <= set(table.columns):
        return []
    names = [name for name in ("clip", "subject", "time_s") if name in table.columns]
    columns = table.read(names).take(pa.array(rows, pa.int64())).to_pydict()
    people = columns.get("subject", [None] * len(rows))
    groups: dict[Any, list[int]] = {}
    for place, (clip, who, time) in enumerate(zip(columns["clip"], people, columns["time_s"], strict=True)):
        if clip is not None and time is not None:
            groups.setdefault((clip, who), []).append(place)
    series = []
    for places in groups.values():
        times = np.array([columns["time_s"][place] for place in places], np.float64)
        order = np.argsort(times, kind="stable")
        series.append((np.array(places)[order], times[order]))
    return [(places, times) for places, times in series if times[-1] > times[0]]


def _smoothed(found: Predictions, series: Series, kernel: Kernel, width_s: float) -> Predictions:
    preds = {task: values.copy() for task, values in found.preds.items()}
    for places, times in series:
        for values in preds.values():
            values[places] = smooth(values[places], times, width_s, kernel)
    return replace(found, preds=preds)
