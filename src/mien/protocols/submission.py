"""Write answers as the text files that the ABAW challenges take; ``outputs.abaw`` reads them back."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from mien.choose import choose
from mien.data.databases.affwild2 import MISSING, MISSING_VA
from mien.errors import ScoreError
from mien.files import atomic_write
from mien.inference.video import VIDEO_SUFFIXES
from mien.labels import VALENCE_AROUSAL
from mien.protocols.abaw import EIGHT, TWELVE_UNITS
from mien.protocols.base import OTHER
from mien.protocols.join import surest_first
from mien.protocols.matched import most_probable
from mien.protocols.outputs.abaw import EXPR
from mien.protocols.outputs.base import NO_FRAME, Outputs

HEADERS = {
    "va": "valence,arousal",
    "expr": ",".join(EXPR),
    "au": ",".join(f"AU{int(au[2:])}" for au in TWELVE_UNITS),
    "mtl": "image,valence,arousal,expression,aus",
}
"""Challenge -> the first line of its files."""

PARTS = {"va": ("va",), "expr": ("expression",), "au": ("au",), "mtl": ("va", "expression", "au")}
MTL_FILE = "predictions.txt"
FRAME_NUMBER = re.compile("[0-9]{1,7}")  # ten million frames are four days; a line is written for each before the last


class Written(NamedTuple):
    """What a submission came to: files, frames in them, and how many of those have no answer."""

    files: list[Path]
    frames: int
    empty: int


def write_submission(
    outputs: Outputs, challenge: str, folder: Path, thresholds: Mapping[str, float] | None = None
) -> Written:
    """A file per video (``va``, ``expr``, ``au``), or one file of all frames (``mtl``), into ``folder``.

    A frame's number is its place in the video from 1, or the name of its picture (``VIDEO/00001.jpg``). Frames below
    the last one that are not among the answers, and frames without a face, get the codes that the annotations use
    for unknown: -5 for valence and arousal, -1 for the rest. Of several faces in a frame the surest is taken.

    Raises:
        ScoreError: an unknown challenge, a column is missing, or a row is of no video.
    """
    header = choose(HEADERS, challenge, "challenge", ScoreError)
    cells = _cells(outputs, challenge, thresholds or {})
    videos = _videos(outputs)
    nothing = [text for part in PARTS[challenge] for text in _NOTHING[part]]
    answered = outputs.answered
    files, empty, lines_of_all = [], 0, []
    for video, frames in sorted(videos.items()):
        numbers = range(1, max(frames) + 1) if challenge != "mtl" else sorted(frames)
        found = [frames[n] if n in frames and answered[frames[n]] else None for n in numbers]
        empty += found.count(None)
        lines = [",".join(nothing if row is None else cells[row]) for row in found]
        if challenge == "mtl":
            lines_of_all += [f"{video}/{n:05d}.jpg,{line}" for n, line in zip(numbers, lines, strict=True)]
            continue
        files.append(folder / f"{video}.txt")
        atomic_write(files[-1], "\n".join([header, *lines, ""]))
        lines_of_all += lines
    if challenge == "mtl":
        files = [folder / MTL_FILE]
        atomic_write(files[0], "\n".join([header, *lines_of_all, ""]))
    return Written(files, len(lines_of_all), empty)


_NOTHING = {"va": [str(MISSING_VA)] * 2, "expression": [str(MISSING)], "au": [str(MISSING)] * len(TWELVE_UNITS)}


def _videos(outputs: Outputs) -> dict[str, dict[int, int]]:
    """Video -> number of the frame, from 1 -> row of the answers."""
    found: dict[str, dict[int, int]] = {}
    frames = outputs.frame.tolist()
    for row in surest_first(outputs):
        video, number = _place(outputs.path[row], frames[row], outputs.where)
        found.setdefault(video, {}).setdefault(number, row)
    return found


def _place(path: str, frame: int, where: str) -> tuple[str, int]:
    name = PurePosixPath(path.replace("\\", "/"))
    if name.suffix.lower() in VIDEO_SUFFIXES and frame != NO_FRAME:
        return name.stem, frame + 1
    if FRAME_NUMBER.fullmatch(name.stem) and int(name.stem) > 0 and name.parent.name:
        return name.parent.name, int(name.stem)
    raise ScoreError(
        f"{where}: {path} is neither a frame of a video nor a picture VIDEO/00001.jpg; analyse Aff-Wild2's videos or "
        "its folders of cropped frames"
    )


def _cells(outputs: Outputs, challenge: str, thresholds: Mapping[str, float]) -> list[list[str]]:
    """The text of each row's answers."""
    columns: list[list[str]] = []
    for part in PARTS[challenge]:
        if part == "expression":
            columns.append(_expression(outputs))
            continue
        for name in VALENCE_AROUSAL if part == "va" else TWELVE_UNITS:
            if name not in outputs.values:
                more = "; 'mien analyze --all-units' writes badly read ones, too" if part == "au" else ""
                raise ScoreError(
                    f"{outputs.where} ({outputs.tool}): no column {name!r}, which the challenge asks for{more}"
                )
            values = np.nan_to_num(outputs.values[name])
            if part == "au":
                columns.append([str(int(value >= thresholds.get(name, 0.5))) for value in values])
            else:
                columns.append([f"{value:.6g}" for value in values])
    return [list(row) for row in zip(*columns, strict=True)]


def _expression(outputs: Outputs) -> list[str]:
    told = [name for name in EIGHT if name in outputs.values]
    if told:
        places, _ = most_probable(outputs.values, told, EIGHT)
        return [str(int(place)) for place in places]
    if outputs.expression is None:
        raise ScoreError(f"{outputs.where} ({outputs.tool}): no column for expressions, which the challenge asks for")
    odd = sorted({word for word in outputs.expression if word is not None} - set(EIGHT))
    if odd:
        raise ScoreError(
            f"{outputs.where}: the challenge has no {odd[0]!r}; rename it to one of {', '.join(EIGHT)}; {OTHER!r} is "
            "for what is none of the seven"
        )
    return [str(MISSING) if word is None else str(EIGHT.index(word)) for word in outputs.expression]
