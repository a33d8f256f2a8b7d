"""A network that was not trained but made of others."""

from pathlib import Path

from mien.config import Recipe
from mien.data.prepare import Progress, prepare
from mien.models.checkpoint import save
from mien.models.info import ModelInfo
from mien.models.network import Network
from mien.training.databases import network_labels, open_databases
from mien.training.record import provenance
from mien.training.validation import validate


def save_made(
    recipe: Recipe, folder: Path, model: Network, step: int, progress: Progress, made_of: tuple[str, ...]
) -> ModelInfo:
    """Save ``model`` with thresholds and scores of its own, from the validation faces of ``recipe``.

    ``step``: updates of its members; ``made_of``: digests of their weights.
    """
    databases = open_databases(recipe)
    labels = network_labels(recipe, databases)
    stores = [prepare(d.faces(recipe, labels, d.settings.val), progress) for d in databases]
    found = validate(model, recipe, databases, labels, stores)
    return save(
        folder,
        model,
        step=step,
        thresholds=found.thresholds(recipe.training.thresholds),
        recipe=recipe.model_dump(mode="json"),
        provenance=provenance(databases),
        validation=found.scores,
        made_of=made_of,
    )
