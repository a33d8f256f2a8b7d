"""The text files of the ABAW challenges: annotations of Aff-Wild2 and submissions alike.

    VA      valence,arousal                                 0.25,-0.1     unknown: -5
    EXPR    Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise[,Other]
                                                            4             unknown: -1; the place in the header
    AU      AU1,AU2,AU4, ...                                1,0,0, ...    unknown: -1
    MTL     image,valence,arousal,expression,AU1, ...       video/00001.jpg,0.25,-0.1,4,1,0, ...

The first three are a file per video, line k below the header being frame ``VIDEO/0000k.jpg``, or one file whose first
column ``image_location`` names the frame. Submissions to the multi-task challenge call the units just ``aus``.
"""

from pathlib import Path

import numpy as np

from mien.data.databases.affwild2 import MISSING, MISSING_VA
from mien.errors import TableError
from mien.labels import ACTION_UNITS
from mien.protocols.abaw import EIGHT, SEVEN, TWELVE_UNITS
from mien.protocols.base import OTHER
from mien.protocols.outputs.base import NO_FRAME, Format, Numbers, Outputs, header

VA = ["valence", "arousal"]
UNITS = {f"AU{int(au[2:])}": au for au in ACTION_UNITS}
EXPR = [name.capitalize() for name in EIGHT]
PICTURES = ("image", "image_location")


def read(path: Path) -> Outputs:
    """One file of any of the four kinds.

    Raises:
        TableError: the header is none of them, or a line does not fit it.
    """
    names = header(path)
    named = names[0] in PICTURES
    columns, width = _columns(names[1:] if named else names, path)
    lines = [line for line in _text(path).splitlines()[1:] if line.strip()]
    cells = [[cell.strip() for cell in line.split(",")] for line in lines]
    _check_widths(cells, width + named, path)
    if named:
        pictures = [row[0] for row in cells]
    else:
        pictures = [f"{path.stem}/{number:05d}.jpg" for number in range(1, len(cells) + 1)]
    table = _numbers([row[named:] for row in cells], path).reshape(len(cells), width)
    values: dict[str, Numbers] = {}
    words: list[str | None] | None = None
    for place, column in enumerate(columns):
        codes = table[:, place]
        if column == "expression":
            words = [_word(code, row, path) for row, code in enumerate(codes)]
        else:
            values[column] = np.where(codes == (MISSING_VA if column in VA else MISSING), np.nan, codes)
    unknown = np.full(len(cells), np.nan)
    return Outputs("abaw", str(path), pictures, np.full(len(cells), NO_FRAME), unknown, values, words)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: cannot read as text ({error})") from None


def _columns(names: list[str], path: Path) -> tuple[list[str], int]:
    """What a line's cells are, and how many there are of them, from a header without the picture's name."""
    if names in (EXPR, EXPR[: len(SEVEN)]):
        return ["expression"], 1  # the header explains the code
    if names and names[-1] == "aus":
        names = [*names[:-1], *(f"AU{int(au[2:])}" for au in TWELVE_UNITS)]
    known = {**UNITS, "valence": "valence", "arousal": "arousal", "expression": "expression"}
    odd = [name for name in names if name not in known]
    if odd or not names:
        raise TableError(
            f"{path}: {odd[0] if odd else 'an empty line'!r} in the header of an ABAW file; expected "
            f"'valence,arousal', '{','.join(EXPR)}', 'AU1,AU2,...' or 'image,valence,arousal,expression,AU1,...'"
        )
    return [known[name] for name in names], len(names)


def _check_widths(cells: list[list[str]], width: int, path: Path) -> None:
    for row, line in enumerate(cells):
        if len(line) != width:
            raise TableError(f"{path}: line {row + 2} has {len(line)} values, expected {width} as the header says")


def _numbers(cells: list[list[str]], path: Path) -> Numbers:
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError as error:
        raise TableError(f"{path}: a value is no number ({error})") from None


def _word(code: float, row: int, path: Path) -> str | None:
    if code == MISSING:
        return None
    if code not in range(len(EIGHT)):
        raise TableError(f"{path}: line {row + 2} has the expression {code:g}, expected 0 ({EIGHT[0]}) to 7 ({OTHER})")
    return EIGHT[int(code)]


FORMAT = Format(
    read,
    "ABAW challenges: VA, EXPR, AU or multi-task text, a file or a folder of one per video",
    (".txt", ".csv"),
    lambda names: set(names) <= {*PICTURES, *VA, "expression", "aus", *EXPR, *UNITS},
)
