"""Work that was timed while everything stood still, as where a machine sleeps or a run is suspended
with its workers, is done again: no clock of theirs tells the pause from the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from bench.contenders.replies import WorkerError
from bench.contenders.supervisor import Supervisor

if TYPE_CHECKING:
    from bench.run.session import RunContext

T = TypeVar("T")

TOLD_S = 1.0
"""A busy machine keeps a process waiting for less."""

TRIES = 3


def awake(session: RunContext, supervisor: Supervisor, what: str, work: Callable[[], T]) -> T:
    """What the work gives when nothing stood still meanwhile.

    Raises WorkerError where something did each time, and what the work raises.
    """
    still_s = 0.0
    for _ in range(TRIES):
        before_s = supervisor.stood_still_s
        done = work()
        still_s = supervisor.stood_still_s - before_s
        if still_s < TOLD_S:
            return done
        session.still_s += still_s
        session.progress.say(
            f"Everything stood still for {still_s:.0f} s while {supervisor.contender.id} was timed "
            f"(was the run suspended, or the machine asleep?): {what} is done again"
        )
    raise WorkerError(
        f"everything stood still {TRIES} times while it was timed, the last time for {still_s:.0f} "
        "s: none of these times is one",
        None,
        "",
    )
