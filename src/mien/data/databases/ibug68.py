"""The five landmarks of a label table from the 68 of the iBUG scheme."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

POINTS = 68
EYES = {"eye_l": slice(36, 42), "eye_r": slice(42, 48)}  # left and right in the picture
SINGLE = {"nose": 30, "mouth_l": 48, "mouth_r": 54}


def five_points(points: npt.ArrayLike | Sequence[Sequence[float]]) -> dict[str, float] | None:
    """``lm_eye_l_x`` ... ``lm_mouth_r_y`` in pixels; None where these are not (68, 2) finite numbers."""
    try:
        placed = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if placed.size != 2 * POINTS or not np.isfinite(placed).all():
        return None
    placed = placed.reshape(POINTS, 2)
    found = {name: placed[of].mean(axis=0) for name, of in EYES.items()} | {n: placed[i] for n, i in SINGLE.items()}
    return {f"lm_{name}_{axis}": float(point[i]) for name, point in found.items() for i, axis in enumerate("xy")}
