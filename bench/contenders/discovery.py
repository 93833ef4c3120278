"""Discovery: which contenders a request amounts to on this machine, each with its supervisor."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders.replies import Devices, WorkerError
from bench.contenders.spec import Contender, Spec
from bench.contenders.supervisor import Supervisor, failure, open_worker
from bench.contenders.worker_process import WorkerDied, WorkerProcess
from bench.environments import interpreters_here, manager
from bench.environments.requirements import HOST, Name
from bench.machine import privacy
from bench.schema import Failed, Skipped
from frameworks.interface import Device
from suites.errors import UserError

Say = Callable[[str], None]
Ensure = Callable[[Name, Say], Path]


class BadVersion(UserError):
    """A version that was never published: the request's fault, not the machine's."""


@dataclass(frozen=True, kw_only=True)
class ContenderSelection:
    """Which contenders are asked for."""

    specs: Sequence[Spec]
    device: str
    """`cpu`, `gpu`, `all`, or a device id such as `mps`."""
    precisions: Sequence[str]
    threads: int | None
    timeout_s: float
    """Longest any one request to a worker may take."""
    memory_bytes: int | None = None
    """Most resident memory a worker may take; None for no limit."""


@dataclass
class Discovered:
    """Supervisors of all contenders found, and a record for each spec that has none."""

    supervisors: list[Supervisor] = field(default_factory=list)
    absent: list[Skipped | Failed] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    """Every device found, by id, asked for or not."""

    def close(self) -> None:
        for supervisor in self.supervisors:
            supervisor.close()


def discover(
    wanted: ContenderSelection, ensure: Ensure, say: Say, now: Say | None = None
) -> Discovered:
    """Environments made, workers probed for their devices, a supervisor for every contender.

    `say` hears what is worth keeping, `now` what is only of this moment. Frameworks are imported
    beside one another: nothing is timed yet.
    """
    discovered = Discovered()
    asked: list[tuple[Spec, Path, WorkerProcess]] = []
    try:
        for spec in wanted.specs:
            python = _environment(spec, discovered, ensure, say)
            worker = _asked(spec, python, wanted, discovered) if python else None
            if python and worker:
                asked.append((spec, python, worker))
        for spec, python, worker in asked:
            (now or say)(f"{spec.text}: looking for devices")
            _claim_devices(spec, python, worker, wanted, discovered)
    except BaseException:
        for *_, worker in asked:
            worker.kill()
        discovered.close()
        raise
    return discovered


def _asked(
    spec: Spec, python: Path, wanted: ContenderSelection, discovered: Discovered
) -> WorkerProcess | None:
    """A worker that imports its framework and will tell the devices; None where it died."""
    worker: WorkerProcess | None = None
    try:
        worker = open_worker(python, spec, wanted.threads, wanted.memory_bytes)
        worker.post(Devices)
    except WorkerDied as error:
        discovered.absent.append(failure(spec.text, "import", error, worker, None))
        return None
    return worker


def _environment(spec: Spec, discovered: Discovered, ensure: Ensure, say: Say) -> Path | None:
    if spec.own:
        return spec.own.python
    if spec.environment == HOST:  # whatever Python that is
        return Path(sys.executable)
    try:
        return ensure(spec.environment, say)
    except manager.NoSuchVersion as error:
        raise BadVersion(privacy.scrub(str(error))) from None
    except manager.Unavailable as error:
        discovered.absent.append(Skipped(contender=spec.text, reason=privacy.scrub(str(error))))
    except manager.BuildFailed as error:
        reason = privacy.scrub(f"{error}{_instead(spec)}")
        discovered.absent.append(Failed(contender=spec.text, stage="environment", reason=reason))
    return None


def _check(found: Sequence[Device]) -> None:
    """Raises WorkerError where these are no devices to make contenders of."""
    if not found:
        raise WorkerError("its devices() returned none. Expected at least the CPU", None, "")
    ids = [device.id for device in found]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        reason = f"its devices() names {twice!r:.100} twice. Expected an id of its own for each"
        raise WorkerError(reason, None, "")


def _instead(spec: Spec) -> str:
    """Which Pythons of this machine would do in place of an environment that cannot be built."""
    if spec.facts is None or not spec.facts.modules:
        return ""
    found = interpreters_here.having(spec.facts, os.environ, Path.home())
    places = " or ".join(f"FRAMEWORK={shlex.quote(f'{spec.framework}:{path}')}" for path in found)
    if not places:
        return f" A Python that has {spec.facts.title} needs none: FRAMEWORK={spec.framework}:PATH."
    return f" {spec.facts.title} is installed on this machine, and needs none there: {places}."


def _claim_devices(
    spec: Spec,
    python: Path,
    telling: WorkerProcess,
    wanted: ContenderSelection,
    discovered: Discovered,
) -> None:
    """One worker tells the devices; it serves the first contender if they are the CPU alone."""
    worker: WorkerProcess | None = telling
    try:
        told = telling.reply(Devices, wanted.timeout_s).devices
        found = [device.checked() for device in told]
        _check(found)
    except (WorkerError, WorkerDied) as error:
        discovered.absent.append(failure(spec.text, "import", error, telling, None))
        telling.kill()
        return
    discovered.devices |= {device.id: device for device in found}
    chosen = [device for device in found if wanted.device in ("all", device.kind, device.id)]
    if not chosen:
        has = ", ".join(device.id for device in found)
        reason = f"has no device {wanted.device!r} here, only {has}"
        discovered.absent.append(Skipped(contender=spec.text, reason=reason))
        telling.kill()
    if any(device.kind != "cpu" for device in found):
        # To name a GPU most frameworks take it, and that process would then hold its memory and
        # threads for as long as it measures the CPU.
        telling.kill()
        worker = None
    for device in chosen:
        for precision in wanted.precisions:
            contender = Contender(spec, device, precision, wanted.threads)
            discovered.supervisors.append(
                Supervisor(contender, python, wanted.timeout_s, worker, wanted.memory_bytes)
            )
            worker = None
