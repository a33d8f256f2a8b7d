"""LibreFace: ``au_12`` is a decision, ``au_12_intensity`` an intensity of 0-5, ``facial_expression`` a word.

A picture's file names it in ``input_image_path``; a video's file does not, and is taken to be named after the video.

*Source*: Chang et al. 2024, LibreFace; columns as its Python package writes them. Its first release wrote bare unit
numbers, for decisions and intensities alike: such a file is refused, since the two cannot be told apart.
"""

from pathlib import Path

import numpy as np

from mien.errors import TableError
from mien.labels import ACTION_UNITS, EXPRESSIONS
from mien.protocols.outputs.base import Format, Outputs, numbers, read_cells, whole

WHERE = ("input_image_path", "frame_idx", "facial_expression")
DECISION = {f"au_{int(au[2:])}": au for au in ACTION_UNITS}
INTENSITY = {f"{theirs}_intensity": f"{au}_intensity" for theirs, au in DECISION.items()}


def read(path: Path) -> Outputs:
    """A file of ``get_facial_attributes``; a frame without a face has empty cells."""
    names = DECISION | INTENSITY
    cells = read_cells(path, lambda name: name in names or name in WHERE)
    values = {ours: numbers(cells, theirs, path) for theirs, ours in names.items() if theirs in cells.columns}
    n = len(cells)
    places = numbers(cells, "frame_idx", path) if "frame_idx" in cells.columns else np.full(n, np.nan)
    pictures = cells["input_image_path"].tolist() if "input_image_path" in cells.columns else [path.stem] * n
    words = cells["facial_expression"].tolist() if "facial_expression" in cells.columns else None
    expression = None if words is None else [_expression(word, row, path) for row, word in enumerate(words)]
    return Outputs("libreface", str(path), pictures, whole(places), np.full(n, np.nan), values, expression)


def _expression(word: str, row: int, where: Path) -> str | None:
    name = word.strip().lower()
    if name in ("", "nan", "none"):
        return None
    if name not in EXPRESSIONS:
        raise TableError(
            f"{where}: row {row}, column 'facial_expression': {word!r} is none of {', '.join(EXPRESSIONS)}"
        )
    return name


FORMAT = Format(
    read,
    "LibreFace: CSV of get_facial_attributes",
    (".csv",),
    lambda names: "facial_expression" in names and not {"au_12", "au_12_intensity"}.isdisjoint(names),
)
