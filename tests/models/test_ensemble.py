"""Networks that answer as one: the mean of what each says, whoever asks."""

from pathlib import Path

import pytest
import torch

from mien.errors import CheckpointError, MienError
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import init_weights, load, save
from mien.models.ensemble import Ensemble, build, merged
from mien.models.outputs import read

LABELS = {
    "expression": ("neutral", "happiness", "fear"),
    "au": ("AU01", "AU12"),
    "au_intensity": ("AU12",),
    "va": ("valence", "arousal"),
    "compound": ("awed", "hatred"),
}


def networks(count: int = 3, **spec: object) -> list[AffectModel]:
    found = []
    for seed in range(count):
        torch.manual_seed(seed)
        network = AffectModel(ModelSpec(backbone="plain_small", labels=LABELS, **spec)).eval()
        with torch.no_grad():
            for p in network.head.parameters():
                p.mul_(8)  # answers that differ
        found.append(network)
    return found


@pytest.mark.parametrize("spec", [{}, {"va_bins": 5}, {"expression_activation": "sigmoid", "head": "joint"}])
def test_its_answer_is_the_mean_of_the_members_answers(spec: dict[str, object]) -> None:
    members, image = networks(**spec), torch.rand(4, 3, 32, 32)
    with torch.no_grad():
        alone = [read(network(image), network.spec) for network in members]
        ensemble = merged(members).eval()
        together = read(ensemble(image), ensemble.spec)
    for task, values in together.items():
        mean = torch.stack([one[task] for one in alone]).mean(dim=0)
        torch.testing.assert_close(values, mean, atol=1e-5, rtol=1e-4)
    raw = torch.stack([network(image)["au"] for network in members]).mean(dim=0).sigmoid()
    assert not torch.allclose(together["au"], raw, atol=1e-3)  # the mean of raw outputs is another answer


def test_it_is_saved_and_loaded_as_one_network(tmp_path: Path) -> None:
    ensemble = merged(networks()).eval()
    save(tmp_path, ensemble, thresholds={"AU12": 0.3})
    again, info = load(tmp_path)
    assert isinstance(again, Ensemble) and info.spec.members == 3 and info.thresholds == {"AU12": 0.3}
    image = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        for task, values in ensemble(image).items():
            assert torch.equal(again(image)[task], values)


def test_only_networks_of_one_kind_join() -> None:
    with pytest.raises(MienError, match="at least two networks of one spec"):
        merged(networks(1))
    with pytest.raises(MienError, match="at least two networks of one spec"):
        merged([*networks(1), *networks(1, dropout=0.5)])


def test_nothing_starts_from_an_ensemble(tmp_path: Path) -> None:
    save(tmp_path, merged(networks(2)))
    with pytest.raises(CheckpointError, match="start from one of its members"):
        init_weights(networks(1)[0], tmp_path)


def test_a_spec_says_which_it_is() -> None:
    spec = ModelSpec(backbone="plain_small", labels=LABELS)
    assert isinstance(build(spec), AffectModel)
    assert isinstance(build(spec.model_copy(update={"members": 2})), Ensemble)
