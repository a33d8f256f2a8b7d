"""Ctrl+C held back, let through, and left alone."""

import signal
import threading

import pytest

from mien.inference.interrupt import held_back


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_it_is_held_back_but_where_it_may_raise() -> None:
    with held_back() as stop:
        assert not stop.asked
        press()
        assert stop.asked
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            press()
        press()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_an_error_gives_it_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), held_back():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


def test_who_ignores_it_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back() as stop:
            press()
        assert not stop.asked
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_may_use_it() -> None:
    before, asked = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with held_back() as stop:
            asked.append(stop.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert asked == [False] and signal.getsignal(signal.SIGINT) is before
