"""No contender's turn begins before another's threads rest."""

import contextlib
import threading
import time

from bench import quiet


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


def test_a_spinning_thread_is_waited_for():
    with spinning(0.2) as stop_s:
        assert quiet.settle()
        # Three quiet polls take 6 ms; a busy machine may keep the thread from its core for a while.
        assert time.monotonic() >= stop_s - 0.15


def test_a_thread_that_never_rests_is_told():
    with spinning(60):
        assert not quiet.settle()
