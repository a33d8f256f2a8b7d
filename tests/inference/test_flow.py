"""Stages keep order, stay bounded, pass errors on and stop when nobody wants more."""

import threading
import time
from collections.abc import Iterator

import pytest

from mien.inference.flow import ahead, in_batches


def test_order_is_kept_through_several_stages() -> None:
    doubled = ahead((2 * x for x in ahead(range(500), 3)), 5)
    assert list(doubled) == [2 * x for x in range(500)]


def test_a_stage_is_never_further_ahead_than_allowed() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for i in range(100):
            made.append(i)
            yield i

    stream = ahead(items(), 4)
    assert next(stream) == 0
    time.sleep(0.3)  # enough for a stage without a bound to make all
    assert len(made) <= 1 + 4 + 1, "taken, queued, and one that waits for room"
    stream.close()  # type: ignore[attr-defined]


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("three")

    seen = []
    with pytest.raises(KeyError, match="three"):
        for item in ahead(items(), 2):
            seen.append(item)
    assert seen == [1, 2]


def test_a_consumer_that_stops_ends_the_stage_and_closes_its_source() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1_000_000)
        finally:
            closed.set()

    before = threading.active_count()
    for item in ahead(items(), 2):
        if item == 3:
            break
    assert closed.wait(5)
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("items", "most", "budget", "expected"),
    [
        ([1, 1, 1, 1, 1], 2, 100, [[1, 1], [1, 1], [1]]),
        ([3, 3, 3], 10, 6, [[3, 3], [3]]),
        ([9, 1, 9], 10, 5, [[9], [1], [9]]),
        ([], 3, 3, []),
    ],
)
def test_batches_keep_to_number_and_budget(
    items: list[int], most: int, budget: float, expected: list[list[int]]
) -> None:
    assert list(in_batches(items, most, budget, float)) == expected


def test_a_batch_that_an_error_cuts_short_is_given_before_the_error() -> None:
    """A video that breaks off in frame 50 keeps the 18 frames of its last, unfinished batch of 32."""

    def frames() -> Iterator[int]:
        yield from range(50)
        raise ValueError("broken off")

    seen: list[int] = []
    with pytest.raises(ValueError, match="broken off"):
        for batch in in_batches(frames(), 32):
            seen += batch
    assert seen == list(range(50))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_stage_that_dies_without_a_word_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory is so short that a thread cannot even hand its error over; once, the consumer waited for ever."""

    class Refused:
        def __init__(self, error: BaseException | None = None) -> None:
            raise MemoryError

    monkeypatch.setattr("mien.inference.flow._End", Refused)
    stream = ahead(iter([1, 2]), 5)
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(MemoryError, match="a thread died of it"):
        next(stream)
