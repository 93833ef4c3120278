"""A run: from what was asked to a folder of records."""

from __future__ import annotations

import contextlib
import datetime
import re
import secrets
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench import datasets, environments, launch, limits, machine, records, roster, schema, seat
from bench.case import Session
from bench.launch import CHECKOUT
from bench.presets import PRESETS
from bench.progress import Progress
from bench.roster import Roster, Wanted
from bench.schema import Failed, Record, Run, Verified
from suites import catalog
from suites.layers import ShapeError
from suites.workload import ITEMSIZE, Workload, definition_hash


class BadRequest(ValueError):
    """What was asked cannot be done; the message says what was expected."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything a run depends on."""

    wanted: Wanted
    suites: Sequence[str]
    preset: str
    out: Path
    seed: int = 0
    arguments: Sequence[str] = ()
    """The command line, for the record."""
    data_dir: Path | None = None
    """Where published data is taken from; None for the network."""


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    folder: Path
    troubles: int
    """Failures and wrong answers."""
    interrupted: bool
    broken: str | None = None
    """Why the run ended before its plan did, other than by the user: a full disk."""

    @property
    def records(self) -> Path:
        return self.folder / "records.jsonl"


def run(request: Request, progress: Progress) -> Outcome:
    """Measure everything asked for. Raises BadRequest, UnknownSuite, NoData, OSError."""
    suites = dict.fromkeys(request.suites)
    plan = [(suite, w) for suite in suites for w in catalog.cases(suite, request.preset)]
    if not plan:
        raise BadRequest("the suites asked for hold no case at this preset")
    cases = _case_records(plan)
    _require_device_word(request.wanted)
    _require_writable(request.out)
    _provide_data(request, plan, progress)
    found = roster.assemble(request.wanted, environments.ensure, progress.say)
    try:
        _require_contenders(request.wanted, found)
        return _measure(request, plan, cases, found, progress)
    finally:
        found.close()


def _measure(
    request: Request,
    plan: list[tuple[str, Workload]],
    cases: tuple[schema.Case, ...],
    found: Roster,
    progress: Progress,
) -> Outcome:
    begun = datetime.datetime.now(datetime.UTC)
    name = f"{begun:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    record = _run_record(request, cases, found, name, begun)
    folder = request.out / name
    folder.mkdir(parents=True)
    writer = _CountingWriter(folder / "records.jsonl")
    preset, interrupted, broken = PRESETS[request.preset], False, None
    session = Session(
        preset_name=request.preset,
        preset=preset,
        seed=request.seed,
        cache=CHECKOUT / ".cache" / "reference",
        write=writer.write,
        progress=progress,
        pace=limits.Pace(preset.step_limit_s),
    )
    try:
        writer.write(record)
        for absent in found.absent:
            writer.write(absent)
        a_case = len(found.seats) * preset.rounds
        progress.expect(len(plan) * a_case)
        for number, (suite, workload) in enumerate(plan, start=1):
            session.measure(suite, workload, found.seats)
            progress.reach(number * a_case)
    except KeyboardInterrupt:
        interrupted = True
    except OSError as error:
        broken = str(error)
    finally:
        writer.close()
    return Outcome(folder, writer.troubles + bool(broken), interrupted, broken)


class _CountingWriter(records.Writer):
    """Also counts what a run's exit code must tell."""

    troubles = 0

    def write(self, record: Record) -> None:
        wrong = isinstance(record, Verified) and not record.passed
        self.troubles += wrong or isinstance(record, Failed)
        super().write(record)


def _provide_data(request: Request, plan: list[tuple[str, Workload]], progress: Progress) -> None:
    """Have the files that workloads learn from. Raises NoData."""
    folder = request.data_dir and catalog.typed_path(str(request.data_dir))
    for source in datasets.required(workload for _, workload in plan):
        datasets.provide(source, folder, progress.say)


def _require_writable(out: Path) -> None:
    """Refuse before anything is built what would fail after it, by making a folder and a file."""
    missing = [path for path in (out, *out.absolute().parents) if not path.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise BadRequest(
            f"cannot write results. Expected a folder that can be written to. Received: {out} "
            f"({error.strerror}). Name another with OUT=folder."
        ) from None
    finally:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()


def _require_device_word(wanted: Wanted) -> None:
    """Refuse at once what no built-in adapter calls a device; adapters from outside may."""
    known = re.fullmatch(r"all|cpu|gpu|mps|(cuda|metal):[0-9]{1,3}", wanted.device)
    if not known and not any(spec.outside for spec in wanted.specs):
        raise BadRequest(
            "unknown device. Expected cpu, gpu, all, or an id: mps, metal:0, cuda:0. "
            f"Received: {wanted.device!r}. For example: make bench DEVICE=cpu"
        )


def _require_contenders(wanted: Wanted, found: Roster) -> None:
    """A device nobody has is a bad request; a framework that cannot be had is a finding."""
    if found.devices and not found.seats:
        has = ", ".join(sorted(found.devices))
        raise BadRequest(
            f"no framework asked for has the device here. Expected all, or one of {has}. "
            f"Received: {wanted.device}. Try DEVICE=cpu."
        )


def _run_record(
    request: Request,
    cases: tuple[schema.Case, ...],
    found: Roster,
    name: str,
    begun: datetime.datetime,
) -> Run:
    gpus = ((d.name, d.memory_bytes) for d in found.devices.values() if d.kind == "gpu")
    wanted, preset = request.wanted, PRESETS[request.preset]
    return Run(
        schema=schema.SCHEMA,
        run=name,
        started_at=begun.isoformat(timespec="seconds"),
        arguments=tuple(launch.scrub(argument) for argument in request.arguments),
        machine=machine.describe(gpus),
        settings={
            "preset": request.preset,
            "device": wanted.device,
            "threads": wanted.threads,
            "seed": request.seed,
            "timeout_s": wanted.timeout_s,
            **{f"preset_{key}": value for key, value in vars(preset).items()},
        },
        cases=cases,
        contenders=tuple(seat.record(taken.contender) for taken in found.seats),
        commit=_commit(),
    )


def _case_records(plan: list[tuple[str, Workload]]) -> tuple[schema.Case, ...]:
    """Every case of the plan. Raises BadRequest where one cannot be, or two have one name."""
    cases = []
    for suite, workload in plan:
        try:
            cases.append(_case_record(suite, workload))
        except (ShapeError, msgspec.ValidationError) as error:
            raise BadRequest(f"suite {suite}: {workload.name} cannot be. {error}") from None
    case, count = Counter(case.case for case in cases).most_common(1)[0]
    if count > 1:
        raise BadRequest(
            f"{count} cases are called {case}. Expected a suite, name and size of its own for each."
        )
    return tuple(cases)


def _case_record(suite: str, workload: Workload) -> schema.Case:
    values = {
        "case": workload.case,
        "suite": workload.suite,
        "name": workload.name,
        "size": workload.size,
        "flop": workload.flop,
        "traffic_bytes": {p: workload.traffic_bytes(p) for p in ITEMSIZE},
        "definition_sha256": definition_hash(workload),
        "suite_file": None if suite in catalog.NAMES else launch.scrub(suite),
    }
    return msgspec.convert(values, schema.Case)


def _commit() -> str | None:
    """The checkout's commit, `+` when it has been changed since; None outside git."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=CHECKOUT, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
