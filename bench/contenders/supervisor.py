"""A supervisor: one contender and its worker process, started again after it broke."""

from __future__ import annotations

import functools
import os
import random
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import schema
from bench.contenders import worker_environment
from bench.contenders.replies import Looks, R, Started, WorkerError, checked
from bench.contenders.spec import Contender, Spec
from bench.contenders.worker_process import WorkerDied, WorkerProcess
from bench.environments import interpreters, stamped_folder
from bench.environments.interpreters import START
from bench.machine import privacy
from bench.meters.device_use import DeviceUse
from bench.schema import Failed, Runtime, Skipped

TRIED_AGAIN = 0.25
"""Part of a contender's later starts in which it is tried out again whether it waits: each such
trial is half of the start."""


class Supervisor:
    """A contender in a run. `start` makes its worker; `ask` talks to it."""

    def __init__(
        self,
        contender: Contender,
        python: Path,
        timeout_s: float,
        worker: WorkerProcess | None,
        memory_bytes: int | None = None,
    ) -> None:
        self.contender, self._python, self._timeout_s = contender, python, timeout_s
        self._worker, self._started = worker, False
        self._memory_bytes = memory_bytes
        self.probed: Looks = ()
        """What its workers found of its adapter as they started."""
        self.stood_still_s = 0.0
        """While its workers were waited for, seconds in which the host itself did not run."""
        self._keeps: bool | None = None
        """What the last of them learnt of it besides."""

    @functools.cached_property
    def busy(self) -> DeviceUse:
        """Watches its device."""
        return DeviceUse(self.contender.device, self.variables)

    @property
    def pid(self) -> int | None:
        return self._worker.pid if self._worker else None

    @property
    def variables(self) -> dict[str, str]:
        """Environment of its worker."""
        return variables_of(self.contender.spec, self.contender.threads)

    def start(self) -> Runtime | None:
        """The runtime record of a start, or None when it runs already.

        Raises WorkerError, WorkerDied.
        """
        if self._started:
            return None
        begun = time.monotonic()
        contender = self.contender
        self._worker = self._worker or open_worker(
            self._python, contender.spec, contender.threads, self._memory_bytes
        )
        settings = {
            "precision": contender.precision,
            "execution": contender.spec.execution,
            "threads": contender.threads,
        }
        # What is the same in every start need not be tried out each time; nobody can tell when.
        known = None if random.random() < TRIED_AGAIN else self._keeps
        told = self.ask(Started, device=asdict(contender.device), settings=settings, keeps=known)
        self.probed, self._keeps = (*self.probed, *told.left_over), told.keeps
        runtime = self._runtime(told, time.monotonic() - begun)
        self._started = True
        return runtime

    def ask(self, wanted: type[R], **arguments: Any) -> R:
        """The worker's reply of this type.

        Raises WorkerError, or WorkerDied, after which `start` makes a new worker.
        """
        assert self._worker is not None
        before_s = self._worker.stood_still_s
        try:
            return self._worker.ask(wanted, self._timeout_s, **arguments)
        except WorkerDied:
            self._started = False
            raise
        finally:
            self.stood_still_s += self._worker.stood_still_s - before_s

    def failure(
        self, stage: str, error: WorkerError | WorkerDied, case: str | None
    ) -> Failed | Skipped:
        """The record of an error; a broken worker is let go of."""
        record = failure(self.contender.id, stage, error, self._worker, case)
        if isinstance(error, WorkerDied):
            self._worker = None
        return record

    def close(self) -> None:
        if self._worker:
            self._worker.kill()
            self._worker, self._started = None, False

    def _runtime(self, told: Started, start_s: float) -> Runtime:
        device = told.device.checked()
        return Runtime(
            contender=self.contender.id,
            versions=told.versions,
            device=device.id,
            device_name=device.name,
            device_memory_bytes=device.memory_bytes,
            asynchronous=told.asynchronous,
            python=told.python,
            threads=told.threads,
            notes=tuple(map(privacy.scrub, (*self.contender.spec.notes, *told.notes))),
            details=privacy.scrub(told.details),
            packages=told.packages,
            build={privacy.scrub(k): privacy.scrub(fact) for k, fact in told.build.items()},
            environment=worker_environment.recorded(self.variables),
            start_s=start_s,
        )


def open_worker(
    python: Path, spec: Spec, threads: int | None, memory_bytes: int | None = None
) -> WorkerProcess:
    """A worker process for the spec, its framework not yet imported."""
    environment = variables_of(spec, threads)
    start = spec.own.start if spec.own else _start(python)
    return WorkerProcess(python, spec.module, environment, threads, memory_bytes, start)


def _start(python: Path) -> tuple[str, ...]:
    """How a worker starts in an environment of ours; the host's own has no stamp everywhere."""
    version = stamped_folder.stamp(python.parents[1]).get("python")
    return interpreters.start_of(version) if isinstance(version, str) else START


def variables_of(spec: Spec, threads: int | None) -> dict[str, str]:
    """All environment variables of the spec's workers."""
    return worker_environment.variables(os.environ, spec.variables, threads, spec.own)


def failure(
    contender: str,
    stage: str,
    error: WorkerError | WorkerDied,
    worker: WorkerProcess | None,
    case: str | None,
) -> Failed | Skipped:
    """The record of an error: skipped where the adapter said Unsupported, else failed."""
    if isinstance(error, WorkerDied):
        return Failed(
            contender=contender,
            case=case,
            stage=stage,
            reason=error.reason,
            signal=error.signal_name,
            exit_code=error.exit_code,
            output_tail=(worker.output_tail if worker else "") or None,
        )
    if error.unsupported is not None:
        reason = privacy.scrub(error.unsupported)
        return Skipped(contender=contender, case=case, reason=reason)
    return Failed(
        contender=contender,
        case=case,
        stage=stage,
        reason=privacy.scrub(error.reason),
        output_tail=privacy.scrub(error.traceback) or None,
    )


def record(contender: Contender) -> schema.Contender:
    """The contender as it stands in a run record."""
    return checked(
        {
            "contender": contender.id,
            "framework": contender.spec.framework,
            "spec": contender.spec.text,
            "device": contender.device.id,
            "device_kind": contender.device.kind,
            "device_name": contender.device.name,
            "precision": contender.precision,
            "execution": contender.spec.execution,
            "threads": contender.threads,
            "outside": contender.spec.outside,
            "typed": typed if (typed := contender.spec.typed) != contender.spec.text else None,
        },
        schema.Contender,
    )
