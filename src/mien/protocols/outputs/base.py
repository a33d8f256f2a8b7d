"""What a tool said of faces, in mien's names, and what its reader needs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.errors import TableError

Numbers = NDArray[np.float64]
NO_FRAME = -1
WORDS = ("expression", "compound")  # what may be a word instead of probabilities


@dataclass(frozen=True)
class Outputs:
    """Answers of one tool: n rows, a face or a frame without one each.

    Attributes:
        tool: which format it was.
        where: the file or folder.
        path: (n,) picture or video; for a format that does not say, the file's own name without its ending.
        frame: (n,) place in the video, the first is 0; ``NO_FRAME`` where the format has none.
        score: (n,) how sure the tool is that it is a face; NaN where it does not say.
        values: column of a label table (``AU12``, ``AU12_intensity``, ``valence``), or an expression's name for its
            probability -> (n,), NaN where there is no face.
        expression: (n,) the one expression of each face, where the format names one; None for no face.
        row: (n,) row of the truth table, where the format says it.
        compound: (n,) as ``expression``, of compound expressions.
    """

    tool: str
    where: str
    path: list[str]
    frame: NDArray[np.int64]
    score: Numbers
    values: Mapping[str, Numbers]
    expression: list[str | None] | None = None
    row: NDArray[np.int64] | None = field(default=None)
    compound: list[str | None] | None = None

    def __len__(self) -> int:
        return len(self.path)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(n,) whether a row says anything."""
        said = np.zeros(len(self), bool)
        for column in self.values.values():
            said |= ~np.isnan(column)
        for words in (self.expression, self.compound):
            if words is not None:
                said |= np.array([word is not None for word in words], bool)
        return said


class Format(NamedTuple):
    """How to read the files of one tool.

    Attributes:
        read: from a file to its answers.
        about: the tool and its file, in one line.
        endings: of its files.
        fits: whether a file with these columns is one of this tool.
    """

    read: Callable[[Path], Outputs]
    about: str
    endings: tuple[str, ...]
    fits: Callable[[Sequence[str]], bool]


def having(*names: str) -> Callable[[Sequence[str]], bool]:
    """A ``fits`` that asks for all of these columns."""
    return lambda found: set(names) <= set(found)


def joined(parts: Sequence[Outputs], where: str) -> Outputs:
    """The answers of several files of one tool; raises ``TableError`` where their columns differ."""
    first = parts[0]
    for part in parts:
        differing = [name for name in WORDS if (getattr(part, name) is None) != (getattr(first, name) is None)]
        if odd := sorted(set(part.values) ^ set(first.values)) or differing:
            raise TableError(
                f"{part.where} and {first.where} differ in the columns {', '.join(odd[:5])}; score them one by one"
            )
    words = {
        name: [word for part in parts for word in getattr(part, name)]
        for name in WORDS
        if getattr(first, name) is not None
    }
    rows = [part.row for part in parts if part.row is not None]
    return Outputs(
        first.tool,
        where,
        [path for part in parts for path in part.path],
        np.concatenate([part.frame for part in parts]),
        np.concatenate([part.score for part in parts]),
        {name: np.concatenate([part.values[name] for part in parts]) for name in first.values},
        row=np.concatenate(rows) if rows else None,
        **words,
    )


def read_cells(path: Path, wanted: Callable[[str], bool], separator: str = ",") -> pd.DataFrame:
    """The wanted columns of a CSV file as text, names and cells without the blanks around them."""
    try:
        frame = pd.read_csv(
            path,
            usecols=lambda name: wanted(name.strip()),
            dtype=str,
            sep=separator,
            skipinitialspace=True,
            keep_default_na=False,
            encoding="utf-8-sig",
        )
    except OSError as error:
        raise TableError(f"{path}: cannot read ({error.strerror or error})") from None
    except ValueError as error:  # also of pandas' parser
        raise TableError(f"{path}: not a CSV file ({error})") from None
    frame.columns = [str(name).strip() for name in frame.columns]
    return frame


def header(path: Path) -> list[str]:
    """The names in a CSV file's first line, without the blanks around them."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return [name.strip().strip('"') for name in file.readline().split(",")]
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: cannot read as text ({error})") from None


def numbers(cells: pd.DataFrame, name: str, where: Path) -> Numbers:
    """A column of text as numbers (n,); an empty cell, nan or None is NaN.

    Raises:
        TableError: there is no such column, or a cell is no number.
    """
    if name not in cells.columns:
        raise TableError(f"{where}: no column {name!r}; found {', '.join(map(str, cells.columns[:12]))}")
    text = cells[name].str.strip()
    found = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    wrong = np.isnan(found) & ~text.str.lower().isin(("", "nan", "none", "null")).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise TableError(f"{where}: row {row}, column {name!r}: {text.iloc[row]!r} is no number; correct the cell")
    return found


def whole(values: Numbers) -> NDArray[np.int64]:
    """Numbers as whole ones, ``NO_FRAME`` for NaN."""
    return np.where(np.isnan(values), NO_FRAME, values).astype(np.int64)


def hidden(values: Mapping[str, Numbers], face: Iterable[bool]) -> dict[str, Numbers]:
    """The values with NaN in rows without a face, where a tool writes zeros."""
    there = np.fromiter(face, bool)
    return {name: np.where(there, column, np.nan) for name, column in values.items()}
