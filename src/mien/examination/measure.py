"""Run an exam: pictures through an ``Analyzer``, its answers against the labels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mien.data.databases import read_database
from mien.data.pictures import readable
from mien.data.splits import assign_splits
from mien.data.table import LabelTable
from mien.data.targets import class_index, labels_of
from mien.errors import ScoreError
from mien.examination.answers import Answers, Arrays
from mien.examination.base import Exam
from mien.inference.analyzer import Analyzer
from mien.labels import CLASS_TASKS, LabelSet
from mien.preprocessing import Image

ROWS_AT_ONCE = 256
Spoil = Callable[[Image], Image]
Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]


def answers(
    analyzer: Analyzer,
    exam: Exam,
    root: str | Path,
    *,
    spoil: Spoil | None = None,
    most: int | None = None,
    progress: Progress = lambda items, what, total: items,
) -> Answers:
    """Ask ``analyzer`` about every face of the exam.

    Args:
        analyzer: the network, with the detector that finds and cuts its faces.
        exam: which faces and labels.
        root: folder that holds the database's file.
        spoil: changes every picture before it is analysed.
        most: about as many rows at most, spread evenly.
        progress: wraps the batches in a progress bar.

    Raises:
        TableError: the database is not there.
        ScoreError: the network predicts none of the labels, or no face is left.
    """
    table = _rows(exam, root, most)
    labels = _scored(exam, analyzer.labels, table.labels)
    batches = table.stream(table.columns, rows=ROWS_AT_ONCE)
    total = -(-len(table) // ROWS_AT_ONCE)
    parts, lost = [], 0
    for batch in progress(batches, exam.reader, total):
        kept, values = _asked(analyzer, exam, batch, spoil, table)
        lost += batch.num_rows - len(kept)
        if len(kept):
            parts.append(_Part.of(batch.take(pa.array(kept)), values, labels, analyzer.labels, table, exam))
    if not parts:
        raise ScoreError(f"{table.name}: no face could be analysed; is {root} the data that {exam.reader} expects?")
    whole = _Part.joined(parts)
    if exam.one_per:
        whole = whole.averaged()
    limits = analyzer.predictor.info.thresholds
    thresholds = np.array([limits.get(au, 0.5) for au in labels.get("au", ())])
    return Answers(
        labels, whole.preds, whole.target, whole.mask, whole.people, whole.groups, thresholds=thresholds, lost=lost
    )


def _rows(exam: Exam, root: str | Path, most: int | None) -> LabelTable:
    """The wanted rows as a table of their own."""
    table = read_database(exam.reader, root)
    if exam.fractions:
        table = assign_splits(table, exam.fractions, seed=0)
    table.require(exam.where)
    arrow = table.read(list(table.columns))
    for column, value in exam.where.items():
        arrow = arrow.filter(pc.fill_null(pc.equal(arrow.column(column), value), False))
    for task in CLASS_TASKS:
        names = exam.labels.get(task)
        if names and len(exam.labels) == 1:  # rows of other classes have nothing to score
            arrow = arrow.filter(pc.is_in(arrow.column(task), value_set=pa.array(names)))
    if most is not None and arrow.num_rows > most:
        arrow = arrow.take(pa.array(np.linspace(0, arrow.num_rows - 1, most).astype(int)))
    return LabelTable(arrow, classes={t: table.labels[t] for t in CLASS_TASKS if t in table.labels}, root=table.root)


def _scored(exam: Exam, predicted: LabelSet, given: LabelSet) -> LabelSet:
    """The labels that exam, network and database share, in the network's order."""
    found: LabelSet = {}
    for task, names in predicted.items():
        if task in exam.labels:
            wanted = exam.labels[task] or names
            found[task] = tuple(n for n in names if n in wanted and n in given.get(task, ()))
    found = {task: names for task, names in found.items() if names}
    if not found:
        raise ScoreError(f"The network predicts {', '.join(predicted)}; none of it is scored: {', '.join(exam.labels)}")
    return found


