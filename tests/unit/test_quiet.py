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
    with spinning(0.1) as stop_s:
        assert quiet.settle()
        assert time.monotonic() >= stop_s - 0.02  # a busy machine may keep it from its core


def test_a_thread_that_never_rests_is_told():
    with spinning(60):
        assert not quiet.settle()
