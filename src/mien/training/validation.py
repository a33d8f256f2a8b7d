"""How a network does on validation faces: the scores that choose it, and its thresholds."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mien.config import Recipe
from mien.data.processes import Part
from mien.data.store import Store
from mien.labels import LabelSet
from mien.metrics.thresholds import best_f1_thresholds, equal_precision_recall_thresholds
from mien.models.ensemble import AnyModel
from mien.training.databases import OpenDatabase
from mien.training.evaluate import Predictions, main_scores, predictions_on

THRESHOLDS = {"best_f1": best_f1_thresholds, "equal_precision_recall": equal_precision_recall_thresholds}


@dataclass(frozen=True)
class Validation:
    """What a network says of the validation faces.

    Attributes:
        found: per database.
        scores: ``database/task`` -> main score; NaN where it is undefined.
        weights: of the databases in the recipe.
    """

    found: dict[str, Predictions]
    scores: dict[str, float]
    weights: Mapping[str, float]

    @property
    def overall(self) -> float:
        """What networks are chosen by: the mean over databases, by their weights, of the mean of a database's defined
        scores; -1 where there is none. A small database with many tasks would else decide alone.
        """
        defined: dict[str, list[float]] = {}
        for name, value in self.scores.items():
            if not math.isnan(value):
                defined.setdefault(name.partition("/")[0], []).append(value)
        weights = [self.weights.get(name, 1.0) for name in defined]
        return statistics.fmean(map(statistics.fmean, defined.values()), weights) if defined else -1.0

    @property
    def finite(self) -> bool:
        """Whether every output is a number."""
        return all(np.isfinite(values).all() for one in self.found.values() for values in one.preds.values())

    def thresholds(self, how: str) -> dict[str, float]:
        """Thresholds per AU, each from the first database that gives it; none where the recipe says a half."""
        choose = THRESHOLDS.get(how)
        limits: dict[str, float] = {}
        for one in self.found.values():
            if choose is not None and "au" in one.labels:
                chosen = choose(one.preds["au"], one.target["au"], one.mask["au"])
                limits = dict(zip(one.labels["au"], chosen.tolist(), strict=True)) | limits
        return limits


def validate(
    model: AnyModel,
    recipe: Recipe,
    databases: Sequence[OpenDatabase],
    labels: LabelSet,
    stores: Sequence[Store],
    part: Part = (0, 1),
) -> Validation:
    """Ask ``model`` about the validation faces of every database, which ``stores`` hold; ``part``: see ``predict``."""
    found: dict[str, Predictions] = {}
    scores: dict[str, float] = {}
    weights = {one.name: one.weight for one in recipe.data}
    for database, store in zip(databases, stores, strict=True):
        name, faces = database.settings.name, database.faces(recipe, labels, database.settings.val)
        found[name] = predictions_on(model, model.spec, faces, store=store, part=part)
        if Validation(found, scores, weights).finite:  # else there is nothing to score, and the caller says so
            scores |= main_scores(found[name].score(draws=0), f"{name}/")
    return Validation(found, scores, weights)
