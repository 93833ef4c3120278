"""What was timed while everything stood still is done again, and not for ever."""

from types import SimpleNamespace

import pytest

from bench.contenders.replies import WorkerError
from bench.run import standstill


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def session(told):
    return SimpleNamespace(still_s=0.0, progress=SimpleNamespace(say=told.append))


@pytest.fixture
def supervisor():
    return SimpleNamespace(stood_still_s=100.0, contender=SimpleNamespace(id="torch/cpu/float32"))


def work_with(supervisor, pauses_s):
    left = list(pauses_s)

    def work():
        supervisor.stood_still_s += left.pop(0)
        return len(left)

    return work


def test_work_without_a_pause_is_done_once(session, supervisor, told):
    work = work_with(supervisor, [0.2, 0.0])
    assert standstill.awake(session, supervisor, "the slice", work) == 1
    assert (told, session.still_s) == ([], 0.0)


def test_a_pause_is_told_and_the_work_done_again(session, supervisor, told):
    work = work_with(supervisor, [30.0, 0.0])
    assert standstill.awake(session, supervisor, "the slice", work) == 0
    (line,) = told
    assert "stood still for 30 s while torch/cpu/float32" in line
    assert "the slice is done again" in line
    assert session.still_s == 30.0


def test_pauses_without_end_are_an_error_and_no_time(session, supervisor, told):
    work = work_with(supervisor, [5.0] * 9)
    with pytest.raises(WorkerError, match="stood still 3 times"):
        standstill.awake(session, supervisor, "the slice", work)
    assert len(told) == 3
