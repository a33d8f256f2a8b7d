"""Calmer time lines: each person's values follow the network's with a lag."""

import math
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from mien.errors import MienError
from mien.inference.results import Faces

FORGET_S = 60.0  # a track that was not seen for so long starts anew, and a long video keeps no dead ones


class Smoother:
    """Exponential smoothing by time, person by person: y(t) = y(t-) + (1 - exp(-dt / tau)) (x(t) - y(t-)).

    Uneven frame times get the right weights, a gap counts by its length, and probabilities keep adding up to 1. It
    looks at the past alone, so that it works on a live stream; values lag by about tau.

    Args:
        tau_s: seconds; 63 % of a step shows after them. 0 changes nothing.
    """

    def __init__(self, tau_s: float) -> None:
        if not 0 <= tau_s <= FORGET_S:
            raise MienError(f"Smoothing over {tau_s:g} s; expected 0 to {FORGET_S:g}")
        self.tau_s = tau_s
        self._last: dict[int, tuple[float, dict[str, npt.NDArray[Any]]]] = {}

    def __call__(self, faces: Faces) -> Faces:
        """The frame's faces with smoothed values; frames must come in the order of time."""
        if not len(faces) or self.tau_s == 0:
            return faces
        values = {task: array.copy() for task, array in faces.values.items()}
        for row, (track, now) in enumerate(zip(faces.track_id.tolist(), faces.time_s.tolist(), strict=True)):
            if track in self._last:
                before, old = self._last[track]
                new = -math.expm1((before - now) / self.tau_s)
                for task, array in values.items():
                    array[row] = old[task] + new * (array[row] - old[task])
            self._last[track] = now, {task: array[row].copy() for task, array in values.items()}
        latest = float(faces.time_s.max())
        self._last = {track: kept for track, kept in self._last.items() if latest - kept[0] < FORGET_S}
        return replace(faces, values=values)
