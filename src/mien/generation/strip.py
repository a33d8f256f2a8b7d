"""From one face to another in even steps: ``AU12=0..5``."""

from collections.abc import Mapping

import numpy as np

from mien.errors import MienError
from mien.generation.request import Asked

Spans = Mapping[str, str | float | tuple[float, float]]
"""As ``Asked``, but a number may be a pair: where it starts and where it ends."""
DOTS = ".."


def number_or_span(text: str, where: str) -> float | tuple[float, float]:
    """``"4"`` or ``"0..5"``.

    Raises:
        MienError: it is neither.
    """
    start, dots, stop = text.partition(DOTS)
    try:
        return (float(start), float(stop)) if dots else float(start)
    except ValueError:
        raise MienError(f"{where}={text}: expected a number such as 3.5, or from..to such as 0..5") from None


def moves(spans: Spans) -> bool:
    """Whether any value goes from one number to another."""
    return any(isinstance(value, tuple) for value in spans.values())


def steps(spans: Spans, count: int) -> list[Asked]:
    """``count`` requests; every span goes evenly from its start to its end, the rest stays.

    >>> steps({"expression": "fear", "AU12": (0.0, 5.0)}, 3)
    [{'expression': 'fear', 'AU12': 0.0}, {'expression': 'fear', 'AU12': 2.5}, {'expression': 'fear', 'AU12': 5.0}]
    """
    places = {name: np.linspace(*value, count).tolist() for name, value in spans.items() if isinstance(value, tuple)}
    fixed = {name: value for name, value in spans.items() if not isinstance(value, tuple)}
    return [{**fixed, **{name: values[i] for name, values in places.items()}} for i in range(count)]
