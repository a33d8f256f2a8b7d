"""Short films of drawn faces: action units rise, hold and fall, the head moves, eyes blink; person and light stay."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from mien.data.synthetic.curves import Array, bounded
from mien.data.synthetic.pose import View, sample_view
from mien.data.synthetic.records import Row, batches, draw_kind, person, row
from mien.data.synthetic.render import render
from mien.data.synthetic.sampling import OPENERS, FaceLabels, affect, sample_labels, settle
from mien.labels import INTENSITY_RANGE

SHOWN_FROM = 0.3  # share of the apex from which a frame has the clip's expression or compound
NEUTRAL_BELOW = 0.1  # and below which it is neutral; between the two it has no label
_CLIP = 3  # the generator's key of clips, beside those of persons and stills
_BLINK_S = 0.24
_BLINK_EVERY_S = 3.5


@dataclass(frozen=True)
class Motion:
    """How one AU moves in a clip: it rises from ``start`` to ``top``, holds, and falls from ``fall`` to ``end``.

    All four are shares of the clip; ``end`` may lie after it.
    """

    start: float
    top: float
    fall: float
    end: float

    def at(self, time: Array) -> Array:
        """Share of the apex at each time (N,), both in [0, 1], along smooth steps."""
        rise = np.clip((time - self.start) / (self.top - self.start), 0, 1)
        sink = np.clip((time - self.fall) / (self.end - self.fall), 0, 1)
        shape: Array = _ease(rise) * (1 - _ease(sink))
        return shape


def _ease(x: Array) -> Array:
    eased: Array = x * x * (3 - 2 * x)
    return eased


def _motions(rng: np.random.Generator, names: Sequence[str]) -> dict[str, Motion]:
    """One course for the face, a little earlier or later for each AU; what opens the mouth moves together."""
    start, top = rng.uniform(0.08, 0.2), rng.uniform(0.32, 0.48)
    fall, end = rng.uniform(0.55, 0.72), rng.uniform(0.82, 1.1)
    out: dict[str, Motion] = {}
    opening = None
    for name in names:
        shift = rng.uniform(-0.05, 0.05, 4)
        motion = Motion(start + shift[0], top + shift[1], fall + shift[2], end + shift[3])
        if name in ("AU25", *OPENERS):
            motion = opening = opening or motion
        out[name] = motion
    return out


def _blinks(rng: np.random.Generator, time_s: Array) -> Array:
    """(N,) intensity of AU43 from blinks, with about one blink in ``_BLINK_EVERY_S`` seconds."""
    closed = np.zeros(len(time_s))
    at = rng.uniform(0, _BLINK_EVERY_S)
    while at < time_s[-1] + _BLINK_S:
        away = np.clip(np.abs(time_s - at) / (_BLINK_S / 2), 0, 1)
        closed = np.maximum(closed, INTENSITY_RANGE[1] * _ease(1 - away))
        at += _BLINK_S * 2 + rng.exponential(_BLINK_EVERY_S)
    return closed


def _sway(rng: np.random.Generator, time_s: Array, reach: float) -> Array:
    """(N,) a slow smooth movement: two sines of under one hertz, zero on average."""
    speed, phase = rng.uniform(0.15, 0.7, 2), rng.uniform(0, 2 * np.pi, 2)
    waves = np.sin(2 * np.pi * speed[:, None] * time_s + phase[:, None])
    moved: Array = reach * (0.7 * waves[0] + 0.3 * waves[1])
    return moved


def frame_labels(apex: FaceLabels, shares: Mapping[str, float], blink: float = 0.0) -> FaceLabels:
    """The labels of one frame.

    With s the mean over the clip's active AUs of the intensity relative to its apex: the frame has the clip's
    expression or compound where s >= 0.3, is neutral where s < 0.1, and has neither between. A clip of random AUs
    has only neutral and null. Valence and arousal follow their rule on the frame's intensities.

    Args:
        apex: the labels at the apex.
        shares: AU to the share of its apex, [0, 1]; AUs that are not named keep their apex.
        blink: intensity of AU43 from a blink, 0-5.
    """
    now = {name: value * shares.get(name, 1.0) for name, value in apex.intensities.items()}
    now["AU43"] = max(now.get("AU43", 0.0), blink)
    now = settle(now)
    active = [shares.get(name, 1.0) for name in apex.present]
    level = sum(active) / len(active) if active else 0.0
    shown = level >= SHOWN_FROM
    expression = apex.expression if shown else "neutral" if level < NEUTRAL_BELOW else None
    compound = apex.compound if shown else None
    valence, arousal = affect(now, apex.expression, apex.compound)
    return FaceLabels(now, expression, compound, valence, arousal, apex.kind, apex.asymmetry)


def _views(rng: np.random.Generator, time_s: Array) -> list[View]:
    """A view for each frame: one light, place and camera, a moving head and fresh noise."""
    view = sample_view(rng)
    yaw, pitch, roll = (_sway(rng, time_s, reach) for reach in (7.0, 4.0, 4.0))
    x, y = _sway(rng, time_s, 0.01), _sway(rng, time_s, 0.01)
    return [
        replace(
            view,
            yaw_deg=bounded(view.yaw_deg + yaw[i], -30, 30),
            pitch_deg=bounded(view.pitch_deg + pitch[i], -15, 15),
            roll_deg=bounded(view.roll_deg + roll[i], -15, 15),
            shift_x=bounded(view.shift_x + x[i], -0.04, 0.04),
            shift_y=bounded(view.shift_y + y[i], -0.04, 0.04),
            noise_seed=i,
        )
        for i in range(len(time_s))
    ]


def _clip(
    subject: int, index: int, frames: int, size: int, seed: int, grey: bool, database: str, fps: float
) -> Iterator[Row]:
    rng = np.random.default_rng([seed, subject, _CLIP, index])
    identity, apex = person(seed, subject), sample_labels(rng, draw_kind(rng))
    time_s = np.arange(frames) / fps
    motions = _motions(rng, apex.present)
    courses = {name: motion.at(np.arange(frames) / max(frames - 1, 1)) for name, motion in motions.items()}
    blinks, views = _blinks(rng, time_s), _views(rng, time_s)
    for frame, view in enumerate(views):
        shares = {name: float(course[frame]) for name, course in courses.items()}
        labels = frame_labels(apex, shares, float(blinks[frame]))
        drawn = render(identity, labels.intensities, view, size, labels.asymmetry)
        out = row(database, subject, labels, drawn, view, grey)
        yield out | {"clip": f"s{subject:04d}_c{index:03d}", "frame": frame, "time_s": float(time_s[frame])}


def clips(
    subjects: Sequence[int],
    per_subject: int,
    frames: int,
    size: int,
    seed: int,
    grey: bool = False,
    database: str = "synthetic",
    fps: float = 25.0,
) -> Iterator[pa.RecordBatch]:
    """Films of drawn faces with labels for every frame, as record batches of ``records.SCHEMA``.

    Args:
        subjects: numbers of the persons, the same persons as in ``stills`` under one seed.
        per_subject: clips of each; ``frames`` of each clip, at ``fps`` frames a second.
        size, seed, grey, database: as in ``stills``.

    >>> next(clips([0], per_subject=1, frames=4, size=32, seed=1))["time_s"].to_pylist()
    [0.0, 0.04, 0.08, 0.12]
    """

    def rows() -> Iterator[Row]:
        for subject in subjects:
            for index in range(per_subject):
                yield from _clip(subject, index, frames, size, seed, grey, database, fps)

    return batches(rows())
