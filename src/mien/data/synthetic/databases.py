"""Several synthetic databases that each give only some of the labels, as researchers find them."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa

from mien.data.columns import CLASS_COLUMNS, VALUE_COLUMNS, task_columns
from mien.data.prepare import Progress, silent
from mien.data.sampling import apportion
from mien.data.synthetic.clips import clips
from mien.data.synthetic.records import SCHEMA, stills
from mien.data.synthetic.sampling import DRAWN_COMPOUNDS, KINDS, Kind
from mien.data.table import write_batches
from mien.errors import MienError
from mien.labels import EXPRESSIONS, KNOWN_NAMES, TASKS

AT_ONCE = 4  # people per piece of work: small enough for an even load, large enough to be worth a process
CLASSES: dict[str, Sequence[str]] = {"expression": EXPRESSIONS, "compound": tuple(DRAWN_COMPOUNDS)}
SYNTHETIC = "synthetic: drawn by mien, true by construction, no human rating"


@dataclass(frozen=True)
class Drawing:
    """What to draw.

    Attributes:
        subjects: people per database; no person is in two databases.
        per_subject: pictures, or clips, of each.
        size: side of the pictures in pixels.
        seed: another seed draws other people.
        grey: without colour.
        frames: 0 for stills, else frames per clip.
        splits: shares of the people.
    """

    subjects: int = 60
    per_subject: int = 50
    size: int = 64
    seed: int = 0
    grey: bool = False
    frames: int = 0
    splits: tuple[tuple[str, float], ...] = (("train", 0.7), ("val", 0.1), ("test", 0.2))


def write_databases(
    folder: Path, databases: Mapping[str, Sequence[str]], drawing: Drawing, progress: Progress = silent
) -> list[Path]:
    """Draw databases with disjoint people and write ``FOLDER/NAME.parquet`` for each.

    Args:
        folder: where to.
        databases: name -> tasks whose labels it gives; the other label columns are left out.
        drawing: how many, how large.
        progress: wraps the work in a progress bar.

    Raises:
        MienError: an unknown task, or too few people for every split to have one.
    """
    for name, tasks in databases.items():
        for task in tasks:
            if task not in TASKS:
                raise MienError(f"Database {name}: unknown task {task!r}; known: {', '.join(TASKS)}")
    paths = []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for number, (name, tasks) in enumerate(databases.items()):
            people = range(number * drawing.subjects, (number + 1) * drawing.subjects)
            pieces = [list(people[i : i + AT_ONCE]) for i in range(0, len(people), AT_ONCE)]
            drawn = progress(
                pool.map(partial(_draw, drawing, name, _kinds(tasks)), pieces), f"drawing {name}", len(pieces)
            )
            path = folder / f"{name}.parquet"
            _write(path, drawn, tasks, _split_of(people, drawing))
            paths.append(path)
    return paths


def _kinds(tasks: Sequence[str]) -> Sequence[Kind]:
    """The kinds of pictures that carry a label: with classes alone, one without a class would carry none."""
    with_class: dict[str, Kind] = {"expression": "prototype", "compound": "compound"}
    return [with_class[task] for task in tasks] if set(tasks) <= with_class.keys() else KINDS


def _draw(drawing: Drawing, name: str, kinds: Sequence[Kind], people: Sequence[int]) -> list[pa.RecordBatch]:
    """The rows of a few people; runs in a process of its own."""
    if drawing.frames:
        size, seed, grey = drawing.size, drawing.seed, drawing.grey
        return list(clips(people, drawing.per_subject, drawing.frames, size, seed, grey, name))
    return list(stills(people, drawing.per_subject, drawing.size, drawing.seed, drawing.grey, name, kinds))


def _split_of(people: Sequence[int], drawing: Drawing) -> dict[str, str]:
    """Person -> split; people are drawn alike, so that taking them in order is as good as at random."""
    names, shares = zip(*drawing.splits, strict=True)
    if len(people) < len(names):
        raise MienError(f"{len(people)} people do not fill the splits {', '.join(names)}; draw more people")
    splits = np.repeat(names, apportion(shares, len(people)))
    return {f"s{person:04d}": str(split) for person, split in zip(people, splits, strict=True)}


def _write(path: Path, drawn: Iterable[list[pa.RecordBatch]], tasks: Sequence[str], split: Mapping[str, str]) -> None:
    given = {column for task in tasks for column in task_columns(task, KNOWN_NAMES[task])}
    withheld = {*CLASS_COLUMNS.values(), *(c for columns in VALUE_COLUMNS.values() for c in columns.values())} - given
    kept = [name for name in SCHEMA.names if name not in withheld]

    def rows() -> Iterator[pa.RecordBatch]:
        for batches in drawn:
            for batch in batches:
                place = SCHEMA.get_field_index("split")
                splits = pa.array([split[person] for person in batch.column("subject").to_pylist()], pa.string())
                yield batch.set_column(place, SCHEMA.field(place), splits).select(kept)

    schema = pa.schema([SCHEMA.field(name) for name in kept])
    classes = {task: CLASSES[task] for task in tasks if task in CLASSES}
    write_batches(path, schema, rows(), classes, dict.fromkeys(sorted(given & set(kept)), SYNTHETIC))
