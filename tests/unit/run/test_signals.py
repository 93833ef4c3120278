"""Signals end a run at a seam: a slice is finished first, unless a second signal comes."""

import os
import signal

import pytest

from bench.run.signals import ENDING, HEARD, Interrupts


@pytest.fixture(autouse=True)
def handlers_as_before():
    """An interrupted run goes on ignoring what interrupted it, to its process's end."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_between_slices_ends_at_once(number):
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
        pytest.fail("went on")
    assert interrupts.signal == number


def test_a_signal_within_a_slice_waits_for_its_end():
    done = []
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt), interrupts.deferred():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("slice")
        assert done == ["slice"]


def test_a_second_signal_does_not_wait():
    done = []
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt), interrupts.deferred():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            done.append("slice")
        assert done == []


def test_a_ctrl_c_is_answered_at_once_and_once():
    heard = []
    interrupts = Interrupts(heard.append)
    with interrupts, pytest.raises(KeyboardInterrupt), interrupts.deferred():
        os.kill(os.getpid(), signal.SIGINT)
        assert heard == [HEARD]
        os.kill(os.getpid(), signal.SIGINT)
    assert heard == [HEARD]


def test_an_answer_in_the_middle_of_a_line_is_none():
    def busy(line):
        raise RuntimeError("reentrant call")

    with Interrupts(busy) as interrupts, pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    assert interrupts.signal == signal.SIGINT


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_one_that_comes_twice_is_heard_once(number):
    done = []
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt), interrupts.deferred():
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        done.append("slice")
    assert done == ["slice"]
    assert interrupts.signal == number
    os.kill(os.getpid(), number)  # while the report is written


def test_an_error_within_a_slice_is_not_hidden():
    with Interrupts() as interrupts, pytest.raises(ZeroDivisionError), interrupts.deferred():
        raise ZeroDivisionError
    assert interrupts.signal is None


def test_the_handlers_before_are_put_back():
    before = [signal.getsignal(number) for number in ENDING]
    with Interrupts():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in ENDING] == before


def test_what_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGHUP)
        assert interrupts.signal is None
    finally:
        signal.signal(signal.SIGHUP, before)
