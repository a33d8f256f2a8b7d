"""From a label table to a store: choose rows, decode, cut, label. Done once per table, split and preprocessing."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mien.data.columns import BOX, LANDMARKS, task_columns
from mien.data.pictures import full_path
from mien.data.store import Skipped, Store, StoreWriter, cache_folder, is_complete, new_store, open_store
from mien.data.table import LabelTable
from mien.data.targets import Labels, labels_of
from mien.errors import ImageError, TableError
from mien.images import read_image
from mien.labels import LabelSet
from mien.preprocessing import Finder, Image, Preprocessing

VERSION = 3  # raise it when the arrays change their meaning: older caches are then not found
ROWS_AT_ONCE = 512

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]


def silent(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
    """No progress bar."""
    return items


@dataclass(frozen=True)
class Faces:
    """Which faces of a table are wanted, and how.

    Attributes:
        table: the database.
        name: its name in messages and results.
        labels: the network's label set: order and width of the targets.
        preprocessing: how faces are cut.
        where: columns and the value that a row must have there, for example ``{"split": "train"}``.
        tasks: tasks whose labels may be used, all by default; the others are withheld (masked).
        unlabelled: keep rows without any wanted label.
        find: where a face's five points lie, by picture and box (``mien.faces.locate.finder``), so that training faces
            are cut as a detector will have them cut later. The table's own landmarks are for faces in which it finds
            nothing, and for all faces when it is None.
    """

    table: LabelTable
    name: str
    labels: LabelSet
    preprocessing: Preprocessing
    where: dict[str, str] = field(default_factory=dict)
    tasks: tuple[str, ...] | None = None
    unlabelled: bool = False
    find: Finder | None = None

    @property
    def given(self) -> LabelSet:
        """The labels that may be used."""
        return {t: names for t, names in self.table.labels.items() if self.tasks is None or t in self.tasks}

    @property
    def key(self) -> str:
        """A name for the store: the same for the same pixels, labels and cut."""
        cut = self.preprocessing.model_dump(exclude={"mean", "std"})
        parts = [VERSION, self.table.fingerprint, str(self.table.root), _path_stats(self.table)]
        parts += [self.labels, self.given, cut, self.where, self.unlabelled, self.find is not None]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def padding(preprocessing: Preprocessing) -> int:
    """Pixels kept around the face for augmentation: an eighth of the side, as in CIFAR's pad-and-crop."""
    return preprocessing.size // 8


def prepare(faces: Faces, progress: Progress = silent) -> Store:
    """Decode, cut and label the wanted faces, or take them from the cache.

    Raises:
        TableError: no row can be used, or a label is wrong.
    """
    table = faces.table
    table.require(faces.where)
    folder = cache_folder() / faces.key
    if not is_complete(folder):
        with new_store(folder) as partial:
            _build(partial, faces, progress)
    store = open_store(folder, faces.name, tuple(faces.labels))
    if not len(store):
        chosen = " and ".join(f"{column} = {value}" for column, value in faces.where.items()) or "any value"
        raise TableError(
            f"{table.name}: no row with {chosen} has a picture and a label of {', '.join(faces.labels)} "
            f"({len(store.skipped)} pictures are broken); 'mien table summarise' shows its splits and labels"
        )
    return store


