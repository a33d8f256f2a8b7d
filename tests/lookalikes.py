"""Tables laid out as the real databases' files, with drawn faces: recipes run on them where no data is at hand."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mien.data.synthetic import clips, stills
from mien.labels import EXPRESSIONS

Row = dict[str, Any]
CK_AUS = [1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27]
SPLITS = {"s0000": "val", "s0001": "test", "s0100": "val", "s0200": "val"}


def faces(first: int, people: int, each: int, **how: Any) -> Iterator[Row]:
    """Drawn faces with all labels, as dicts; people are numbered from ``first``."""
    for batch in stills(range(first, first + people), each, size=48, seed=5, grey=True, **how):
        yield from batch.to_pylist()


def frames(first: int, people: int, each: int) -> Iterator[Row]:
    """As ``faces``, of one film of each person."""
    for batch in clips(range(first, first + people), 1, frames=each, size=48, seed=5, grey=True):
        yield from batch.to_pylist()


def fer2013plus(row: Row) -> Row:
    split = SPLITS.get(row["subject"], "train")
    return {
        "usage": {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}[split],
        "fer2013_expression": None if row["expression"] == "contempt" else row["expression"],
        **{f"votes_{name}": 8 * (name == row["expression"]) + (name == "neutral") for name in EXPRESSIONS},
        "votes_unknown": 1,
        "votes_nf": 0,
        "duplicate_group": None,
        "leaks": False,
        "train_similarity": None if split == "train" else 0.5,
        "valence_derived": row["valence"],
        "arousal_derived": row["arousal"],
    }


def ck48(row: Row) -> Row:
    codes = {f"au_{number:02d}": row.get(f"AU{number:02d}", 0) for number in CK_AUS}
    seen = row["expression"] if row["expression"] != "neutral" else "anger"
    return {"subject": row["subject"], "sequence": row["subject"], "frame": 1, "expression": seen, **codes}


def muxspace(row: Row) -> Row:
    return {"subject": row["subject"], "source": "lfw", "expression": row["expression"]}


def avatars(row: Row) -> Row:
    codes = {f"au_{name[2:]}": row[name] for name in row if name.startswith("AU")}
    kept = ("subject", "expression", "compound", "valence", "arousal", "source")
    marks = {name: value for name, value in row.items() if name.startswith("lm_")}
    split = SPLITS.get(row["subject"], "train")
    seen = {"expression": None} if row["expression"] == "contempt" else {}
    named = {name: row[name] for name in kept}
    return named | seen | codes | marks | {"split": split, "family": row["subject"]}


def avatar_clips(row: Row) -> Row:
    of_the_clip = {"clip_expression": row["expression"], "clip_compound": row["compound"], "phase": 1.0}
    return avatars(row) | of_the_clip | {"clip": row["clip"], "frame": row["frame"]}


LOOKALIKES: dict[str, tuple[Callable[[Row], Row], int, Row]] = {
    "fer2013plus": (fer2013plus, 0, {"kinds": ["prototype"]}),
    "ck48": (ck48, 100, {"kinds": ["prototype"]}),
    "avatars": (avatars, 200, {}),
    "avatar_clips": (avatar_clips, 200, {}),
    "muxspace": (muxspace, 300, {"kinds": ["prototype"]}),
}


def write_lookalikes(folder: Path, people: int = 10, each: int = 4) -> Path:
    """Write all of them; returns the folder, to be named by ``MIEN_DATA``."""
    for name, (layout, first, how) in LOOKALIKES.items():
        drawn = frames(first, people, each) if layout is avatar_clips else faces(first, people, each, **how)
        rows = [layout(row) | {"image": row["image"]} for row in drawn]
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder
