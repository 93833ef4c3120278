"""A stage of a cell: whatever goes wrong in it becomes a record, and the run goes on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.contenders.replies import WorkerError
from bench.contenders.supervisor import Supervisor
from bench.contenders.worker_process import WorkerDied
from bench.machine import privacy
from bench.schema import Failed
from bench.terminal.case_line import called

if TYPE_CHECKING:
    from bench.run.session import RunContext

TAIL = 8000
"""Characters of a traceback that are kept: its end, which tells most."""

_DOING = {
    "start": "starting",
    "build": "building",
    "verify": "checking",
    "calibrate": "trying",
    "slice": "timing",
    "drop": "clearing",
}
"""Stages as a person reads them."""


def attempt(
    session: RunContext, supervisor: Supervisor, case: str, stage: str, work: Callable[[], bool]
) -> bool:
    """What the work says: whether to go on; False where it failed, which is then recorded.

    Raises OSError: a disk that is full is so for every cell.
    """
    spec, doing = supervisor.contender.spec.text, _DOING.get(stage, stage)
    session.progress.now(f"{called(case)}: {doing} {spec}")
    try:
        return work()
    except (WorkerError, WorkerDied) as error:
        session.write(supervisor.failure(stage, error, case))
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  the last guard: nobody foresaw it
        session.write(fault(supervisor, case, stage, error))
    return False


def fault(supervisor: Supervisor, case: str, stage: str, error: Exception) -> Failed:
    """The record of a fault of the host itself, with where it lies. The worker is ended: nobody
    knows whether it still waits for a request."""
    supervisor.close()
    trace = "".join(traceback.format_exception(error))[-TAIL:]
    return Failed(
        contender=supervisor.contender.id,
        case=case,
        stage=stage,
        reason=privacy.scrub(
            f"a fault of Metalbench, not of the contender; please report it: {error!r}"
        )[:TAIL],
        output_tail=privacy.scrub(trace),
    )
