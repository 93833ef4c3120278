"""Waiting until a worker's threads rest: none may work beside another contender's slice."""

from __future__ import annotations

from time import process_time

from bench.worker import measure

SETTLE_POLL_S = 0.002
SETTLE_QUIET_POLLS = 3
"""In a row: a spinning thread may be off the processor for one of them."""

SETTLE_LIMIT_S = 0.5
"""Longer than any thread pool known to spin for work: OpenMP runtimes do for up to 0.2 s."""


def settle() -> bool:
    """Wait until this process uses no more CPU; False where it still does after the limit.

    Thread pools spin for a while after their last work. They must not do it beside another
    contender's slice.
    """
    quiet = 0
    for _ in range(round(SETTLE_LIMIT_S / SETTLE_POLL_S)):
        before_s = process_time()
        measure.rest(SETTLE_POLL_S)
        rested = process_time() - before_s < SETTLE_POLL_S / 4
        quiet = quiet + 1 if rested else 0
        if quiet == SETTLE_QUIET_POLLS:
            return True
    return False
