"""Blended faces: picture and labels in the same shares, within a database, and no label that only one of two has."""

import numpy as np
import pytest
import torch

from mien.config import Augment
from mien.data.batch import Batch
from mien.data.blend import Blend, draw_blend, with_labels
from mien.data.loader import Loader
from mien.data.sampling import Mixed
from mien.data.store import Store
from mien.data.targets import Labels

DATABASE = np.repeat([0, 1], [7, 5])


def drawn(chance: float, seed: int = 0) -> Blend:
    return draw_blend(chance, DATABASE, np.random.default_rng(seed))


def test_partners_are_of_the_same_database_and_the_larger_share_is_the_faces_own() -> None:
    for seed in range(20):
        blend = drawn(1.0, seed)
        assert (DATABASE[blend.partner] == DATABASE).all()  # rejected: partners from all over the batch
        assert (blend.share >= 0.5).all() and (blend.share <= 1).all()
        alone = blend.partner == np.arange(12)
        assert (blend.share[alone] == 1).all()


def test_so_many_are_blended_as_was_asked() -> None:
    shares = np.concatenate([drawn(0.4, seed).share for seed in range(400)])
    alone = np.mean([(drawn(0.4, seed).partner == np.arange(12)).mean() for seed in range(400)])
    assert (shares < 1).mean() == pytest.approx(0.4 * (1 - alone), abs=0.02)
    assert len(drawn(0.0).rows) == 0


def test_labels_go_with_the_shares_and_only_what_both_have_stays() -> None:
    blend = Blend(np.array([1, 0, 2]), np.array([0.75, 1.0, 1.0], np.float32))
    target = {
        "expression": torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]),
        "au": torch.tensor([[1.0, 1.0], [0.0, torch.nan], [1.0, 0.0]]),
        "va": torch.tensor([[0.4, 0.0], [-0.4, 0.0], [0.0, 0.0]]),
    }
    mask = {
        "expression": torch.tensor([[True, True], [True, True], [True, True]]),
        "au": torch.tensor([[True, True], [True, False], [True, True]]),
        "va": torch.tensor([[True, False], [True, True], [False, False]]),
    }
    batch = with_labels(Batch(torch.zeros(3, 3, 4, 4), target, mask, torch.zeros(3, dtype=torch.int64)), blend)
    assert batch.target["expression"].tolist() == [[0.75, 0.25], [0.0, 1.0], [0.5, 0.5]]
    assert batch.target["au"][0, 0] == 0.75 and batch.mask["au"].tolist() == [
        [True, False],
        [True, False],
        [True, True],
    ]
    assert batch.target["va"][0, 0].item() == pytest.approx(0.2)  # rejected: -0.2, the shares the other way round
    assert batch.mask["va"].tolist() == [[True, False], [True, True], [False, False]]


def test_a_class_stays_only_where_both_annotators_had_the_same_choice() -> None:
    """Rejected: a distribution that no longer sums to one over the classes that count."""
    blend = Blend(np.array([1, 0]), np.array([0.6, 1.0], np.float32))
    target = {"expression": torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])}
    mask = {"expression": torch.tensor([[True, True, False], [True, True, True]])}
    batch = with_labels(Batch(torch.zeros(2, 3, 4, 4), target, mask, torch.zeros(2, dtype=torch.int64)), blend)
    assert batch.mask["expression"].tolist() == [[False] * 3, [True] * 3]


def test_a_picture_is_blended_as_its_labels_are() -> None:
    """Every face is one grey, which is also its valence: blended or not, they agree."""
    level = np.linspace(0, 1, 30).astype(np.float32)
    images = np.repeat((level * 255).astype(np.uint8), 20 * 20).reshape(30, 20, 20, 1)
    labels = Labels({"va": np.stack([level, -level], 1)}, {"va": np.ones((30, 2), bool)})
    store = Store("A", images, labels, np.arange(30), ())
    still = Augment(**dict.fromkeys(Augment.model_fields, 0.0) | {"blend": 1.0})
    batch = Loader([store], Mixed([30], [1], 16, 0), 16, still, 0).batch(3)
    assert torch.allclose(batch.image.mean((1, 2, 3)), batch.target["va"][:, 0], atol=0.005)
    drawn_levels = torch.from_numpy(level)
    assert (torch.cdist(batch.target["va"][:, :1], drawn_levels[:, None]).amin(1) > 1e-3).sum() > 4, "some are blends"
