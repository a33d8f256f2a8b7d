"""What a check of a label table finds: faults, each with the rows that have it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Severity = Literal["error", "warning"]
BoolArray = npt.NDArray[np.bool_]

LISTED = 20  # rows listed per fault; the count goes on


@dataclass(frozen=True)
class Finding:
    """One place where a fault occurs; ``row`` counts from 0 and is null for a fault of the table."""

    row: int | None
    value: str
    hint: str = ""


@dataclass(frozen=True)
class Fault:
    """One kind of fault in one column: how often, what was expected, and the first rows that have it."""

    kind: str
    severity: Severity
    column: str
    expected: str
    count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Report:
    """All faults of a table."""

    table: str
    rows: int
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> int:
        """How many places break the table's rules."""
        return sum(fault.count for fault in self.faults if fault.severity == "error")

    @property
    def warnings(self) -> int:
        """How many places deserve a look."""
        return sum(fault.count for fault in self.faults if fault.severity == "warning")

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists, for JSON."""
        return {**asdict(self), "errors": self.errors, "warnings": self.warnings}


@dataclass
class Faults:
    """Faults by kind and column, collected batch by batch."""

    found: dict[tuple[str, str], Fault] = field(default_factory=dict)

    def add(
        self, kind: str, column: str, expected: str, count: int, findings: list[Finding], severity: Severity
    ) -> None:
        old = self.found.get((kind, column))
        seen, listed = (old.count, old.findings) if old else (0, ())
        self.found[kind, column] = Fault(kind, severity, column, expected, seen + count, (*listed, *findings)[:LISTED])

    def add_rows(
        self,
        kind: str,
        column: str,
        expected: str,
        bad: BoolArray,
        start: int,
        value: Callable[[int], object],
        hint: Callable[[int], str] = lambda i: "",
    ) -> None:
        """Add the ``bad`` rows of a batch whose first row is number ``start``.

        ``value`` and ``hint`` are asked for the rows that are listed, with their place in the batch.
        """
        index = np.flatnonzero(bad)
        if len(index):
            listed = [Finding(start + int(i), _show(value(i)), hint(i)) for i in index[:LISTED]]
            self.add(kind, column, expected, len(index), listed, "error")

    def add_one(
        self, kind: str, column: str, value: str, expected: str, hint: str = "", severity: Severity = "error"
    ) -> None:
        """Add a fault of the whole table."""
        self.add(kind, column, expected, 1, [Finding(None, value, hint)], severity)

    def all(self) -> tuple[Fault, ...]:
        return tuple(sorted(self.found.values(), key=lambda fault: fault.severity))


def _show(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
