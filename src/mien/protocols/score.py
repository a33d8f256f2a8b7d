"""Score what a tool wrote as a paper or challenge does, and write down what was scored."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien import __version__
from mien.choose import choose
from mien.data.scored_rows import rows_hash
from mien.data.table import LabelTable
from mien.errors import ScoreError
from mien.files import atomic_write
from mien.metrics.intervals import bootstrap
from mien.metrics.scores import Score, to_records
from mien.protocols.base import Matched, ScoringProtocol
from mien.protocols.join import Joined, join
from mien.protocols.matched import Part, answers_of, truth_of
from mien.protocols.outputs.base import Outputs
from mien.protocols.truth import Truth, scored_rows

THRESHOLD = 0.5  # for a probability of an action unit; decisions of 0 and 1 pass it as they are


@dataclass(frozen=True)
class Scored:
    """The numbers of a protocol, and on what they stand.

    Attributes:
        settings: what was asked for: splits, where, thresholds, first_frame, draws.
        scores: the protocol's numbers, its headline first; ``task`` is the protocol's name.
        rows: how many rows were scored.
        people, resampled: how many people (or clips, or rows) the intervals are over, and which of these.
        rows_hash: says which rows these are; see ``mien.data.scored_rows``.
        rule: how answers and truth were joined.
        missing: labelled rows of the truth without an answer.
        unanswered: labelled rows whose answer is empty: no face found.
        unused: answers about pictures or frames that are not in the truth.
        further: other faces in the pictures that were scored, left out for a surer one.
        notes: what the tool cannot answer.
    """

    protocol: ScoringProtocol
    settings: dict[str, Any]
    scores: list[Score]
    rows: int
    people: int
    resampled: str
    rows_hash: str
    rule: str
    missing: list[str]
    unanswered: list[str]
    unused: list[str]
    further: int
    notes: list[str]


def score_outputs(
    protocol: ScoringProtocol,
    outputs: Outputs,
    table: LabelTable,
    *,
    splits: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    first_frame: int = 0,
    draws: int = 1000,
) -> Scored:
    """The protocol's numbers for these answers, with 95 % intervals by bootstrap over people.

    Args:
        protocol: one of ``PROTOCOLS``.
        outputs: the answers, from ``read_outputs``.
        table: the truth.
        splits: instead of the protocol's own; of no meaning for a table without splits.
        where: columns and the value that a row must have there.
        thresholds: of action units, where not 0.5. Choose them on other rows than these.
        first_frame: the number that the truth gives to the first frame of a clip.
        draws: of the bootstrap; 0 leaves the intervals out.

    Raises:
        ScoreError: something that is scored has no column, or no answer fits the truth.
        TableError: the truth lacks a column that was asked for.
    """
    truth = scored_rows(protocol, table, protocol.splits if splits is None else splits, where or {})
    target = truth_of(protocol, truth.columns, table.name)
    answers, notes = answers_of(protocol, outputs)
    pairs = join(outputs, truth.names, first_frame)
    labelled, answered = _known(target), _known(answers)
    matched, places = _matched(protocol, truth, target, answers, pairs, thresholds or {})
    if not len(places):
        raise ScoreError(
            f"{outputs.where}: {len(pairs.truth)} rows fit {table.name} by {pairs.rule}, but none has both an answer "
            f"and a label that {protocol.name} scores"
        )
    silent = pairs.truth[labelled[pairs.truth] & ~answered[pairs.answers]]
    settings = {"splits": list(truth.splits), "where": dict(where or {}), "thresholds": dict(thresholds or {})}
    return Scored(
        protocol=protocol,
        settings=settings | {"first_frame": first_frame, "draws": draws},
        scores=_scores(protocol, matched, draws),
        rows=len(places),
        people=len(set(matched.people)),
        resampled=truth.resampled,
        rows_hash=rows_hash(table, [truth.rows[i] for i in places]),
        rule=pairs.rule,
        missing=truth.called(pairs.missing[labelled[pairs.missing]].tolist()),
        unanswered=truth.called(silent.tolist()),
        unused=_called(outputs, pairs.unused.tolist()),
        further=pairs.further,
        notes=notes,
    )


def record(scored: Scored, answers: Path, kind: str, table: LabelTable) -> dict[str, Any]:
    """Everything about a score that JSON can hold, with fingerprints of both files."""
    protocol = scored.protocol
    return {
        "mien_version": __version__,
        "protocol": protocol.name,
        "title": protocol.title,
        "source": protocol.source,
        "averaging": protocol.averaging,
        "settings": scored.settings,
        "answers": {"file": str(answers), "format": kind, "sha256": fingerprint(answers)},
        "truth": {"file": table.name, "fingerprint": table.fingerprint},
        "rows": scored.rows,
        "rows_sha256": scored.rows_hash,
        "resampled": {"over": scored.resampled, "number": scored.people},
        "joined_by": scored.rule,
        "missing": scored.missing,
        "unanswered": scored.unanswered,
        "unused": scored.unused,
        "further_faces": scored.further,
        "notes": scored.notes,
        "scores": to_records(scored.scores),
        "published": [figure._asdict() for figure in protocol.figures],
    }


def write_record(path: Path, content: Mapping[str, Any]) -> None:
    """Write a record as JSON, atomically."""
    atomic_write(path, json.dumps(content, indent=1))


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, or of the names and content of a folder's files."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(one for one in path.iterdir() if one.is_file()):
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _matched(
    protocol: ScoringProtocol,
    truth: Truth,
    target: Mapping[str, Part],
    answers: Mapping[str, Part],
    pairs: Joined,
    thresholds: Mapping[str, float],
) -> tuple[Matched, NDArray[np.int64]]:
    """The pairs that have an answer to a label, and their places among the truth's rows."""
    units = protocol.labels.get("au", ())
    for name in thresholds:
        choose(dict.fromkeys(units), name, f"action unit of {protocol.name}", ScoreError)
    both = {task: target[task][1][pairs.truth] & answers[task][1][pairs.answers] for task in protocol.labels}
    kept = np.zeros(len(pairs.truth), bool)
    for known in both.values():
        kept |= known if known.ndim == 1 else known.any(axis=1)
    ours, theirs = pairs.truth[kept], pairs.answers[kept]
    matched = Matched(
        protocol.labels,
        {task: answers[task][0][theirs] for task in both},
        {task: target[task][0][ours] for task in both},
        {task: known[kept] for task, known in both.items()},
        np.array([thresholds.get(name, THRESHOLD) for name in units]),
        [truth.people[i] for i in ours],
        [truth.folds[i] for i in ours] if truth.folds else [],
    )
    return matched, ours


def _scores(protocol: ScoringProtocol, matched: Matched, draws: int) -> list[Score]:
    scorer = protocol.measure(matched)
    values = scorer.values(np.ones(len(matched.people)))
    low = high = np.full(len(values), np.nan)
    if draws:
        _, low, high, *_ = bootstrap(scorer.values, matched.people, draws)
    columns = (values.tolist(), low.tolist(), high.tolist(), scorer.rows)
    return [
        Score(protocol.name, label, metric, *numbers, 0)
        for (metric, label), numbers in zip(scorer.names, zip(*columns, strict=True), strict=True)
    ]


def _known(parts: Mapping[str, Part]) -> NDArray[np.bool_]:
    """(n,) whether any task is known."""
    masks = [known if known.ndim == 1 else known.any(axis=1) for _, known in parts.values()]
    return np.asarray(np.logical_or.reduce(masks))


def _called(outputs: Outputs, rows: list[int]) -> list[str]:
    if outputs.row is not None:
        return [f"row {outputs.row[row]}" for row in rows]
    frames = outputs.frame.tolist()
    return [f"{outputs.path[row]} frame {frames[row]}" if frames[row] > 0 else outputs.path[row] for row in rows]
