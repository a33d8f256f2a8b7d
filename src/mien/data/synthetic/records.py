"""Rows of drawn faces as Arrow record batches: still pictures, in bounded batches, in any order."""

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from mien.data.columns import LANDMARKS, TYPES, intensity
from mien.data.synthetic.identity import Identity, sample_identity
from mien.data.synthetic.muscles import DRAWN_AUS
from mien.data.synthetic.pose import View, sample_view
from mien.data.synthetic.render import Rendered, render
from mien.data.synthetic.sampling import KIND_SHARES, KINDS, FaceLabels, Kind, sample_labels
from mien.errors import MienError
from mien.labels import PRESENT_AT
from mien.preprocessing import Image

BATCH_ROWS = 256
SOURCE = "mien synthetic faces"
Row = dict[str, Any]

_INTENSITY = {name: intensity(name) for name in DRAWN_AUS}  # the columns' names

# What the keys of a random generator stand for, so that no two of them share a stream.
_PERSON, _STILL = 1, 2

SCHEMA = pa.schema(
    [
        *((name, TYPES[name]) for name in ("database", "split", "subject", "clip", "frame", "time_s", "image")),
        *((name, TYPES[name]) for name in ("expression", "compound")),
        *((name, TYPES[name]) for au in DRAWN_AUS for name in (au, _INTENSITY[au])),
        *((name, TYPES[name]) for name in ("valence", "arousal", *LANDMARKS)),
        *((f"{angle}_deg", pa.float32()) for angle in ("yaw", "pitch", "roll")),
        ("source", pa.string()),
    ]
)


def person(seed: int, subject: int) -> Identity:
    """The person that a seed and a subject's number stand for."""
    return sample_identity(np.random.default_rng([seed, subject, _PERSON]))


def encode(image: Image, grey: bool) -> bytes:
    """A lossless PNG; a grey one has a single channel, which a reader spreads over three equal ones."""
    stored = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY if grey else cv2.COLOR_RGB2BGR)
    # No search for repeats: three times as fast here, and smaller on noisy pictures. A compression level must not be
    # named: it would make libpng try every filter on every row, twice the time for 6 % fewer bytes.
    options = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]
    done, data = cv2.imencode(".png", stored, options)
    if not done:
        raise MienError(f"OpenCV could not encode a picture of shape {image.shape} as PNG")
    return data.tobytes()


def row(database: str, subject: int, labels: FaceLabels, drawn: Rendered, view: View, grey: bool) -> Row:
    """One row of ``SCHEMA``; what is left out is null."""
    out: Row = {
        "database": database,
        "subject": f"s{subject:04d}",
        "image": encode(drawn.image, grey),
        "expression": labels.expression,
        "compound": labels.compound,
        "valence": labels.valence,
        "arousal": labels.arousal,
        "yaw_deg": view.yaw_deg,
        "pitch_deg": view.pitch_deg,
        "roll_deg": view.roll_deg,
        "source": f"{SOURCE}: {labels.kind}",
    }
    for name, value in labels.intensities.items():
        out[name], out[_INTENSITY[name]] = int(value >= PRESENT_AT), value
    out.update(zip(LANDMARKS, drawn.landmarks.ravel().tolist(), strict=True))
    return out


def batches(rows: Iterable[Row], limit: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Record batches of at most ``limit`` rows, made as they are asked for."""
    stream = iter(rows)
    while chunk := list(islice(stream, limit)):
        yield pa.RecordBatch.from_pylist(chunk, schema=SCHEMA)


def draw_kind(rng: np.random.Generator, kinds: Sequence[Kind] = KINDS) -> Kind:
    """How a row's labels are drawn, one of ``kinds`` in the proportions of ``KIND_SHARES``."""
    ends = list(accumulate(KIND_SHARES[kind] for kind in kinds))
    return kinds[bisect(ends[:-1], ends[-1] * rng.random())]


def stills(
    subjects: Sequence[int],
    per_subject: int,
    size: int,
    seed: int,
    grey: bool = False,
    database: str = "synthetic",
    kinds: Sequence[Kind] = KINDS,
) -> Iterator[pa.RecordBatch]:
    """Still pictures of drawn faces with all their labels, as record batches of ``SCHEMA``.

    Each picture depends on seed, subject and its own number alone, so any part of a data set can be made by itself.

    Args:
        subjects: numbers of the persons; equal numbers under one seed are one person.
        per_subject: pictures of each.
        size: side of the square pictures in pixels, 32-256.
        seed: of everything.
        grey: store one grey channel.
        database: name for the database column.
        kinds: what pictures may show: ``prototype`` an expression, ``compound`` two, ``random`` any action units.

    >>> next(stills([0], per_subject=3, size=32, seed=1)).num_rows
    3
    """

    def rows() -> Iterator[Row]:
        for subject in subjects:
            identity = person(seed, subject)
            for index in range(per_subject):
                rng = np.random.default_rng([seed, subject, _STILL, index])
                labels, view = sample_labels(rng, draw_kind(rng, kinds)), sample_view(rng)
                drawn = render(identity, labels.intensities, view, size, labels.asymmetry)
                yield row(database, subject, labels, drawn, view, grey)

    return batches(rows())