def _build(folder: Path, faces: Faces, progress: Progress) -> None:
    total, cut = _count(faces), faces.preprocessing
    side = cut.size + 2 * padding(cut)
    writer = StoreWriter(folder, total, faces.labels, (side, side, 1 if cut.grey else 3))
    batches = -(-len(faces.table) // ROWS_AT_ONCE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for pictures, found in progress(_labelled(faces), f"{faces.name}: cutting faces", batches):
            done = list(pool.map(lambda picture: _cut(picture, faces), pictures))
            writer.add(np.array([picture.row for picture in pictures], np.int64), done, found)
    writer.finish()


def _count(faces: Faces) -> int:
    """How many rows of the table have the wanted values."""
    if not faces.where:
        return len(faces.table)
    return sum(int(_chosen(batch, faces).sum()) for batch in faces.table.stream(list(faces.where)))


class _Picture(NamedTuple):
    """A row's picture, still encoded, and where its face is: box (4,) and landmarks (5, 2), None where unknown."""

    row: int
    source: bytes | Path | None
    box: npt.NDArray[np.float64] | None
    landmarks: npt.NDArray[np.float64] | None


def _labelled(faces: Faces) -> Iterator[tuple[list[_Picture], Labels]]:
    """Batches of chosen rows that carry a label, with their labels."""
    labelling = {column for task in faces.given for column in task_columns(task, faces.labels.get(task, ()))}
    wanted = labelling | {"path", "image", *BOX, *LANDMARKS, *faces.where}
    start = 0
    for batch in faces.table.stream([c for c in faces.table.columns if c in wanted], rows=ROWS_AT_ONCE):
        index = np.flatnonzero(_chosen(batch, faces))
        rows = batch.take(pa.array(index))
        found = labels_of(rows, faces.labels, faces.given, faces.table.name, index + start)
        if not faces.unlabelled:
            labelled = np.asarray(np.concatenate(list(found.mask.values()), axis=1).any(axis=1))
            index, found, rows = index[labelled], found.take(labelled), rows.filter(pa.array(labelled))
        yield _pictures(rows, index + start, faces.table), found
        start += batch.num_rows


def _chosen(batch: pa.RecordBatch, faces: Faces) -> npt.NDArray[np.bool_]:
    """Which rows of a batch have the wanted values."""
    mask = np.ones(batch.num_rows, bool)
    for column, value in faces.where.items():
        kind = batch.column(column).type
        try:
            wanted = pa.scalar(value).cast(kind)
        except pa.ArrowInvalid:
            raise TableError(f"{faces.table.name}: column {column!r} holds {kind}, never {value!r}") from None
        same = pc.equal(batch.column(column), wanted)
        mask &= np.asarray(pc.fill_null(same, False).to_numpy(zero_copy_only=False), bool)
    return mask


def _pictures(batch: pa.RecordBatch, rows: npt.NDArray[np.int64], table: LabelTable) -> list[_Picture]:
    names = batch.schema.names
    nothing: list[Any] = [None] * batch.num_rows
    images = batch.column("image").to_pylist() if "image" in names else nothing
    paths = batch.column("path").to_pylist() if "path" in names else nothing
    boxes = _numbers(batch, BOX)
    points = [None if five is None else five.reshape(5, 2) for five in _numbers(batch, LANDMARKS)]
    return [
        _Picture(int(row), image if image is not None else path and full_path(table, path), box, five)
        for row, image, path, box, five in zip(rows, images, paths, boxes, points, strict=True)
    ]


def _numbers(batch: pa.RecordBatch, columns: Sequence[str]) -> list[npt.NDArray[np.float64] | None]:
    """Each row's values of several columns; None where one is missing."""
    if not set(columns) <= set(batch.schema.names):
        return [None] * batch.num_rows
    values = np.stack([batch.column(c).cast(pa.float64()).to_numpy(zero_copy_only=False) for c in columns], axis=1)
    return [None if np.isnan(row).any() else row for row in values]


def _cut(picture: _Picture, faces: Faces) -> Image | Skipped:
    """The face of a row, or why there is none."""
    where = f"{faces.table.name}, row {picture.row}"
    if picture.source is None:
        return Skipped(picture.row, f"{where}: neither image nor path is given; add one or remove the row")
    try:
        image = read_image(picture.source, where if isinstance(picture.source, bytes) else "")
        found = faces.find(image, picture.box) if faces.find else None
        points = picture.landmarks if found is None else found
        return faces.preprocessing.crop(image, picture.box, padding(faces.preprocessing), points)
    except ImageError as error:
        return Skipped(picture.row, str(error))


def _path_stats(table: LabelTable) -> str:
    """A digest of the sizes and times of the picture files, so that changed pictures are prepared anew."""
    if "path" not in table.columns:
        return ""
    digest = hashlib.sha256()
    for batch in table.stream(["path"]):
        for path in batch.column("path").to_pylist():
            full = full_path(table, path) if path else None
            stat = full.stat() if full is not None and full.exists() else None
            digest.update(f"{path} {(stat.st_size, stat.st_mtime_ns) if stat else None}".encode())
    return digest.hexdigest()
