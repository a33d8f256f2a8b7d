"""Which row stands in which batch: every row once per epoch, in an order of its own, as a formula of the step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.data.sampling import InTurn, Mixed, apportion, stream
from mien.errors import MienError

SIZES = st.integers(1, 500)
SEEDS = st.integers(0, 2**31)


def rows_of(sampler, database, batches):
    """The rows of one database, in the order in which the batches take them."""
    draws = [sampler.draw(step) for step in range(batches)]
    return np.concatenate([draw.row[draw.database == database] for draw in draws])


# -- one stream


@settings(max_examples=60, deadline=None)
@given(SIZES, SEEDS, st.integers(0, 10_000))
def test_every_epoch_visits_every_row_once(size, seed, epoch):
    assert np.array_equal(np.sort(stream(size, seed, epoch * size, size)), np.arange(size))


@settings(max_examples=60, deadline=None)
@given(SIZES, SEEDS, st.integers(0, 10**9), st.integers(0, 300), st.integers(0, 300))
def test_a_stream_goes_on_where_it_stood(size, seed, start, count, cut):
    whole = stream(size, seed, start, count)
    cut = min(cut, count)
    parts = [stream(size, seed, start, cut), stream(size, seed, start + cut, count - cut)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert whole.dtype == np.int64 and len(whole) == count


@pytest.mark.parametrize("size", [50, 64, 65, 257])
def test_every_epoch_and_every_seed_has_an_order_of_its_own(size):
    orders = [stream(size, seed, epoch * size, size) for seed in (0, 1, 2) for epoch in range(5)]
    assert len({order.tobytes() for order in orders}) == 15
    for order in orders:
        assert (order == np.arange(size)).mean() < 0.2  # not the identity: about one row stays in its place
        assert np.abs(np.diff(order)).mean() > size / 5  # and not nearly: of a shuffle it is a third of the size


@pytest.mark.parametrize("size", [2, 3, 5, 16, 17, 30])
def test_every_row_comes_to_every_place_equally_often(size):
    epochs = 3000
    orders = stream(size, 7, 0, epochs * size).reshape(epochs, size)
    for place in {0, size // 2, size - 1}:
        counts = np.bincount(orders[:, place], minlength=size)
        squares = ((counts - epochs / size) ** 2 / (epochs / size)).sum()  # chi-square of size - 1
        assert squares < size - 1 + 6 * np.sqrt(2 * size)


def test_neighbours_do_not_stay_together():
    size, epochs = 20, 3000
    orders = stream(size, 3, 0, epochs * size).reshape(epochs, size)
    place = np.argsort(orders, axis=1)
    together = (place[:, 1] - place[:, 0] == 1).mean()
    assert together == pytest.approx(1 / size, abs=0.015)  # 19 of 20 * 19 ordered pairs of places


def test_a_long_stream_needs_no_list():
    size = 10**12
    rows = stream(size, 0, 5 * size - 3, 6)
    assert rows.min() >= 0 and rows.max() < size and len(set(rows.tolist())) == 6


# -- mixed batches


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SIZES, st.floats(0.01, 100)), min_size=1, max_size=5), st.integers(5, 300), SEEDS)
def test_mixed_batches_hold_the_same_share_of_every_database(databases, batch_size, seed):
    sizes, weights = zip(*databases, strict=True)
    sampler = Mixed(sizes, weights, batch_size, seed)
    shares = [np.bincount(sampler.draw(step).database, minlength=len(sizes)) for step in (0, 1, 977)]
    assert all(np.array_equal(share, shares[0]) for share in shares)
    assert shares[0].sum() == batch_size and shares[0].min() >= 1
    assert np.abs(shares[0] - batch_size * np.array(weights) / sum(weights)).max() < len(sizes)


@pytest.mark.parametrize(
    ("weights", "total", "counts"),
    [
        ((1, 1, 1), 120, [40, 40, 40]),
        ((1, 1, 1), 128, [43, 43, 42]),
        ((3, 1), 8, [6, 2]),
        ((9, 1), 10, [9, 1]),  # one each first and the rest by weight would give 8 and 2
        ((3, 2, 1), 128, [64, 43, 21]),
        ((1000, 1), 8, [7, 1]),  # rounded, the second would get none
        ((2, 2), 2, [1, 1]),
    ],
)
def test_apportion_by_hand(weights, total, counts):
    assert apportion(weights, total).tolist() == counts


@pytest.mark.parametrize("sizes", [(7, 40, 333), (64, 1, 100)])
def test_mixed_streams_go_on_from_batch_to_batch(sizes):
    sampler = Mixed(sizes, (1, 2, 3), 32, seed=5)
    counts = np.bincount(sampler.draw(0).database)
    for database, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        rows = rows_of(sampler, database, 3 * size // count + 1)[: 3 * size].reshape(3, size)
        assert (np.sort(rows, axis=1) == np.arange(size)).all()  # three epochs, each row once: no gap, no repeat


def test_databases_of_one_size_have_orders_of_their_own():
    draw = Mixed((100, 100), (1, 1), 200, seed=0).draw(0)
    assert not np.array_equal(draw.row[draw.database == 0], draw.row[draw.database == 1])


def test_a_batch_smaller_than_the_databases_is_refused():
    with pytest.raises(MienError, match=r"^A batch of 2 cannot hold 3 databases; raise training\.batch_size$"):
        Mixed((5, 5, 5), (1, 1, 1), 2, seed=0)  # one of them would never be seen


# -- in turn


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_equal_weights_take_exact_turns(count):
    sampler = InTurn([50] * count, [2.5] * count, 4, seed=0)
    turns = [sampler.draw(step).database for step in range(3 * count)]
    assert all((turn == turn[0]).all() and len(turn) == 4 for turn in turns)
    assert [turn[0] for turn in turns] == [*range(count)] * 3


@pytest.mark.parametrize("weights", [(3, 1), (5, 2, 1), (1, 1000), (0.7, 0.2, 0.1), (1, 2, 3, 4), (10, 9)])
def test_other_weights_are_fair_within_one_percent(weights):
    sampler = InTurn([10] * len(weights), weights, 1, seed=0)
    turns = np.bincount([sampler.draw(step).database[0] for step in range(1000)], minlength=len(weights))
    assert np.abs(turns / 1000 - np.array(weights) / sum(weights)).max() < 0.01 + 1 / 1000  # a round may be cut off
    assert turns.min() > 0


def test_turns_are_spread_and_not_in_blocks():
    sampler = InTurn([10, 10], [3, 1], 1, seed=0)
    turns = [int(sampler.draw(step).database[0]) for step in range(8)]
    assert sum(turns[:4]) == sum(turns[4:]) == 1
    assert "1, 1" not in str(turns)


@pytest.mark.parametrize("weights", [(1, 1, 1), (5, 2, 1)])
def test_streams_in_turn_go_on_from_batch_to_batch(weights):
    sizes, batch_size = (7, 40, 61), 8
    sampler = InTurn(sizes, weights, batch_size, seed=5)
    for database, size in enumerate(sizes):
        rows = rows_of(sampler, database, 400)
        epochs = len(rows) // size
        assert epochs >= 3
        assert (np.sort(rows[: epochs * size].reshape(epochs, size), axis=1) == np.arange(size)).all()


# -- both


@pytest.mark.parametrize("kind", [Mixed, InTurn])
def test_a_batch_is_a_formula_of_seed_and_step(kind):
    def sampler(seed):
        return kind((30, 50), (2, 1), 12, seed)

    forwards = [sampler(1).draw(step) for step in range(10)]
    same = sampler(1)
    backwards = [same.draw(step) for step in reversed(range(10))][::-1]  # whatever was drawn before
    for one, other in zip(forwards, backwards, strict=True):
        assert np.array_equal(one.row, other.row) and np.array_equal(one.database, other.database)
    assert not np.array_equal(forwards[3].row, sampler(2).draw(3).row)
    for draw in forwards:
        assert (draw.row < np.array((30, 50))[draw.database]).all() and (draw.row >= 0).all()
