"""Calmer time lines: each person's values follow the network's with a lag."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mien.errors import MienError
from mien.inference.results import Faces, concatenate
from mien.models.postprocess import Smoothing
from mien.smoothing import reach_s, smooth

T = TypeVar("T")

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


def smoothed(stream: Iterable[tuple[T, Faces]], how: Smoothing, live: bool = False) -> Iterator[tuple[T, Faces]]:
    """A video's faces with smoothed values, frame by frame in their order.

    A kernel around each moment waits for the frames that are to come, as far as it reaches, and holds no more than
    about three times that; a live stream, which cannot wait, is smoothed over the past with the same width.

    Args:
        stream: frames, or whatever goes with a frame, and its faces.
        how: as saved with the model.
        live: the frames come as they are taken.
    """
    if how.kernel == "past" or live:
        follow = Smoother(how.width_s)
        return ((item, follow(faces)) for item, faces in stream)
    return _around(stream, how) if how.width_s else iter(stream)


def _around(stream: Iterable[tuple[T, Faces]], how: Smoothing) -> Iterator[tuple[T, Faces]]:
    reach = reach_s(how.width_s, how.kernel)
    held: list[tuple[T, Faces]] = []
    given = 0  # of those held: kept for what follows them
    for item, faces in stream:
        held.append((item, faces))
        now = faces.index[1]
        if now - held[given][1].index[1] <= 2 * reach:  # many at once: each time smooths all that is held
            continue
        ready = sum(one.index[1] < now - reach for _, one in held)
        yield from _smooth_all(held, how)[given:ready]
        kept = next(i for i, (_, one) in enumerate(held) if one.index[1] >= held[ready][1].index[1] - reach)
        held, given = held[kept:], ready - kept
    yield from _smooth_all(held, how)[given:]


def _smooth_all(held: list[tuple[T, Faces]], how: Smoothing) -> list[tuple[T, Faces]]:
    """All frames that are held, each person smoothed over them."""
    shown = [faces for _, faces in held if len(faces)]
    if not shown:
        return held
    together = concatenate(shown)
    values = {task: array.copy() for task, array in together.values.items()}
    for track in np.unique(together.track_id):
        rows = together.track_id == track
        for array in values.values():
            array[rows] = smooth(array[rows], together.time_s[rows], how.width_s, how.kernel)
    found, end = [], 0
    for item, faces in held:
        start, end = end, end + len(faces)
        found.append((item, replace(faces, values={task: array[start:end] for task, array in values.items()})))
    return found
