"""What a table of analysed faces holds, and what should make its reader careful."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien.analysis.table import Person, faces_of, frames_per_second, people_in, videos_of
from mien.inference.results import NO_FACE, OK

TINY_PX = 48  # shorter side of a face box below which action units are guesswork
LOW_SCORE = 0.9
LONG_GAP_S = 1.0
SHORT_TRACK_S = 1.0


@dataclass(frozen=True)
class Overview:
    """Counts of an analysis table.

    Attributes:
        files: files named in it, failed ones included.
        videos: files with times.
        frames: photos and frames that were looked at.
        faces: rows with a face.
        people: people followed in videos.
        empty: share of the frames without a face; NaN without frames.
        failed: file -> why it gave nothing.
        warnings: sentences about the quality of the faces.
    """

    files: int
    videos: int
    frames: int
    faces: int
    people: int
    empty: float
    failed: dict[str, str]
    warnings: tuple[str, ...]


def overview(table: pd.DataFrame) -> Overview:
    """Count files, frames, faces and people, and warn of what weakens the measurements."""
    seen = table[table["status"].isin([OK, NO_FACE])]
    frames = seen[["path", "frame", "time_s"]].drop_duplicates()
    faces, people, videos = faces_of(table), people_in(table), videos_of(table)
    with_face = faces[["path", "frame", "time_s"]].drop_duplicates()
    broken = table[~table["status"].isin([OK, NO_FACE])]
    failed = {
        str(path): _reason(str(path), str(why)) for path, why in zip(broken["path"], broken["status"], strict=True)
    }
    return Overview(
        table["path"].nunique(),
        len(videos),
        len(frames),
        len(faces),
        len(people),
        1 - len(with_face) / len(frames) if len(frames) else np.nan,
        failed,
        tuple(_face_warnings(faces) + _track_warnings(faces[faces["path"].isin(videos)], people)),
    )


def longest_gap_s(time_s: "pd.Series[float]") -> float:
    """Longest time in seconds between two frames of a person that follow each other; 0 for one frame."""
    steps = np.diff(np.unique(time_s.to_numpy(np.float64)))
    return float(steps.max()) if steps.size else 0.0


def _face_warnings(faces: pd.DataFrame) -> list[str]:
    side = np.minimum(faces["x2"] - faces["x1"], faces["y2"] - faces["y1"])
    found = []
    if tiny := int((side < TINY_PX).sum()):
        found.append(
            f"{_share(tiny, len(faces))} of the faces are smaller than {TINY_PX} pixels: "
            "their action units and intensities are unreliable."
        )
    if low := int((faces["score"] < LOW_SCORE).sum()):
        found.append(
            f"{_share(low, len(faces))} of the faces have a detector score below {LOW_SCORE}: "
            "some may be no faces, or turned away or covered."
        )
    return found


def _track_warnings(faces: pd.DataFrame, people: dict[Person, pd.DataFrame]) -> list[str]:
    found = []
    if len(faces) and faces["track_id"].isna().any():
        found.append(
            "Some video faces have no track: they are told apart by their order in the frame, "
            "which mixes people up when they come, go or change places."
        )
    gaps = {person: longest_gap_s(rows["time_s"]) for person, rows in people.items()}
    if long := [person for person, gap in gaps.items() if gap > LONG_GAP_S]:
        worst = max(long, key=lambda person: gaps[person])
        found.append(
            f"{len(long)} of {len(people)} people are out of sight for more than {LONG_GAP_S:g} s at a time, "
            f"longest {gaps[worst]:.1f} s ({worst}): what the face did meanwhile is not known."
        )
    short = sum(float(np.ptp(rows["time_s"])) < SHORT_TRACK_S for rows in people.values())
    if short and len(people) > 1:
        found.append(
            f"{short} of {len(people)} tracks last less than {SHORT_TRACK_S:g} s: "
            "one real person may have been counted several times."
        )
    rates = [frames_per_second(rows["time_s"]) for rows in people.values()]
    if any(rate < 5 for rate in rates):
        found.append("Some videos were analysed at fewer than 5 frames a second: brief expressions can be missed.")
    return found


def _reason(path: str, status: str) -> str:
    """Why a file failed, without the file, which stands beside it."""
    return status.removeprefix("error:").strip().removeprefix(f"{path}:").strip()


def _share(part: int, whole: int) -> str:
    """A share in percent that never rounds a small one to nothing."""
    percent = 100 * part / whole
    return "Less than 1 %" if percent < 1 else f"{percent:.0f} %"
