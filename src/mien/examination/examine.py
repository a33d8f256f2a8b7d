"""Everything that is measured of a network before it is shipped, as one record that JSON can hold."""

import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mien import __version__
from mien.errors import TableError
from mien.examination import EXAMS
from mien.examination.base import Exam
from mien.examination.measure import Progress, answers
from mien.examination.no_faces import no_faces
from mien.examination.spoil import SPOILERS
from mien.inference.analyzer import Analyzer
from mien.metrics.scores import Score, find, to_records

SPOILED_ROWS = 400  # of each set: an interval of about 0.04 is enough to see a drop
CONFIDENT = 0.8  # probability from which an expression counts as claimed
SMALLEST_GROUP = 10


def examine(
    analyzer: Analyzer,
    root: str | Path,
    *,
    most: int | None = None,
    spoiled_rows: int = SPOILED_ROWS,
    progress: Progress = lambda items, what, total: items,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Scores on every exam whose data is there, drops when pictures are spoiled, no-faces, and speed.

    Args:
        analyzer: what is examined.
        root: folder with the databases' files.
        most: rows of each set, for a trial; all when None.
        spoiled_rows: rows of each set for each step of each spoiler; 0 leaves that part out.
        progress: wraps long work in a progress bar.
        say: is told what is left out and why.
    """
    sets: dict[str, Any] = {}
    spoiled: dict[str, Any] = {}
    for name, exam in EXAMS.items():
        try:
            sets[name] = _scored(analyzer, exam, root, most, progress)
        except TableError as error:
            say(f"{name} is left out: {error}")
            continue
        if spoiled_rows and exam.goals:
            spoiled[name] = _spoiled(analyzer, exam, root, min(spoiled_rows, most or spoiled_rows), progress)
    return {
        "mien_version": __version__,
        "weights_sha256": analyzer.predictor.info.weights_sha256,
        "sets": sets,
        "spoiled": spoiled,
        "no_faces": _no_faces(analyzer),
        "speed": _speed(analyzer),
    }


def _scored(analyzer: Analyzer, exam: Exam, root: str | Path, most: int | None, progress: Progress) -> dict[str, Any]:
    found = answers(analyzer, exam, root, most=most, progress=progress)
    scores = found.scores(exam.class_auc)
    groups = {
        f"{column} {value}": to_records(goal_scores(found.of(column, value).scores(exam.class_auc, 200), exam))
        for column, values in found.groups.items()
        for value in sorted(set(values))
        if values.count(value) >= SMALLEST_GROUP
    }
    return {
        "about": exam.about,
        "trained": exam.trained,
        "rows": len(found.people),
        "people": len(set(found.people)),
        "lost": found.lost,
        "scores": to_records(scores),
        "goals": {what: goal._asdict() for what, goal in exam.goals.items()},
        "groups": groups,
    }


def goal_scores(scores: Iterable[Score], exam: Exam) -> list[Score]:
    """Those that the exam has goals for, in their order."""
    scores = list(scores)
    return [find(scores, *what.split(maxsplit=2)) for what in exam.goals]


def _spoiled(analyzer: Analyzer, exam: Exam, root: str | Path, rows: int, progress: Progress) -> dict[str, Any]:
    """The first goal's score on the same rows: as they are, and after every step of every spoiler."""
    what = next(iter(exam.goals))

    def value(spoil: Any = None) -> float | None:
        found = answers(analyzer, exam, root, spoil=spoil, most=rows).scores(exam.class_auc, draws=0)
        score = find(found, *what.split(maxsplit=2)).value
        return None if score != score else score

    steps = [(kind, amount, step) for kind, by in SPOILERS.items() for amount, step in by.items()]
    after: dict[str, dict[str, float | None]] = {kind: {} for kind in SPOILERS}
    for kind, amount, step in progress(steps, f"{exam.reader}: spoiled pictures", len(steps)):
        after[kind][amount] = value(step)
    return {"what": what, "rows": rows, "as they are": value(), "spoiled": after}


def _no_faces(analyzer: Analyzer) -> dict[str, Any]:
    """Per kind: how often it passes for a face, and how often an expression is claimed on top of that."""
    kinds: dict[str, list[Any]] = {}
    for kind, picture in no_faces():
        kinds.setdefault(kind, []).append(picture)
    return {kind: _claims(analyzer, pictures) for kind, pictures in kinds.items()}


def _claims(analyzer: Analyzer, pictures: list[Any]) -> Mapping[str, float]:
    faces = analyzer.crops(pictures)
    sure = np.zeros(len(faces), bool) if "expression" not in faces.labels else faces.expression.max(1) >= CONFIDENT
    passed = faces.is_face
    found = [bool(len(analyzer.image(picture))) for picture in pictures]
    return {
        "pictures": len(pictures),
        "found by a search": float(np.mean(found)),
        "taken for a face as a crop": float(passed.mean()),
        "and an expression claimed": float((passed & sure).mean()),
        "an expression claimed, score ignored": float(sure.mean()),
    }


def _speed(analyzer: Analyzer, runs: int = 200) -> dict[str, Any]:
    """Milliseconds of one crop through the network alone, as this analyzer's device and threads have it."""
    cut = analyzer.predictor.info.spec.preprocessing
    crop = np.zeros((1, cut.size, cut.size, 1 if cut.grey else 3), np.uint8)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        analyzer.predictor(crop)
        times.append(time.perf_counter() - start)
    return {"median_ms": 1000 * statistics.median(times), "runs": runs, "machine": platform.machine()}
