"""No contender's turn begins before another's threads rest."""

import contextlib
import itertools
import threading
import time

from bench.worker import thread_rest


@contextlib.contextmanager
def spinning(seconds):
    """A thread that uses a core meanwhile, and ends with the test whatever happens."""
    ended, stop_s = threading.Event(), time.monotonic() + seconds

    def spin():
        while not ended.is_set() and time.monotonic() < stop_s:
            pass

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield stop_s
    finally:
        ended.set()
        thread.join()


TRIES = 50
"""A busy machine may keep a thread from its core for three polls, and it seems at rest."""


def test_a_spinning_thread_is_waited_for():
    assert any(waited() for _ in range(TRIES))


def waited():
    """Whether most of the spinning was over; three quiet polls alone take 6 ms."""
    with spinning(0.2) as stop_s:
        return thread_rest.settle() and time.monotonic() >= stop_s - 0.1


def test_a_thread_that_never_rests_is_told(monkeypatch):
    """On a clock of its own: a busy machine keeps a real thread from its core for a while."""
    used_s = itertools.count(step=thread_rest.SETTLE_POLL_S)
    monkeypatch.setattr(thread_rest, "process_time", lambda: next(used_s))
    monkeypatch.setattr(thread_rest.measure, "rest", lambda _: None)
    assert not thread_rest.settle()
