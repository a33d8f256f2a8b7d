"""OpenFace 2: ``AU12_r`` is an intensity of 0-5, ``AU12_c`` a decision, frames count from 1.

A file is about one video or picture and is named after it; ``input``, which mien adds, names it too.

*Source*: Baltrusaitis et al. 2018, OpenFace 2.0; its wiki, "Output Format". Column names have leading blanks there.
"""

from pathlib import Path

import numpy as np

from mien.labels import ACTION_UNITS
from mien.protocols.outputs.base import Format, Outputs, hidden, numbers, read_cells, whole

WHERE = ("input", "frame", "confidence", "success")
INTENSITY = {f"{au}_r": f"{au}_intensity" for au in ACTION_UNITS}
DECISION = {f"{au}_c": au for au in ACTION_UNITS}


def read(path: Path) -> Outputs:
    """A file of FeatureExtraction, FaceLandmarkVidMulti or FaceLandmarkImg; rows without success have no answer."""
    names = INTENSITY | DECISION
    cells = read_cells(path, lambda name: name in names or name in WHERE)
    values = {ours: numbers(cells, theirs, path) for theirs, ours in names.items() if theirs in cells.columns}
    found = numbers(cells, "success", path) > 0 if "success" in cells.columns else np.full(len(cells), True)
    frame = whole(numbers(cells, "frame", path) - 1) if "frame" in cells.columns else np.full(len(cells), -1)
    videos = cells["input"].tolist() if "input" in cells.columns else [path.stem] * len(cells)
    return Outputs("openface", str(path), videos, frame, numbers(cells, "confidence", path), hidden(values, found))


FORMAT = Format(
    read,
    "OpenFace 2: CSV of FeatureExtraction, FaceLandmarkVidMulti or FaceLandmarkImg",
    (".csv",),
    lambda names: "confidence" in names and not {"success", "AU12_r", "AU12_c"}.isdisjoint(names),
)
