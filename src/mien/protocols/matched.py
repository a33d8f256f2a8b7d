"""Truth and answers as arrays, for the labels that a protocol scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from mien.data.columns import intensity
from mien.data.databases.reading import OTHER as OTHER_COLUMN
from mien.errors import ScoreError
from mien.labels import CLASS_TASKS
from mien.metrics.arrays import Array, Mask
from mien.protocols.base import OTHER, ScoringProtocol
from mien.protocols.outputs.base import Outputs

Part = tuple[Array, Mask]


def truth_columns(protocol: ScoringProtocol) -> dict[str, list[str]]:
    """Per task the columns that the truth has to have."""
    found: dict[str, list[str]] = {}
    for task, names in protocol.labels.items():
        graded = task == "au_intensity" or (task == "au" and protocol.present_from is not None)
        found[task] = [task] if task in CLASS_TASKS else [intensity(n) if graded else n for n in names]
    return found


def truth_of(protocol: ScoringProtocol, table: pa.Table, where: str) -> dict[str, Part]:
    """Per task what the annotators gave, and where they gave it.

    Raises:
        ScoreError: a column is missing; all that are, are named.
    """
    columns = truth_columns(protocol)
    missing = [name for names in columns.values() for name in names if name not in table.column_names]
    if missing:
        raise ScoreError(
            f"{where}: no column {', '.join(missing)}, which {protocol.name} scores; give a truth table that has them"
        )
    found: dict[str, Part] = {}
    for task, names in columns.items():
        if task in CLASS_TASKS:
            found[task] = class_places(_words(table, task), protocol.labels[task])
            continue
        values = np.stack([_numbers(table, name) for name in names], axis=1)
        known = ~np.isnan(values)
        if task == "au" and protocol.present_from is not None:
            values = (np.nan_to_num(values) >= protocol.present_from).astype(np.float64)
        found[task] = np.where(known, values, 0.0), known
    return found


def answers_of(protocol: ScoringProtocol, outputs: Outputs) -> tuple[dict[str, Part], list[str]]:
    """Per task what the tool answered and where it did, and notes on what it cannot answer.

    Of probabilities of classes the largest among the protocol's is the answer. A tool that writes only its one class is
    wrong where that is none of them.

    Raises:
        ScoreError: the file has no column for something that is scored.
    """
    found: dict[str, Part] = {}
    notes: list[str] = []
    for task, names in protocol.labels.items():
        if task in CLASS_TASKS:
            found[task], note = _class(protocol, task, outputs, names)
            notes += note
            continue
        columns = [intensity(name) if task == "au_intensity" else name for name in names]
        missing = [column for column in columns if column not in outputs.values]
        if missing:
            raise ScoreError(
                f"{outputs.where} ({outputs.tool}): no column for {', '.join(missing)}, which {protocol.name} scores; "
                f"it has {', '.join(outputs.values) or 'no numbers'}"
            )
        values = np.stack([outputs.values[column] for column in columns], axis=1)
        found[task] = np.nan_to_num(values), ~np.isnan(values)
    return found, notes


def class_places(words: Sequence[Any], classes: Sequence[str]) -> Part:
    """The place of each word among the classes (n,), and whether it is one of them."""
    places = {name: place for place, name in enumerate(classes)}
    found = np.array([places.get(word, -1) for word in words], np.float64)
    return np.maximum(found, 0), found >= 0


def _words(table: pa.Table, task: str) -> list[str | None]:
    """The class of each row; ``other`` included among expressions, which stands in a column of its own."""
    words: list[str | None] = table.column(task).to_pylist()
    if task != "expression" or OTHER_COLUMN not in table.column_names:
        return words
    others = table.column(OTHER_COLUMN).to_pylist()
    return [OTHER if other == OTHER else word for word, other in zip(words, others, strict=True)]


def _class(protocol: ScoringProtocol, task: str, outputs: Outputs, classes: Sequence[str]) -> tuple[Part, list[str]]:
    words = outputs.expression if task == "expression" else outputs.compound
    told = [name for name in classes if name in outputs.values]
    if told:
        return most_probable(outputs.values, told, classes), _never(outputs, told, classes)
    if words is None:
        raise ScoreError(
            f"{outputs.where} ({outputs.tool}): no column for {task}s, neither '{task}' nor one of "
            f"{', '.join(classes)}, which {protocol.name} scores"
        )
    places, one_of_them = class_places(words, classes)
    given = np.array([word is not None for word in words], bool)
    return (np.where(one_of_them, places, len(classes)), given), []


def most_probable(values: Mapping[str, Array], told: Sequence[str], classes: Sequence[str]) -> Part:
    """The place among ``classes`` of the largest of the probabilities that the tool has, and where it has them."""
    probs = np.stack([values[name] for name in told], axis=1)
    known = np.asarray(~np.isnan(probs).any(axis=1))
    places = np.array([classes.index(name) for name in told])
    return places[np.nan_to_num(probs, nan=-1.0).argmax(axis=1)].astype(np.float64), known


def _never(outputs: Outputs, told: Sequence[str], classes: Sequence[str]) -> list[str]:
    gone = [name for name in classes if name not in told]
    return [f"{outputs.tool} has no column for {', '.join(gone)}: never its answer"] if gone else []


def _numbers(table: pa.Table, name: str) -> Array:
    column = table.column(name)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_null(column.type)):
        raise ScoreError(f"The truth's column {name!r} holds {column.type}, expected numbers")
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
