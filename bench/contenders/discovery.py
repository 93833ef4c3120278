"""The roster: which contenders a request amounts to on this machine, each in a seat of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders.spec import Contender, Spec
from bench.contenders.supervisor import Seat, checked, failure, open_worker
from bench.contenders.worker_process import Broken, Refused, Worker
from bench.environments import manager
from bench.machine import privacy
from bench.schema import Failed, Skipped
from frameworks.interface import Device

Say = Callable[[str], None]
Ensure = Callable[[str, Say], Path]


class BadVersion(ValueError):
    """A version that was never published: the request's fault, not the machine's."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
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
class Roster:
    """Seats taken, and a record for each spec that got none."""

    seats: list[Seat] = field(default_factory=list)
    absent: list[Skipped | Failed] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    """Every device found, by id, asked for or not."""

    def close(self) -> None:
        for seat in self.seats:
            seat.close()


def assemble(wanted: Wanted, ensure: Ensure, say: Say, now: Say | None = None) -> Roster:
    """Environments made, workers probed for their devices, a seat for every contender.

    `say` hears what is worth keeping, `now` what is only of this moment. Frameworks are imported
    beside one another: nothing is timed yet.
    """
    roster = Roster()
    asked: list[tuple[Spec, Path, Worker]] = []
    try:
        for spec in wanted.specs:
            python = _environment(spec, roster, ensure, say)
            worker = _asked(spec, python, wanted, roster) if python else None
            if python and worker:
                asked.append((spec, python, worker))
        for spec, python, worker in asked:
            (now or say)(f"{spec.text}: looking for devices")
            _take_seats(spec, python, worker, wanted, roster)
    except BaseException:
        for *_, worker in asked:
            worker.kill()
        roster.close()
        raise
    return roster


def _asked(spec: Spec, python: Path, wanted: Wanted, roster: Roster) -> Worker | None:
    """A worker that imports its framework and will tell the devices; None where it died."""
    worker: Worker | None = None
    try:
        worker = open_worker(python, spec, wanted.threads, wanted.memory_bytes)
        worker.post({"do": "devices"})
    except Broken as error:
        roster.absent.append(failure(spec.text, "import", error, worker, None))
        return None
    return worker


def _environment(spec: Spec, roster: Roster, ensure: Ensure, say: Say) -> Path | None:
    try:
        return ensure(spec.environment, say)
    except manager.NoSuchVersion as error:
        raise BadVersion(privacy.scrub(str(error))) from None
    except manager.Unavailable as error:
        roster.absent.append(Skipped(contender=spec.text, reason=privacy.scrub(str(error))))
    except manager.BuildFailed as error:
        reason = privacy.scrub(str(error))
        roster.absent.append(Failed(contender=spec.text, stage="environment", reason=reason))
    return None


def _take_seats(spec: Spec, python: Path, telling: Worker, wanted: Wanted, roster: Roster) -> None:
    """One worker tells the devices; it serves the first contender if they are the CPU alone."""
    worker: Worker | None = telling
    try:
        found = checked(telling.reply(wanted.timeout_s)["devices"], list[Device])
        if not found:
            raise Refused("its devices() names none. Expected the CPU at least", None, "")
    except (Refused, Broken) as error:
        roster.absent.append(failure(spec.text, "import", error, telling, None))
        telling.kill()
        return
    roster.devices |= {device.id: device for device in found}
    chosen = [device for device in found if wanted.device in ("all", device.kind, device.id)]
    if not chosen:
        has = ", ".join(device.id for device in found)
        reason = f"has no device {wanted.device!r} here, only {has}"
        roster.absent.append(Skipped(contender=spec.text, reason=reason))
        telling.kill()
    if any(device.kind != "cpu" for device in found):
        # To name a GPU most frameworks take it, and that process would then hold its memory and
        # threads for as long as it measures the CPU.
        telling.kill()
        worker = None
    for device in chosen:
        for precision in wanted.precisions:
            contender = Contender(spec, device, precision, wanted.threads)
            roster.seats.append(
                Seat(contender, python, wanted.timeout_s, worker, wanted.memory_bytes)
            )
            worker = None
