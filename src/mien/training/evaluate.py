"""Predictions of a network on the faces of a store, and their scores."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import nn

from mien.data.columns import CLASS_COLUMNS, VALUE_COLUMNS, task_columns
from mien.data.loader import in_order
from mien.data.prepare import Faces, prepare
from mien.data.processes import Part, summed
from mien.data.scored_rows import persons, rows_hash
from mien.data.store import Store
from mien.data.targets import class_index
from mien.errors import ScoreError
from mien.files import atomic_write, replacing
from mien.labels import CLASS_TASKS, LabelSet
from mien.metrics.grouped import mean_by_prediction
from mien.metrics.groups import Grouped, score_groups
from mien.metrics.scores import Score, find, score, to_records
from mien.models.affect import ModelSpec
from mien.models.outputs import read
from mien.models.postprocess import ClassCalibration, postprocess
from mien.models.temporal.clip_model import ClipModel
from mien.training.clip_answers import answers

EVALUATION_BATCH = 256
MAIN_SCORE = {
    "expression": "macro_f1",
    "compound": "macro_f1",
    "au": "f1",
    "au_intensity": "pcc",
    "va": "ccc",
}
Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Predictions:
    """What a network says of n faces, and what annotators said.

    Attributes:
        labels: the labels that both speak of.
        preds: per task of ``labels`` (n, labels): probabilities, intensities or values.
        target, mask: per task (n,) class index for class tasks, else (n, labels).
        rows: (n,) row numbers in the table.
        clusters: (n,) the person on each face; a number of its own where nobody is named.
        thresholds: (A,) of the action units.
        predicted: all labels of the network.
        everything: what it says of them, whether or not the table has them.
        rows_hash: says which faces these are; see ``mien.data.scored_rows``.
    """

    labels: LabelSet
    preds: Arrays
    target: Arrays
    mask: Arrays
    rows: npt.NDArray[np.int64]
    clusters: list[str]
    thresholds: npt.NDArray[np.float64]
    predicted: LabelSet
    everything: Arrays
    rows_hash: str

    def score(self, draws: int = 1000) -> list[Score]:
        """All scores, with 95 % intervals from ``draws`` bootstrap draws of persons; 0 draws give no intervals."""
        clusters = self.clusters if draws else None
        return score(self.preds, self.target, self.mask, self.labels, clusters, self.thresholds, draws=draws)

    def by_group(self, column: str, values: Sequence[Any]) -> Grouped:
        """Scores of the groups in ``values``, one of each row of the table, and the gaps between groups."""
        mine = [values[row] for row in self.rows]
        return score_groups(
            column, mine, self.preds, self.target, self.mask, self.labels, self.clusters, self.thresholds
        )


def best_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def predict(model: nn.Module, spec: ModelSpec, store: Store, part: Part = (0, 1)) -> Arrays:
    """Per task (n, labels) what a person reads from the network's outputs, for all faces of a store.

    Of several processes, which must all call it, each runs the network on its share; all get the answers for all faces,
    each face once: the same numbers as from one process.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    found = {task: torch.zeros(len(store), len(names), device=device) for task, names in spec.labels.items()}
    start = part[0] * EVALUATION_BATCH
    with torch.inference_mode():
        for batch in in_order(store, spec.preprocessing.size, EVALUATION_BATCH, part):
            image = batch.image.to(device, memory_format=torch.channels_last)
            for task, values in read(model(image), spec).items():
                found[task][start : start + len(batch)] = values
            start += part[1] * EVALUATION_BATCH
    model.train(was_training)
    return {task: summed(values, part).cpu().numpy() for task, values in found.items()}


def predictions_on(
    model: nn.Module,
    spec: ModelSpec,
    faces: Faces,
    thresholds: Mapping[str, float] | None = None,
    store: Store | None = None,
    calibration: Mapping[str, ClassCalibration] | None = None,
    part: Part = (0, 1),
) -> Predictions:
    """Predict the wanted faces of a table and put the annotators' labels beside.

    A model of clips reads the frames that nobody labelled, too, if ``faces`` has them; they are not in the result.

    The store that the network reads keeps distributions; the one class that a score needs comes from the table, where
    a database may break ties between votes in its own way. ``store`` is what ``prepare(faces)`` gives, if at hand.
    ``part`` is as for ``predict``. ``thresholds`` and ``calibration`` are those of the model's ``ModelInfo``; without
    them it speaks as it was trained.

    Raises:
        ScoreError: the table gives no label that the network predicts.
    """
    labels = {t: tuple(n for n in names if n in faces.given.get(t, ())) for t, names in spec.labels.items()}
    labels = {task: names for task, names in labels.items() if names}
    if not labels:
        raise ScoreError(
            f"{faces.table.name} gives {', '.join(faces.given) or 'no labels'}, but the network predicts "
            f"{', '.join(spec.labels)}; score it on a table that shares a task"
        )
    store = prepare(faces) if store is None else store
    preds = answers(model, faces, store) if isinstance(model, ClipModel) else predict(model, spec, store, part)
    preds = postprocess(preds, spec.labels, calibration or {})
    target, mask = _truth(faces, store, labels)
    kept = np.any([known.reshape(len(store), -1).any(axis=1) for known in store.labels.mask.values()], axis=0)
    preds, target, mask = ({task: a[kept] for task, a in part.items()} for part in (preds, target, mask))
    chosen = {task: _columns_of(preds[task], spec.labels[task], names) for task, names in labels.items()}
    limits = np.array([(thresholds or {}).get(au, 0.5) for au in labels.get("au", ())])
    rows = store.rows[kept]
    people, digest = persons(faces.table, rows.tolist()), rows_hash(faces.table, rows.tolist())
    return Predictions(labels, chosen, target, mask, rows, people, limits, spec.labels, preds, digest)


