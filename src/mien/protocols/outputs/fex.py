"""py-feat's Fex: probabilities of action units and of seven emotions; ``input`` names the picture or video.

*Source*: Cheong et al. 2023, Py-Feat; columns as in the Fex files of its tests.
"""

from pathlib import Path

import numpy as np

from mien.labels import ACTION_UNITS, EXPRESSIONS
from mien.protocols.outputs.base import Format, Outputs, having, numbers, read_cells, whole

WHERE = ("input", "frame", "FaceScore")


def read(path: Path) -> Outputs:
    """A Fex file; a face that was not found has empty cells."""
    labels = (*ACTION_UNITS, *EXPRESSIONS)
    cells = read_cells(path, lambda name: name in labels or name in WHERE)
    values = {name: numbers(cells, name, path) for name in labels if name in cells.columns}
    places = numbers(cells, "frame", path) if "frame" in cells.columns else np.full(len(cells), np.nan)
    pictures = cells["input"].tolist() if "input" in cells.columns else [path.stem] * len(cells)
    return Outputs("fex", str(path), pictures, whole(places), numbers(cells, "FaceScore", path), values)


FORMAT = Format(read, "py-feat: CSV of a Fex", (".csv",), having("FaceScore", "FaceRectX"))
