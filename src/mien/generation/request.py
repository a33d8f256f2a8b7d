"""What somebody asks a generator for, in words: checked, and turned into the numbers of a condition. Free of torch."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mien.choose import nearest
from mien.errors import MienError
from mien.labels import (
    ACTION_UNITS,
    CLASS_TASKS,
    EXCLUSIVE_AUS,
    INTENSITY_RANGE,
    PRESENT_AT,
    VA_RANGE,
    VALENCE_AROUSAL,
    LabelSet,
)

Asked = Mapping[str, str | float]
"""``expression`` and ``compound`` by name, action units by intensity 0-5, ``valence`` and ``arousal`` in [-1, 1]: for
example ``{"expression": "happiness", "AU12": 4.0, "valence": 0.8}``. What is not named is left to the generator."""

Values = dict[str, npt.NDArray[np.float32]]
Told = dict[str, npt.NDArray[np.bool_]]


def condition_of(asked: Asked, labels: LabelSet) -> tuple[Values, Told]:
    """The targets and masks, (labels of the task,) per task, of one face that shows what is asked for.

    An action unit is told by its intensity where the generator knows that, and by its presence (from intensity
    ``PRESENT_AT``, A, on) where it knows that.

    Args:
        asked: what the face is to show.
        labels: what the generator can be told.

    Raises:
        MienError: an unknown or unlearned label, a value out of range, or units that one face cannot show together.
    """
    _check_together(asked)
    values: Values = {task: np.zeros(len(names), np.float32) for task, names in labels.items()}
    told: Told = {task: np.zeros(len(names), bool) for task, names in labels.items()}
    for name, value in asked.items():
        if name in CLASS_TASKS:
            place = _place(str(value), labels.get(name, ()), f"{name} ")
            values[name][place], told[name][:] = 1.0, True
        elif name in VALENCE_AROUSAL:
            place = _place(name, labels.get("va", ()))
            values["va"][place], told["va"][place] = _within(name, value, VA_RANGE), True
        else:
            _tell_unit(name, _within(name, value, INTENSITY_RANGE), labels, values, told)
    return values, told


def _tell_unit(name: str, intensity: float, labels: LabelSet, values: Values, told: Told) -> None:
    known = [task for task in ("au", "au_intensity") if name in labels.get(task, ())]
    if not known:
        _place(name, {n for task in ("au", "au_intensity") for n in labels.get(task, ())})
    for task in known:
        place = labels[task].index(name)
        values[task][place] = intensity if task == "au_intensity" else float(intensity >= PRESENT_AT)
        told[task][place] = True


def _place(name: str, names: "tuple[str, ...] | set[str]", what: str = "") -> int:
    if name not in names:
        known = nearest(name, names) if names else "it was trained on no such label"
        raise MienError(f"The generator cannot be told {what}{name!r}: {known}")
    return tuple(names).index(name)


def _within(name: str, value: str | float, limits: tuple[float, float]) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not limits[0] <= number <= limits[1]:
        raise MienError(f"{name} = {value}: expected a number from {limits[0]:g} to {limits[1]:g}")
    return number


def _check_together(asked: Asked) -> None:
    present = {name for name, value in asked.items() if name in ACTION_UNITS and float(value) >= PRESENT_AT}
    for pair in EXCLUSIVE_AUS:
        if present.issuperset(pair):
            first, second = (f"{name} ({ACTION_UNITS[name].name})" for name in pair)
            raise MienError(f"{first} and {second} exclude each other on one face; ask for one of them")
