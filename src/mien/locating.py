"""Where the faces of a table are, for databases that say only where the people are, or nothing at all."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mien.data.columns import BODY, BOX, LANDMARKS
from mien.data.pictures import readable
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.faces.detect import Detections, Detector
from mien.labels import CLASS_TASKS
from mien.preprocessing import Image

ROWS_AT_ONCE = 256
NO_FACE = "no face found"
PLACE = (*BOX, *LANDMARKS)
Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
Boxes = npt.NDArray[np.float64]


def locate_faces(
    table: LabelTable, detector: Detector, progress: Progress = lambda items, what, total: items
) -> LabelTable:
    """``table`` with boxes and landmarks of faces where it has none; rows without a face are left out and listed.

    A face belongs to the smallest body that its middle lies in, and each person has one: the surest that is left.
    Where a table has no bodies either, the whole picture is the body. Rows with a face's box stay as they are.

    Args:
        table: pictures with a path or bytes.
        detector: what looks, a picture at a time.
        progress: wraps the batches in a progress bar.

    Returns:
        The table, with what was left out in ``read_faults``.

    Raises:
        MienError: the table has no pictures, or no face is found in any.
    """
    if not {"image", "path"} & set(table.columns):
        raise MienError(f"{table.name} has neither a column 'image' nor 'path'; give a table with pictures")
    placed = _placed(table, detector, progress)
    kept = np.asarray(~np.isnan(placed[:, : len(BOX)]).any(axis=1))
    if not kept.any():
        raise MienError(f"{table.name}: no face in any of its {len(table)} rows; are these pictures of people?")
    filled = table
    for column, values in zip(PLACE, placed.T, strict=True):
        filled = filled.replace(column, pa.array(values, from_pandas=True))
    rows = pa.Table.from_batches(filled.stream(), schema=filled.schema).filter(pa.array(kept))
    classes = {task: names for task, names in table.labels.items() if task in CLASS_TASKS}
    found = LabelTable(rows, classes=classes, notes=table.notes, root=table.root)
    found.read_faults = tuple(_faults(table, kept))
    return found


def _placed(table: LabelTable, detector: Detector, progress: Progress) -> Boxes:
    """(n, 14) box and landmarks of each row's face, NaN where there is none."""
    placed = np.full((len(table), len(PLACE)), np.nan)
    wanted = [name for name in ("image", "path", *PLACE, *BODY) if name in table.columns]
    start = 0
    batches = table.stream(wanted, rows=ROWS_AT_ONCE)
    for batch in progress(batches, f"{table.name}: looking for faces", -(-len(table) // ROWS_AT_ONCE)):
        given, bodies = _numbers(batch, PLACE), _numbers(batch, BODY)
        boxed = ~np.isnan(given[:, : len(BOX)]).any(axis=1)
        placed[start : start + batch.num_rows][boxed] = given[boxed]
        for rows, picture in _pictures(batch, np.flatnonzero(~boxed), table):
            height, width = picture.shape[:2]
            places = np.where(np.isnan(bodies[rows]), (0, 0, width, height), bodies[rows])
            faces = detector.detect([picture])[0]  # best first
            for person, face in _shared_out(places, faces):
                placed[start + rows[person]] = np.concatenate([faces.xyxy[face], faces.landmarks[face].ravel()])
        start += batch.num_rows
    return placed


def _pictures(
    batch: pa.RecordBatch, rows: npt.NDArray[np.int64], table: LabelTable
) -> Iterator[tuple[list[int], Image]]:
    """Each picture that can be read once, with those of ``rows`` that follow each other and show it."""
    paths = batch.column("path").to_pylist() if "path" in batch.schema.names else [None] * batch.num_rows
    shown = ((int(rows[place]), picture) for place, picture in readable(batch.take(pa.array(rows)), table))
    for _, people in groupby(shown, key=lambda one: paths[one[0]] or one[0]):
        found = list(people)
        yield [row for row, _ in found], found[0][1]


def _shared_out(bodies: Boxes, faces: Detections) -> Iterator[tuple[int, int]]:
    """(person, face) pairs: the surest face first, each to the smallest body without one that its middle lies in."""
    areas = (bodies[:, 2:] - bodies[:, :2]).prod(axis=1)
    for face, box in enumerate(faces.xyxy):
        middle = (box[:2] + box[2:]) / 2
        inside = (bodies[:, :2] <= middle).all(axis=1) & (middle <= bodies[:, 2:]).all(axis=1)
        person = int(np.where(inside, areas, np.inf).argmin())
        if np.isfinite(areas[person]) and inside[person]:
            areas[person] = np.inf  # has a face
            yield person, face


def _numbers(batch: pa.RecordBatch, columns: tuple[str, ...]) -> Boxes:
    """(n, columns) numbers, NaN where missing; a column that is not there is missing everywhere."""
    nothing = pa.nulls(batch.num_rows, pa.float64())
    arrays = [batch.column(name) if name in batch.schema.names else nothing for name in columns]
    return np.stack([array.cast(pa.float64()).to_numpy(zero_copy_only=False) for array in arrays], axis=1)


def _faults(table: LabelTable, kept: npt.NDArray[np.bool_]) -> Iterator[ReadFault]:
    paths = table.read(["path"]).column("path").to_pylist() if "path" in table.columns else [None] * len(table)
    for row in np.flatnonzero(~kept).tolist():
        yield ReadFault(NO_FACE, paths[row] or table.name, row + 1, 1, "no readable picture, or no face in it")
