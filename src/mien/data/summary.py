"""What a label table holds: rows, people and, label by label, how much was labelled and how often it is present."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mien.data.columns import CLASS_COLUMNS, VALUE_COLUMNS, task_columns
from mien.data.table import LabelTable
from mien.data.targets import class_index
from mien.labels import KNOWN_NAMES, PRESENT_AT

BATCH_ROWS = 65_536


@dataclass(frozen=True)
class LabelCount:
    """One class or action unit.

    Attributes:
        task, name: which label.
        labelled: rows where an annotator spoke of the task (a class) or of this label (an action unit).
        positive: rows of these with the class, the unit present, or an intensity of 1 (A) or more.
        share: ``positive`` / ``labelled``, 0 where nothing is labelled.
    """

    task: str
    name: str
    labelled: int
    positive: int

    @property
    def share(self) -> float:
        return self.positive / self.labelled if self.labelled else 0.0


@dataclass(frozen=True)
class Moments:
    """Values of one intensity, valence or arousal; all but ``labelled`` are null where nothing is labelled."""

    task: str
    name: str
    labelled: int
    mean: float | None
    sd: float | None
    min: float | None
    max: float | None


@dataclass(frozen=True)
class Summary:
    """Counts of a table.

    Attributes:
        table, rows: its name and number of rows.
        databases, splits: rows by name; ``none`` counts rows without one.
        subjects, clips: how many are named; the same name in two databases counts twice.
        counts: classes and action units, those that the annotators could give but never gave included.
        values: intensities, valence and arousal.
        notes: remarks by column, such as that a label is derived and not annotated.
    """

    table: str
    rows: int
    databases: dict[str, int]
    splits: dict[str, int]
    subjects: int
    clips: int
    counts: tuple[LabelCount, ...]
    values: tuple[Moments, ...]
    notes: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists, for JSON."""
        return {**asdict(self), "counts": [{**asdict(count), "share": count.share} for count in self.counts]}


def summarise(table: LabelTable) -> Summary:
    """Count what ``table`` holds, in one pass over its label columns.

    Raises:
        TableError: a class name is unknown; ``check`` lists all of them.

    >>> summary = summarise(LabelTable(pa.table({"expression": ["fear", None], "valence": [-0.5, 0.5]})))
    >>> summary.counts[0], summary.values[0].mean
    (LabelCount(task='expression', name='fear', labelled=1, positive=1), 0.0)
    """
    classes: Counter[tuple[str, str]] = Counter()
    sums = {(task, name): _Sums() for task in VALUE_COLUMNS for name in table.labels.get(task, ())}
    wanted = {column for task, names in table.labels.items() for column in task_columns(task, names)}
    for batch in table.stream([name for name in table.columns if name in wanted], rows=BATCH_ROWS):
        for task in table.labels.keys() & CLASS_COLUMNS.keys():
            index = class_index(batch, task, KNOWN_NAMES[task])
            counts = np.bincount(index[index >= 0], minlength=len(KNOWN_NAMES[task]))
            classes.update({(task, name): int(n) for name, n in zip(KNOWN_NAMES[task], counts, strict=True)})
        for (task, name), total in sums.items():
            total.add(batch.column(VALUE_COLUMNS[task][name]))
    return Summary(
        table=table.name,
        rows=len(table),
        databases=_rows_by(table, "database"),
        splits=_rows_by(table, "split"),
        subjects=_distinct(table, "subject"),
        clips=_distinct(table, "clip"),
        counts=(*_class_counts(table, classes), *_unit_counts(sums)),
        values=tuple(total.moments(*key) for key, total in sums.items() if key[0] != "au"),
        notes=table.notes,
    )


class _Sums:
    """Running sums of one column."""

    def __init__(self) -> None:
        self.labelled, self.positive, self.total, self.squares = 0, 0, 0.0, 0.0
        self.min, self.max = np.inf, -np.inf

    def add(self, column: pa.Array) -> None:
        values: npt.NDArray[np.float64] = column.drop_null().cast(pa.float64()).to_numpy(zero_copy_only=False)
        if len(values):
            self.labelled += len(values)
            self.positive += int((values >= PRESENT_AT).sum())
            self.total += float(values.sum())
            self.squares += float((values**2).sum())
            self.min, self.max = min(self.min, float(values.min())), max(self.max, float(values.max()))

    def moments(self, task: str, name: str) -> Moments:
        if not self.labelled:
            return Moments(task, name, 0, None, None, None, None)
        mean = self.total / self.labelled
        # The sum of squares suffices: values are below 5, so nothing is lost to cancellation.
        sd = max(self.squares / self.labelled - mean**2, 0.0) ** 0.5
        return Moments(task, name, self.labelled, mean, sd, self.min, self.max)


def _class_counts(table: LabelTable, classes: Counter[tuple[str, str]]) -> list[LabelCount]:
    found = []
    for task in [task for task in CLASS_COLUMNS if task in table.labels]:
        labelled = sum(n for (t, _), n in classes.items() if t == task)
        # A class that occurs although the annotators could not choose it is shown too, rather than lost.
        names = [name for name in KNOWN_NAMES[task] if name in table.labels[task] or classes[task, name]]
        found += [LabelCount(task, name, labelled, classes[task, name]) for name in names]
    return found


def _unit_counts(sums: Mapping[tuple[str, str], _Sums]) -> list[LabelCount]:
    wanted = ((task, name, total) for (task, name), total in sums.items() if task in ("au", "au_intensity"))
    return [LabelCount(task, name, total.labelled, total.positive) for task, name, total in wanted]


def _rows_by(table: LabelTable, column: str) -> dict[str, int]:
    """Rows by value, the largest first."""
    if column not in table.columns:
        return {"none": len(table)} if len(table) else {}
    counts: Counter[str] = Counter()
    for batch in table.stream([column], rows=BATCH_ROWS):
        for pair in pc.value_counts(batch.column(column)).to_pylist():
            counts["none" if pair["values"] is None else pair["values"]] += pair["counts"]
    return dict(counts.most_common())


def _distinct(table: LabelTable, column: str) -> int:
    """Different values of ``column``, counted within each database."""
    if column not in table.columns:
        return 0
    by = [name for name in ("database", column) if name in table.columns]
    named = table.read(by).filter(pc.is_valid(pc.field(column)))
    return int(named.group_by(by).aggregate([]).num_rows)
