"""Which row of the truth an answer belongs to: by path, file name, or video (clip) and frame."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import ScoreError
from mien.inference.video import VIDEO_SUFFIXES
from mien.protocols.outputs.base import NO_FRAME, Outputs

Rows = NDArray[np.int64]
Key = Hashable | None  # None: this rule has no name for the row


class Names(NamedTuple):
    """How the truth names its n rows; None where it does not. ``row`` is the number in the whole table."""

    row: Sequence[int]
    path: Sequence[str | None]
    clip: Sequence[str | None]
    frame: Sequence[int | None]


@dataclass(frozen=True)
class Joined:
    """Pairs of rows, and what has no partner.

    Attributes:
        rule: how they were found.
        truth, answers: (m,) row numbers that belong together.
        missing: rows of the truth without an answer.
        unused: rows of the answers whose picture or frame is not in the truth.
        further: how many other faces of the same pictures were left out for a surer one.
    """

    rule: str
    truth: Rows
    answers: Rows
    missing: Rows
    unused: Rows
    further: int


class Rule(NamedTuple):
    """A way to name a row: the last ``parts`` of its path (0: all) or, ``stem``, a video's name without its ending,
    and perhaps its frame; the truth's rows by their path or, ``clip``, by that."""

    name: str
    parts: int
    frame: bool = False
    stem: bool = False
    clip: bool = False

    def key(self, path: str | None, frame: int | None) -> Key:
        """The name of a row; None where the row lacks what this rule goes by."""
        if path is None or (self.frame and frame is None):
            return None
        name = _stem(path) if self.stem else tail(path, self.parts)
        return (name, frame) if self.frame else name


RULES = (
    Rule("path", 0),
    Rule("path and frame", 0, frame=True),
    Rule("folder and file name", 2),
    Rule("folder, file name and frame", 2, frame=True),
    Rule("file name", 1),
    Rule("file name and frame", 1, frame=True),
    Rule("video and frame", 1, frame=True, stem=True),
    Rule("clip and frame", 1, frame=True, stem=True, clip=True),
)
"""Tried in this order; the one that finds most pairs is used, the first of equals."""


def join(outputs: Outputs, names: Names, first_frame: int = 0) -> Joined:
    """Pair the answers with the rows of the truth.

    A rule is usable where it gives every row of the truth a name of its own. Rules without a frame are not used for
    answers about several frames of one file. Of several faces in one picture or frame the surest is taken.

    Args:
        outputs: the answers; where they name the truth's rows themselves, only that counts.
        names: of the truth's rows.
        first_frame: the number that the truth gives to the first frame of a clip.

    Raises:
        ScoreError: no rule finds a pair, or several faces are in one frame and nothing says which is surest.
    """
    if outputs.row is not None:
        return _paired("row", outputs, names.row, outputs.row.tolist())
    found = []
    frames = [None if frame == NO_FRAME else frame + first_frame for frame in outputs.frame.tolist()]
    for rule in RULES:
        places = names.clip if rule.clip else names.path
        ours = [rule.key(place, frame) for place, frame in zip(places, names.frame, strict=True)]
        theirs = [rule.key(path, frame) for path, frame in zip(outputs.path, frames, strict=True)]
        if _usable(rule, ours, outputs, theirs):
            pairs = len(set(ours) & set(theirs) - {None})
            found.append((pairs, rule.name, ours, theirs))
            if pairs == len(ours):
                break  # no later rule finds more
    best = max(found, key=lambda one: one[0], default=(0, "", [], []))
    if not best[0]:
        raise ScoreError(
            f"{outputs.where}: no row fits the truth by path, file name, video or clip and frame, "
            "each naming one row of it: "
            f"the answers are about {_shown(outputs.path)}, the truth is about {_shown([*names.path, *names.clip])}"
        )
    return _paired(best[1], outputs, best[2], best[3])


def tail(path: str, parts: int) -> str:
    """The last parts of a path, whatever its slashes; all of it for 0.

    >>> tail("C:\\\\set\\\\a.png", 1), tail("set/b/a.png", 2)
    ('a.png', 'b/a.png')
    """
    pieces = [piece for piece in path.replace("\\", "/").split("/") if piece not in ("", ".")]
    return "/".join(pieces[-parts:])


def _usable(rule: Rule, ours: list[Key], outputs: Outputs, theirs: list[Key]) -> bool:
    counts = Counter(key for key in ours if key is not None)
    if not counts or max(counts.values()) > 1:
        return False
    if rule.frame:
        return True
    frames: dict[Key, int] = {}
    return all(
        frames.setdefault(key, frame) == frame for key, frame in zip(theirs, outputs.frame.tolist(), strict=True)
    )


def _paired(rule: str, outputs: Outputs, ours: Sequence[Key], theirs: Sequence[Key]) -> Joined:
    where = {key: row for row, key in enumerate(ours) if key is not None}
    chosen: dict[int, int] = {}
    unused, further = [], 0
    answered = outputs.answered
    for row in surest_first(outputs):
        place = where.get(theirs[row])
        if place is None:
            unused.append(row)
        elif place not in chosen:
            chosen[place] = row
        elif answered[row]:
            further += 1
            if np.isnan(outputs.score[row]):
                raise ScoreError(
                    f"{outputs.where}: several faces for {outputs.path[row]}, frame {outputs.frame[row]}, and no score "
                    "that says which is surest; leave one row per picture or frame"
                )
    truth = np.array(sorted(chosen), np.int64)
    missing = np.setdiff1d(np.arange(len(ours)), truth)
    answers = np.array([chosen[place] for place in truth.tolist()], np.int64)
    return Joined(rule, truth, answers, missing, np.array(sorted(unused), np.int64), further)


def surest_first(outputs: Outputs) -> list[int]:
    """Rows with an answer before those without, then by falling score; the order of the file among equals."""
    score = np.nan_to_num(outputs.score, nan=-np.inf)
    rows: list[int] = np.lexsort((-score, ~outputs.answered)).tolist()
    return rows


def _stem(path: str) -> str:
    name = PurePosixPath(tail(path, 1))
    return name.stem if name.suffix.lower() in VIDEO_SUFFIXES else name.name


def _shown(values: Sequence[Any]) -> str:
    names = list(dict.fromkeys(str(value) for value in values if value is not None))
    return f"{', '.join(names[:3])}{' ...' if len(names) > 3 else ''}" if names else "nothing that is named"