def _columns_of(values: npt.NDArray[Any], have: tuple[str, ...], want: tuple[str, ...]) -> npt.NDArray[Any]:
    return values[:, [have.index(name) for name in want]]


def _truth(faces: Faces, store: Store, labels: LabelSet) -> tuple[Arrays, Arrays]:
    """The annotators' labels of the store's rows, for the labels that are scored."""
    table = faces.table
    target: Arrays = {}
    mask: Arrays = {}
    for task, names in labels.items():
        if task in CLASS_TASKS:
            wanted = [column for column in task_columns(task, names) if column in table.columns]
            parts = [class_index(batch, task, names) for batch in table.stream(wanted)]
            target[task] = np.concatenate(parts)[store.rows]
            mask[task] = (target[task] >= 0) & store.labels.mask[task].any(axis=1)
            target[task] = np.maximum(target[task], 0)
        else:
            target[task] = _columns_of(store.labels.target[task], faces.labels[task], names)
            mask[task] = _columns_of(store.labels.mask[task], faces.labels[task], names)
    return target, mask


def au_by_expression(predictions: Predictions) -> dict[str, Any] | None:
    """Mean AU probabilities of the faces by their predicted expression (SJMT, Figure 2 and Table 3).

    None for a network that does not predict both.
    """
    labels, preds = predictions.predicted, predictions.everything
    if not {"au", "expression"} <= labels.keys():
        return None
    means, counts = mean_by_prediction(preds["au"], preds["expression"].argmax(axis=1), len(labels["expression"]))
    rounded = [[None if value != value else round(float(value), 4) for value in row] for row in means]
    return {
        "expressions": list(labels["expression"]),
        "aus": list(labels["au"]),
        "means": rounded,
        "counts": [int(count) for count in counts],
    }


def main_scores(scores: Iterable[Score], prefix: str = "") -> dict[str, float]:
    """One score per task, the one by which networks are chosen on validation rows."""
    scores = list(scores)
    tasks = list(dict.fromkeys(s.task for s in scores))
    return {f"{prefix}{task}": find(scores, task, MAIN_SCORE[task]).value for task in tasks}


def write_evaluation(folder: Path, name: str, predictions: Predictions, scores: list[Score], about: Any) -> None:
    """``NAME.json`` with the scores and ``NAME.parquet`` with every prediction and its truth."""
    with replacing(folder / f"{name}.parquet") as partial:
        pq.write_table(prediction_table(predictions), partial, compression="zstd")
    labels = predictions.labels
    content = {
        "about": about,
        "rows_sha256": predictions.rows_hash,
        "labels": labels,
        "columns": {t: [VALUE_COLUMNS[t][n] for n in names] for t, names in labels.items() if t in VALUE_COLUMNS},
        "thresholds": dict(zip(labels.get("au", ()), predictions.thresholds.tolist(), strict=True)),
        "scores": to_records(scores),
    }
    atomic_write(folder / f"{name}.json", json.dumps(content, indent=1))


def prediction_table(predictions: Predictions) -> pa.Table:
    """One row per face: the table's row number, the person, predictions, and the truth in columns ``true_...``."""
    columns: dict[str, Any] = {"row": predictions.rows, "person": predictions.clusters}
    for task, names in predictions.labels.items():
        preds, target, mask = predictions.preds[task], predictions.target[task], predictions.mask[task]
        if task in CLASS_TASKS:
            words = np.array(names, dtype=object)
            columns[CLASS_COLUMNS[task]] = words[preds.argmax(axis=1)]
            columns[f"true_{CLASS_COLUMNS[task]}"] = pa.array(words[target], pa.string(), mask=~mask)
            columns.update({f"{task}_{name}": preds[:, i] for i, name in enumerate(names)})
        else:
            for i, name in enumerate(names):
                column = VALUE_COLUMNS[task][name]
                columns[column] = preds[:, i]
                columns[f"true_{column}"] = pa.array(target[:, i], pa.float32(), mask=~mask[:, i])
    return pa.table(columns)
