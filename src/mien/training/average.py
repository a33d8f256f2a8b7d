"""Several networks as one: the mean of their weights, which costs no more than one to run, or of their answers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from mien.choose import choose
from mien.data.prepare import Progress, silent
from mien.errors import CheckpointError, MienError
from mien.files import locked
from mien.models.affect import AffectModel
from mien.models.checkpoint import load
from mien.models.ensemble import merged
from mien.models.info import INFO_FILE, ModelInfo
from mien.models.network import Network
from mien.training.made_of import save_made
from mien.training.record import recipe_of


def average(
    runs: Sequence[str | Path], folder: str | Path, progress: Progress = silent, of: str = "weights"
) -> ModelInfo:
    """Save the mean of ``runs``, with thresholds and scores on the validation faces of the first.

        w = (w_1 + ... + w_n) / n        p(face) = (p_1(face) + ... + p_n(face)) / n

    The mean of weights holds for networks that are near each other: trained on from the same one. Of networks that
    began with other random weights it knows nothing; the scores say so. That of answers holds for all that are built
    alike.

    Args:
        runs: folders of two or more networks with equal ``spec``.
        folder: gets ``weights.safetensors`` and ``model.json``; must not hold a network yet.
        progress: wraps the preparation of faces in a progress bar.
        of: a key of ``MEANS``.

    Raises:
        MienError: fewer than two, they are built differently, ``folder`` is in use, or the first one's databases are
            not there.

    *Source*: Wortsman et al. 2022, "Model soups: averaging weights of multiple fine-tuned models improves accuracy
    without increasing inference time" (arXiv 2203.05482), section 2, the uniform soup.
    """
    mean = choose(MEANS, of, "mean")
    folder = Path(folder)
    if len(runs) < 2:
        raise MienError(f"{len(runs)} network to average; give the folders of two or more")
    if (folder / INFO_FILE).exists():
        raise MienError(f"{folder} holds a network already; give another folder with --out")
    networks = [_network(run) for run in runs]
    model, info = networks[0]
    recipe = recipe_of(info, f"The model.json in {runs[0]}")
    for run, (other, _) in zip(runs, networks, strict=True):
        if other.spec != model.spec:
            raise CheckpointError(
                f"{run} and {runs[0]} are built differently; labels, backbone, head and crop must agree"
            )
    made = mean([other for other, _ in networks]).eval()
    made_of = tuple(other.weights_sha256 for _, other in networks)
    with locked(folder, "wait for it, or choose another folder with --out"):
        return save_made(recipe, folder, made, max(other.step for _, other in networks), progress, made_of)


def _network(run: str | Path) -> tuple[AffectModel, ModelInfo]:
    model, info = load(run)
    if not isinstance(model, AffectModel):
        raise CheckpointError(f"{run} is an ensemble; average its members' folders")
    return model, info


def _of_weights(networks: list[AffectModel]) -> Network:
    """The first, with the mean by name; counters, which are no floats, stay its own."""
    states = [network.state_dict() for network in networks]
    networks[0].load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(dim=0) if first.is_floating_point() else first
            for name, first in states[0].items()
        }
    )
    return networks[0]


MEANS: dict[str, Callable[[list[AffectModel]], Network]] = {"weights": _of_weights, "answers": merged}
