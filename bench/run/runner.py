"""A run: from what was asked to a folder of records."""

from __future__ import annotations

import contextlib
import datetime
import functools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import machine, records, schema, version
from bench.contenders import discovery, supervisor
from bench.contenders.discovery import Discovered
from bench.contenders.supervisor import Supervisor
from bench.environments import manager
from bench.environments.manager import CHECKOUT
from bench.machine import privacy
from bench.meters.run_meters import Meters
from bench.plan import datasets, feasibility, request
from bench.plan.cost_forecast import Forecast
from bench.plan.request import Request
from bench.run import lock, resume, sleep_inhibitor
from bench.run.resume import Checkpoint
from bench.run.schedule import Planned, Schedule
from bench.run.session import RunContext, by_precision, ranked
from bench.run.signals import Interrupts
from bench.run.standings import Board
from bench.run.sustained import SustainedSchedule
from bench.schema import End, Failed, Record, Resumed, Run, Runtime, Verified
from bench.statistics import multiplicity
from bench.terminal.progress import Progress
from suites import catalog
from suites.data import cache_files
from suites.verification.reference import Cache

COSTS = "costs.json"


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    folder: Path
    troubles: int
    """Failures and wrong answers."""
    signal: int | None = None
    """What interrupted it, if something did."""
    broken: str | None = None
    """Why the run ended before its plan did, other than by a signal: a full disk."""

    @property
    def records(self) -> Path:
        return self.folder / "records.jsonl"


@dataclass
class Recorded:
    """What a run has recorded, for whoever ends it before it can tell."""

    path: Path | None = None

    @property
    def lines(self) -> int:
        """How many; 0 where the file is gone."""
        with contextlib.suppress(OSError):
            return self.path.read_bytes().count(b"\n") if self.path else 0
        return 0


def run(wanted: Request, progress: Progress, recorded: Recorded | None = None) -> Outcome:
    """Measure everything asked for.

    Raises BadRequest, UnknownSuite, NoData, NothingToResume, Busy, OSError.
    """
    plan = request.planned(wanted)
    cases = request.check(wanted, plan)
    with lock.held(" ".join(privacy.arguments(wanted.arguments))) as died:
        if died and not wanted.resume:
            progress.say(f"{died}: `--resume` goes on with it")
        _provide_data(wanted, plan, progress)
        for folder in (CHECKOUT / ".cache", CHECKOUT / ".cache" / "reference"):
            cache_files.sweep(folder)
        solved = Cache(CHECKOUT / ".cache" / "reference", progress.say)  # before any worker runs
        progress.now("looking for devices")  # what is above all looks at a machine at rest
        ensure = functools.partial(manager.ensure, index=wanted.index)
        found = discovery.discover(wanted.contenders, ensure, progress.say, progress.now)
        try:
            request.check_contenders(wanted, found)
            return _measure(wanted, plan, cases, found, solved, recorded or Recorded(), progress)
        finally:
            found.close()
            solved.drop_changed()


def _measure(
    wanted: Request,
    plan: Sequence[Planned],
    cases: tuple[schema.Case, ...],
    found: Discovered,
    solved: Cache,
    recorded: Recorded,
    progress: Progress,
) -> Outcome:
    record = _run_record(wanted, cases, found)
    begun = resume.find(wanted.out, record) if wanted.resume else None
    folder = begun.folder if begun else wanted.out / record.run
    folder.mkdir(parents=True, exist_ok=begun is not None)
    writer = _CountingWriter(folder / "records.jsonl", resumed=begun is not None)
    recorded.path = folder / "records.jsonl"
    broken = None
    pace = feasibility.SpeedEstimate(wanted.preset.step_limit_s)
    costs = CHECKOUT / ".cache" / COSTS
    forecast = Forecast(pace, wanted.preset, costs, record.settings)
    with (
        Interrupts(progress.say) as interrupts,
        sleep_inhibitor.prevent_sleep(progress.say),
        Meters(progress.say) as meters,
    ):
        session = RunContext(
            preset_name=wanted.preset_name,
            preset=wanted.preset,
            seed=wanted.seed,
            cache=solved,
            record=writer.write,
            progress=progress,
            pace=pace,
            forecast=forecast,
            interrupts=interrupts,
            meters=meters,
            isolated=wanted.isolated,
            begun=begun or Checkpoint(folder, record.run),
            board=Board(_comparisons(found.supervisors, len(plan))),
        )
        try:
            writer.begin(record, begun, found)
            for told in session.begun.told:
                session.board.note(told)
            schedule = _schedule(wanted, session, plan, found.supervisors)
            limited = bool(wanted.preset.time_s or wanted.sustained)
            progress.begin(len(plan), schedule.left_s(), wanted.preset_name, limited)
            schedule.go()
            writer.write(End(at_s=session.at_s))
        except KeyboardInterrupt:
            pass
        except OSError as error:
            broken = str(error)
        finally:
            writer.close()
            forecast.save()
    if wanted.isolated or wanted.preset.starts > 1:
        progress.say(f"starting workers anew for each case took {writer.starts_s:.0f} s")
    troubles = writer.troubles + (begun.troubles if begun else 0) + bool(broken)
    return Outcome(folder, troubles, interrupts.signal, broken)


def _schedule(
    wanted: Request,
    session: RunContext,
    plan: Sequence[Planned],
    supervisors: list[Supervisor],
) -> Schedule | SustainedSchedule:
    if wanted.sustained:
        return SustainedSchedule(session, plan, supervisors, wanted.sustained)
    return Schedule(session, plan, supervisors)


def _comparisons(supervisors: Sequence[Supervisor], cases: int) -> int:
    """Within every case, of those in one precision."""
    groups = by_precision(ranked(supervisors)).values()
    return multiplicity.pairs([len(group) for group in groups] * cases)


class _CountingWriter(records.Writer):
    """Also counts what a run's exit code must tell."""

    troubles = 0
    starts_s = 0.0

    def begin(self, record: Run, begun: Checkpoint | None, found: Discovered) -> None:
        """The first lines: of a new run, or of what follows in one that broke off."""
        if begun:
            self.write(Resumed(resumed_at=record.started_at, at_s=begun.at_s))
        else:
            self.write(record)
        for absent in found.absent:
            if not begun or absent.contender not in begun.absent:
                self.write(absent)

    def write(self, record: Record) -> None:
        wrong = isinstance(record, Verified) and not record.passed
        self.troubles += wrong or isinstance(record, Failed)
        self.starts_s += (record.start_s or 0.0) if isinstance(record, Runtime) else 0.0
        super().write(record)


def _provide_data(wanted: Request, plan: Sequence[Planned], progress: Progress) -> None:
    """Have the files that workloads learn from. Raises NoData."""
    folder = wanted.data_dir and catalog.typed_path(str(wanted.data_dir))
    for source in datasets.required(workload for _, workload in plan):
        datasets.provide(source, folder, progress.say)


def _run_record(wanted: Request, cases: tuple[schema.Case, ...], found: Discovered) -> Run:
    begun = datetime.datetime.now(datetime.UTC)
    gpus = ((d.name, d.memory_bytes) for d in found.devices.values() if d.kind == "gpu")
    return Run(
        schema=schema.SCHEMA,
        run=f"{begun:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        started_at=begun.isoformat(timespec="seconds"),
        arguments=privacy.arguments(wanted.arguments),
        machine=machine.describe(gpus, wanted.label),
        settings=wanted.settings,
        cases=cases,
        contenders=tuple(supervisor.record(taken.contender) for taken in found.supervisors),
        commit=version.commit(),
        version=version.version(),
    )
