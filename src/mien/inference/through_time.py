"""A video's faces read by a model of clips: each person's frames in windows, as they come.

A video that was read so and the same frames as one clip of a table (``Predictor.clip``) get the same answers.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from mien.inference.base import FloatArray, OverTime, Predictor
from mien.models.spec import TemporalSpec

T = TypeVar("T")
Values = dict[str, FloatArray]


class Seen(NamedTuple, Generic[T]):
    """A frame after the first half of a model of clips.

    Attributes:
        item: whatever goes with the frame.
        time_s: when it is shown.
        tracks: per face, the number of its person.
        features: (faces, F).
    """

    item: T
    time_s: float
    tracks: list[int]
    features: FloatArray


@dataclass
class _Face:
    """One person in one frame: what the windows said so far, each (labels,) per task."""

    features: FloatArray
    said: list[Values] = field(default_factory=list)
    final: bool = False

    def values(self) -> Values:
        return {task: np.mean([one[task] for one in self.said], axis=0, dtype=np.float32) for task in self.said[0]}


@dataclass
class _Clip:
    """The frames of a person from the start of the window that is not yet full."""

    faces: list[_Face] = field(default_factory=list)
    last_s: float = 0.0
    begun: bool = False  # an earlier window has been full


def through_time(stream: Iterable[Seen[T]], predictor: Predictor, at_once: bool = False) -> Iterator[tuple[T, Values]]:
    """What each frame's faces show, frame by frame in their order.

    A frame waits until the windows that it is in are full, or its person was gone for longer than a gap, so that frames
    of about a window and a gap are held. With a causal model it waits for one window.

    Args:
        stream: frames in the order of time.
        predictor: with a model of clips.
        at_once: no frame waits: its person's window ends with it. For live pictures.

    Yields:
        The item and per task (faces, labels); nothing per task of a frame without faces.
    """
    reader = _Reader(predictor, at_once)
    held: deque[tuple[T, list[_Face]]] = deque()
    for seen in stream:
        held.append((seen.item, reader.see(seen)))
        while held and all(face.final for face in held[0][1]):
            yield _answered(predictor, *held.popleft())
    reader.end()
    for item, faces in held:
        yield _answered(predictor, item, faces)


def _answered(predictor: Predictor, item: T, faces: list[_Face]) -> tuple[T, Values]:
    values = [face.values() for face in faces]
    tasks = values[0] if values else {}
    return item, predictor.calibrated({task: np.stack([one[task] for one in values]) for task in tasks})


class _Reader:
    """Reads the windows that are full, and tells their faces.

    Which windows there are is said by ``mien.windows.windows_over``: one every ``stride`` frames until the clip is
    covered, the last filled up by repeating its last frame.
    """

    def __init__(self, predictor: Predictor, at_once: bool) -> None:
        assert predictor.over_time is not None and predictor.info.spec.temporal is not None
        self.over_time: OverTime = predictor.over_time
        self.how: TemporalSpec = predictor.info.spec.temporal
        self.at_once = at_once
        self.clips: dict[int, _Clip] = {}

    def see(self, seen: Seen[T]) -> list[_Face]:
        """Take a frame; its faces become final now or later."""
        for track in [track for track, clip in self.clips.items() if seen.time_s - clip.last_s > self.how.gap_s]:
            self._close(self.clips.pop(track))
        faces = [_Face(features) for features in seen.features]
        for track, face in zip(seen.tracks, faces, strict=True):
            clip = self.clips.setdefault(track, _Clip())
            clip.faces.append(face)
            clip.last_s = seen.time_s
            self._take(clip)
        return faces

    def end(self) -> None:
        """No frame comes any more."""
        for clip in self.clips.values():
            self._close(clip)

    def _take(self, clip: _Clip) -> None:
        full = len(clip.faces) == self.how.window
        if full or self.at_once:
            self._read(clip.faces)
        if full:
            stride = self.how.stride
            for face in clip.faces[:stride]:
                face.final = True
            clip.faces, clip.begun = clip.faces[stride:], True

    def _close(self, clip: _Clip) -> None:
        if not self.at_once and (not clip.begun or len(clip.faces) > self.how.window - self.how.stride):
            self._read(clip.faces)
        for face in clip.faces:
            face.final = True

    def _read(self, faces: list[_Face]) -> None:
        """One window; a face that has its only answer is final: of a causal model the first one stands."""
        repeated = [faces[min(place, len(faces) - 1)].features for place in range(self.how.window)]
        said = self.over_time.run(np.stack(repeated)[None])
        first_stands = self.at_once or self.over_time.causal
        for place, face in enumerate(faces):
            if not (first_stands and face.said):
                face.said.append({task: values[0, place] for task, values in said.items()})
            face.final = first_stands
