"""Batches are a formula of seed and step, and every row keeps its own picture and labels."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from mien.config import Augment
from mien.data.loader import Loader, in_order
from mien.data.sampling import InTurn, Mixed
from mien.data.store import Store
from mien.data.targets import Labels
from mien.data.transforms import centred

SIZE, PAD = 16, 2
STILL = Augment(**dict.fromkeys(Augment.model_fields, 0.0))
LIVELY = Augment(colour=0.1, grey=0.2, jpeg=0.2, blur=0.2, erase=0.5)


def store(name, rows, channels=3):
    """A store whose targets tell database and row: valence = row / 100, AU01 = 1 in database B."""
    rng = np.random.default_rng([ord(name), rows])
    row = np.arange(rows)
    target = {
        "va": np.stack([row / 100, -row / 100], axis=1).astype(np.float32),
        "au": np.full((rows, 1), name == "B", np.float32),
    }
    mask = {"va": np.stack([row % 2 == 0, row % 3 == 0], axis=1), "au": np.full((rows, 1), name == "B")}
    side = SIZE + 2 * PAD
    images = rng.integers(0, 256, (rows, side, side, channels), dtype=np.uint8)
    return Store(name, images, Labels(target, mask), row, ())


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def stores(request):
    return store("A", 40, request.param), store("B", 23, request.param)


def loader(stores, augment=STILL, kind=Mixed, seed=0, batch_size=12, **more):
    sizes = [len(store) for store in stores]
    return Loader(stores, kind(sizes, [2, 1], batch_size, seed), SIZE, augment, seed, **more)


def same(one, other):
    return (
        torch.equal(one.image, other.image)
        and torch.equal(one.database, other.database)
        and all(torch.equal(one.target[t], other.target[t]) for t in ("va", "au"))
        and all(torch.equal(one.mask[t], other.mask[t]) for t in ("va", "au"))
    )


@pytest.mark.parametrize("augment", [STILL, LIVELY])
def test_a_batch_is_rgb_floats_from_zero_to_one(stores, augment):
    batch = loader(stores, augment).batch(3)
    assert batch.image.shape == (12, 3, SIZE, SIZE) and batch.image.dtype == torch.float32
    assert 0 <= batch.image.min() < 0.1 and 0.9 < batch.image.max() <= 1  # not 0 to 255, and not around 0
    assert batch.database.dtype == torch.int64
    assert {task: tuple(t.shape) for task, t in batch.target.items()} == {"va": (12, 2), "au": (12, 1)}
    assert all(t.dtype == torch.float32 for t in batch.target.values())
    if stores[0].images.shape[3] == 1:
        assert torch.equal(batch.image[:, 0], batch.image[:, 1])
        assert torch.equal(batch.image[:, 0], batch.image[:, 2])


@pytest.mark.parametrize("kind", [Mixed, InTurn])
def test_every_row_has_the_picture_and_the_labels_of_its_store(stores, kind):
    source, seen = loader(stores, kind=kind), [set(), set()]
    for step in range(9):
        batch = source.batch(step)
        for i, d in enumerate(batch.database.tolist()):
            row = round(batch.target["va"][i, 0].item() * 100)
            seen[d].add(row)
            face = torch.from_numpy(centred(stores[d].images[row : row + 1], SIZE)[0]).permute(2, 0, 1)
            assert torch.equal(batch.image[i], face.expand(3, -1, -1))  # (C, H, W): not turned by a wrong reshape
            for task in ("va", "au"):
                assert torch.equal(batch.target[task][i], torch.from_numpy(stores[d].labels.target[task][row]))
                assert torch.equal(batch.mask[task][i], torch.from_numpy(stores[d].labels.mask[task][row]))
    assert all(len(rows) > 20 for rows in seen)


def test_changes_touch_no_label(stores):
    still, lively = loader(stores, STILL).batch(2), loader(stores, LIVELY).batch(2)
    assert not torch.equal(still.image, lively.image)
    assert same(still, type(still)(still.image, lively.target, lively.mask, lively.database))


@pytest.mark.parametrize("kind", [Mixed, InTurn])
def test_a_batch_is_the_same_at_every_call_and_in_any_order(stores, kind):
    one, other = loader(stores, LIVELY, kind), loader(stores, LIVELY, kind)
    forwards = [one.batch(step) for step in range(5)]
    backwards = [other.batch(step) for step in reversed(range(5))][::-1]
    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))
    assert same(one.batch(2), forwards[2])
    assert not torch.equal(forwards[0].image, forwards[1].image)


def test_another_seed_changes_the_changes(stores):
    sampler = Mixed([len(s) for s in stores], [2, 1], 12, 0)
    one, other = (Loader(stores, sampler, SIZE, LIVELY, seed).batch(0) for seed in (1, 2))
    assert torch.equal(one.target["va"], other.target["va"])
    assert not torch.equal(one.image, other.image)


def test_the_changes_are_drawn_anew_for_every_batch():
    alike = store("A", 12)
    alike = replace(alike, images=np.repeat(alike.images[:1], 12, axis=0))
    source = Loader([alike], Mixed([12], [1], 12, 0), SIZE, LIVELY, 0)
    batches = [source.batch(step) for step in range(3)]
    assert len({image.numpy().tobytes() for batch in batches for image in batch.image}) == 36


@pytest.mark.parametrize(("start", "stop"), [(0, 7), (3, 4), (5, 7), (4, 4)])
def test_the_stream_is_batch_after_batch(stores, start, stop):
    source, asked = loader(stores, LIVELY), []
    make = source.batch
    source.batch = lambda step: asked.append(step) or make(step)
    streamed = list(source.stream(start, stop))
    assert asked == list(range(start, stop))  # nothing twice, nothing beyond the end
    assert len(streamed) == stop - start
    assert all(same(batch, make(step)) for step, batch in enumerate(streamed, start))


def test_a_stream_can_be_left_early_and_passes_errors_on(stores):
    source = loader(stores)
    assert len(list(islice(source.stream(0, 1000), 2))) == 2
    calls = []

    def broken(step):
        calls.append(step)
        raise RuntimeError("no such row")

    source.batch = broken
    with pytest.raises(RuntimeError, match="no such row"):
        next(source.stream(0, 1000))
    assert len(calls) <= 2  # ahead, but not far


@pytest.mark.parametrize("kind", [Mixed, InTurn])
@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("blend", [0.0, 0.5])
def test_the_parts_of_all_processes_are_the_whole_batch(stores, kind, processes, blend):
    lively = LIVELY.model_copy(update={"blend": blend})
    whole = loader(stores, lively, kind).batch(4)
    assert whole.seed != loader(stores, lively, kind).batch(5).seed
    for rank in range(processes):
        part = loader(stores, lively, kind, part=(rank, processes)).batch(4)
        mine = slice(rank, None, processes)
        assert part.seed == whole.seed  # a method draws the same in every process
        assert torch.equal(part.image, whole.image[mine])  # the same random changes as in one process
        assert len(part) == 12 and same(replace(part, image=whole.image, part=(0, 1)), whole)  # the labels of all rows


@pytest.mark.parametrize("processes", [2, 3, 7])
def test_processes_share_all_rows_in_order_without_repeats(stores, processes):
    shares = [
        [batch.target["va"][:, 0] for batch in in_order(stores[0], SIZE, 7, (rank, processes))]
        for rank in range(processes)
    ]
    rounds = [share[k] for k in range(len(shares[0])) for share in shares if k < len(share)]
    assert torch.equal(torch.cat(rounds), torch.from_numpy(stores[0].labels.target["va"][:, 0]))


@pytest.mark.parametrize("batch_size", [1, 7, 40, 100])
def test_in_order_gives_every_row_once_and_unchanged(stores, batch_size):
    batches = list(in_order(stores[0], SIZE, batch_size))
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    images = torch.cat([batch.image for batch in batches])
    expected = torch.from_numpy(centred(stores[0].images, SIZE)).permute(0, 3, 1, 2).expand(-1, 3, -1, -1)
    assert torch.equal(images, expected)
    valence = torch.cat([batch.target["va"][:, 0] for batch in batches])
    assert torch.equal(valence, torch.from_numpy(stores[0].labels.target["va"][:, 0]))
    assert torch.equal(
        torch.cat([batch.mask["va"] for batch in batches]), torch.from_numpy(stores[0].labels.mask["va"])
    )
    assert all((batch.database == 0).all() for batch in batches)
