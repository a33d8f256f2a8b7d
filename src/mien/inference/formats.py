"""The columns of other tools, for scripts that already read those.

What mien does not measure (gaze, 68 landmarks, head pose) has no column: nothing is made up. ``pyarrow.compute`` is
loaded where it is needed: our own columns do without, and it takes a tenth of a second.
"""

from collections.abc import Callable, Mapping

import pyarrow as pa

from mien.inference.results import PRESENT_FROM
from mien.labels import ACTION_UNITS, EXPRESSIONS

Thresholds = Mapping[str, float]


def mien(table: pa.Table, thresholds: Thresholds) -> pa.Table:
    """Our own columns; see ``mien.inference.table.schema``."""
    return table


def openface(table: pa.Table, thresholds: Thresholds) -> pa.Table:
    """OpenFace 2's: frame (from 1), face_id, timestamp, confidence, success, AU.._r (0-5), AU.._c (0 or 1).

    ``face_id`` is the person's track, or the number of the face in a photo. ``input`` names the file: OpenFace itself
    writes a table per input.

    *Source*: Baltrusaitis et al. 2018, "OpenFace 2.0"; columns as in its FeatureExtraction output.
    """
    import pyarrow.compute as pc

    present = pc.is_valid(table["face"])
    columns = {
        "input": table["path"],
        "frame": pc.add(pc.fill_null(table["frame"], 0), 1),
        "face_id": pc.fill_null(pc.coalesce(table["track_id"], table["face"]), 0),
        "timestamp": pc.fill_null(table["time_s"], 0.0),
        "confidence": pc.fill_null(table["score"], 0.0),
        "success": present.cast(pa.int8()),
    }
    units = [name for name in ACTION_UNITS if name in table.column_names]
    measured = [name for name in ACTION_UNITS if f"{name}_intensity" in table.column_names]
    columns |= {f"{name}_r": pc.fill_null(table[f"{name}_intensity"], 0.0) for name in measured}
    columns |= {f"{name}_c": _present(table[name], thresholds.get(name, PRESENT_FROM)) for name in units}
    return pa.table(columns)


def fex(table: pa.Table, thresholds: Thresholds) -> pa.Table:
    """py-feat's Fex: frame, FaceRectX, FaceRectY, FaceRectWidth, FaceRectHeight, FaceScore, AU01 ..., emotions, input.

    *Source*: Cheong et al. 2023, "Py-Feat: Python Facial Expression Analysis Toolbox"; columns as in its Fex files.
    """
    import pyarrow.compute as pc

    columns = {
        "frame": table["frame"],
        "approx_time": table["time_s"],
        "FaceRectX": table["x1"],
        "FaceRectY": table["y1"],
        "FaceRectWidth": pc.subtract(table["x2"], table["x1"]),
        "FaceRectHeight": pc.subtract(table["y2"], table["y1"]),
        "FaceScore": table["score"],
    }
    columns |= {name: table[name] for name in (*ACTION_UNITS, *EXPRESSIONS) if name in table.column_names}
    return pa.table(columns | {"input": table["path"]})


def _present(probability: pa.ChunkedArray, threshold: float) -> pa.ChunkedArray:
    """1 where the probability reaches the threshold, 0 below it and where there is no face."""
    import pyarrow.compute as pc

    return pc.fill_null(pc.greater_equal(probability, threshold), False).cast(pa.int8())


FORMATS: dict[str, Callable[[pa.Table, Thresholds], pa.Table]] = {"mien": mien, "openface": openface, "fex": fex}
