"""Answers made by hand, as a reader would give them."""

from collections.abc import Mapping, Sequence

import numpy as np

from mien.protocols.outputs.base import NO_FRAME, Outputs


def answers(
    path: Sequence[str],
    values: Mapping[str, Sequence[float]] | None = None,
    expression: Sequence[str | None] | None = None,
    frame: Sequence[int] | None = None,
    score: Sequence[float] | None = None,
    row: Sequence[int] | None = None,
    compound: Sequence[str | None] | None = None,
) -> Outputs:
    """n rows of some tool."""
    n = len(path)
    return Outputs(
        "tool",
        "answers.csv",
        list(path),
        np.array(frame if frame is not None else [NO_FRAME] * n),
        np.array(score if score is not None else [np.nan] * n, float),
        {name: np.array(column, float) for name, column in (values or {}).items()},
        None if expression is None else list(expression),
        None if row is None else np.array(row),
        None if compound is None else list(compound),
    )
