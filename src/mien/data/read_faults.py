"""What a reader could not take from a database: counted, listed with file and line, and never fatal for the rest."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mien.files import atomic_write


class ReadFault(NamedTuple):
    """One place in a database that is not as it should be.

    Attributes:
        kind: its sort, for example "missing picture".
        file: relative to the database's folder.
        line: from 1, as an editor counts; None where the whole file or folder is meant.
        rows: how many faces are left out for it; 0 where the face stays and only a label is missing.
        found: what is there.
    """

    kind: str
    file: str
    line: int | None
    rows: int
    found: str


class Sum(NamedTuple):
    """All faults of one kind: in how many places, faces left out, and the first place."""

    kind: str
    places: int
    rows: int
    first: ReadFault


def sums(faults: Sequence[ReadFault]) -> list[Sum]:
    """The faults by kind, in the order in which the kinds were met."""
    kinds: dict[str, list[ReadFault]] = {}
    for fault in faults:
        kinds.setdefault(fault.kind, []).append(fault)
    return [Sum(kind, len(of), sum(fault.rows for fault in of), of[0]) for kind, of in kinds.items()]


def write_faults(path: Path, faults: Sequence[ReadFault]) -> None:
    """Write every fault as CSV, atomically: kind, file, line, rows, found."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ReadFault._fields)
    writer.writerows(faults)
    atomic_write(path, text.getvalue())