def _asked(
    analyzer: Analyzer, exam: Exam, batch: pa.RecordBatch, spoil: Spoil | None, table: LabelTable
) -> tuple[list[int], Arrays]:
    """Which rows of a batch gave an answer, and the answers."""
    pictures = {row: spoil(picture) if spoil else picture for row, picture in readable(batch, table)}
    if not exam.photos:
        return list(pictures), analyzer.crops(list(pictures.values())).values
    found = {row: analyzer.image(picture) for row, picture in pictures.items()}
    best = {row: faces[int(faces.score.argmax())] for row, faces in found.items() if len(faces)}
    tasks = analyzer.labels
    return list(best), {t: np.concatenate([faces.values[t] for faces in best.values()]) for t in tasks} if best else {}


@dataclass(frozen=True)
class _Part:
    """Answers and truth of some rows; see ``Answers``. ``one`` (n,) says which rows count as one."""

    preds: Arrays
    target: Arrays
    mask: Arrays
    people: list[str]
    groups: dict[str, list[str]]
    one: list[str]

    @classmethod
    def of(
        cls,
        rows: pa.RecordBatch,
        values: Arrays,
        labels: LabelSet,
        predicted: LabelSet,
        table: LabelTable,
        exam: Exam,
    ) -> "_Part":
        truth = labels_of(rows, labels, table.labels, table.name, np.arange(rows.num_rows))
        target, mask = dict(truth.target), dict(truth.mask)
        preds: Arrays = {}
        for task, names in labels.items():
            preds[task] = values[task][:, [predicted[task].index(name) for name in names]]
            if task in CLASS_TASKS:
                index = class_index(rows, task, names)
                target[task], mask[task] = np.maximum(index, 0), index >= 0
                preds[task] = preds[task] / np.maximum(preds[task].sum(axis=1, keepdims=True), 1e-9)
        number = [f"row {row}" for row in range(rows.num_rows)]
        people = [name if name is not None else own for name, own in zip(_text(rows, exam.person), number, strict=True)]
        groups = {column: [str(value) for value in _text(rows, column)] for column in exam.groups}
        one = [str(value) for value in _text(rows, exam.one_per)] if exam.one_per else number
        return cls(preds, target, mask, people, groups, one)

    @classmethod
    def joined(cls, parts: "list[_Part]") -> "_Part":
        first = parts[0]
        arrays = {
            name: {t: np.concatenate([getattr(part, name)[t] for part in parts]) for t in getattr(first, name)}
            for name in ("preds", "target", "mask")
        }
        groups = {column: [value for part in parts for value in part.groups[column]] for column in first.groups}
        # A row without a name of its own is numbered within its batch: the batch's number keeps them apart.
        numbered = [(i, person) for i, part in enumerate(parts) for person in part.people]
        people = [f"{i} {person}" if person.startswith("row ") else person for i, person in numbered]
        return cls(**arrays, people=people, groups=groups, one=[value for part in parts for value in part.one])

    def averaged(self) -> "_Part":
        """Rows that count as one, as one: the mean of their predictions, and the truth of the first."""
        _, first, which = np.unique(np.array(self.one), return_index=True, return_inverse=True)
        counts = np.bincount(which)[:, None]
        preds = {}
        for task, values in self.preds.items():
            total = np.zeros((len(first), values.shape[1]))
            np.add.at(total, which, values)
            preds[task] = total / counts
        taken = {name: {t: a[first] for t, a in getattr(self, name).items()} for name in ("target", "mask")}
        groups = {column: [values[i] for i in first] for column, values in self.groups.items()}
        return _Part(
            preds, **taken, people=[self.people[i] for i in first], groups=groups, one=[self.one[i] for i in first]
        )


def _text(rows: pa.RecordBatch, column: str) -> list[str | None]:
    return rows.column(column).to_pylist() if column in rows.schema.names else [None] * rows.num_rows
