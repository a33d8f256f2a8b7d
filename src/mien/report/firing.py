"""Which action units fire with which expression: a network's beside those of the SJMT paper."""

from collections.abc import Mapping, Sequence
from typing import Any

PUBLISHED = {
    "anger": (4, 9, 25),
    "disgust": (1, 4, 6),
    "fear": (5, 25),
    "happiness": (6, 12, 25),
    "sadness": (12, 17),
    "surprise": (2, 25, 26),
}
"""Units whose mean probability over faces predicted so is at least 0.5: Pons & Masip, arXiv 1802.06664, Figure 2."""
PUBLISHED_UNITS = (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26)


def firing_table(grouped: Mapping[str, Any], threshold: float = 0.5) -> list[list[str]]:
    """Per predicted expression: the units with a mean probability of at least ``threshold``, and the paper's.

    Args:
        grouped: as ``au_by_expression`` of an evaluation or experiment has it.
        threshold: from where a unit counts as firing.
    """
    rows = [["predicted", "faces", "fires here", "SJMT, Figure 2", "in both", "of the paper's units, here alone"]]
    for name, count, means in zip(grouped["expressions"], grouped["counts"], grouped["means"], strict=True):
        ours = [au for au, mean in zip(grouped["aus"], means, strict=True) if mean is not None and mean >= threshold]
        fires = _listed(ours) if count else "never predicted"
        theirs = [_name(number) for number in PUBLISHED.get(name, ())]
        alone = [au for au in ours if au not in theirs and au in map(_name, PUBLISHED_UNITS)]
        both = [au for au in ours if au in theirs]
        if name not in PUBLISHED:
            rows.append([name, str(count), fires, "not given", "", ""])
        else:
            rows.append([name, str(count), fires, _listed(theirs), _listed(both), _listed(alone)])
    return rows


def _name(number: int) -> str:
    return f"AU{number:02d}"


def _listed(aus: Sequence[str]) -> str:
    return " ".join(au.removeprefix("AU") for au in aus) or "-"
