"""A contender's attempt at one case: each stage writes its records and says whether to go on."""

from __future__ import annotations

import statistics
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import psutil

from bench import agreement, launch, schema, sentinel, stopping
from bench.launch import Broken, Refused
from bench.rounds import History
from bench.schema import Cell, Failed, Skipped, Verified
from bench.seat import Seat, checked
from bench.stopping import Ending
from suites import checks, reference
from suites.workload import (
    Learn,
    Lifecycle,
    Train,
    Workload,
    definition_hash,
)

if TYPE_CHECKING:
    from bench.case import Session


class Attempt:
    """A contender at this case. Each stage writes its records and says whether to go on."""

    def __init__(
        self,
        session: Session,
        suite: str,
        workload: Workload,
        seat: Seat,
        expected: Path,
        history: History,
    ) -> None:
        self.session, self.suite, self.workload, self.seat = session, suite, workload, seat
        self.expected = expected
        self.name = seat.contender.id
        self.meter = session.meters.of(seat.contender.device, seat.variables)
        self.history = history
        """What was measured so far, before the run was resumed too."""
        self.next_round = 0
        self.step_s: float | None = None
        self.shown = 0.0
        """Part of this cell that the progress was told of."""
        self.facts: dict[str, Any] = {}
        self.found: tuple[schema.Check, ...] = ()
        self.compared: agreement.Compared = {}

    def observe(self) -> bool:
        """Start, build, verify."""
        return (
            self._stage("start", self._start)
            and self._stage("build", self._build)
            and self._stage("verify", self._observe)
        )

    def conclude(self, others: list[checks.Check]) -> bool:
        """Record what was found before timing, together with how others' answers compare."""
        found = self.found + _as_records(others)
        return self._stage("verify", lambda: self._verified("before", found))

    def calibrate(self) -> bool:
        """Find out how many steps make a sample."""
        return self._stage("calibrate", self._calibrate)

    def turn(self, round_number: int) -> float | None:
        """One slice of samples: the seconds of a step, None where the cell broke."""
        self.step_s, self.next_round = None, round_number + 1
        with self.session.interrupts.deferred():
            self._stage("slice", lambda: self._slice(round_number))
        return self.step_s

    def finish(self, ending: Ending) -> bool:
        """Verify again what was timed, and close the cell unless another start awaits it."""
        proven = self._stage("verify", self._verify_after)
        done, starts = self.history.start + 1, self.session.preset.starts
        if proven and done < starts:
            return True
        if starts > 1:
            why = f"{done} starts; in the last, {ending.why}"
            ending = Ending("starts" if proven else ending.by, why, None)
        self.session.write(
            Cell(
                contender=self.name,
                case=self.workload.case,
                stopped=ending.why,
                stopped_by=ending.by,
                interval=ending.interval,
                rounds=self.history.rounds,
                samples=self.history.samples,
            )
        )
        self.session.progress.advance(1 - self.shown)
        return False

    def drop(self) -> None:
        """Free what the worker, if it lives, holds of this case."""
        if self.seat.pid is not None:
            self._stage("drop", self._drop)

    def _stage(self, stage: str, work: Callable[[], bool]) -> bool:
        self.session.progress.now(f"{self.workload.case}  {self.name}: {stage}")
        try:
            return work()
        except (Refused, Broken) as error:
            self.session.write(self.seat.failure(stage, error, self.workload.case))
            return False

    def _start(self) -> bool:
        runtime = self.seat.start()
        if runtime:
            self.session.write(runtime)
        return True

    def _build(self) -> bool:
        session = self.session
        reply = self.seat.ask(
            "build",
            suite=self.suite,
            case=self.workload.case,
            preset=session.preset_name,
            seed=session.seed,
        )
        self.facts = {name: reply[name] for name in ("arrays_sha256", "build_s")}
        if reply["definition_sha256"] != definition_hash(self.workload):
            reason = "its suite file describes other work than the host's: was it edited meanwhile?"
        elif reply["arrays_sha256"] != reference.arrays_sha256(self.expected):
            reason = "its NumPy made other weights or data from the seed than the host's did"
        else:
            return True
        session.write(
            Failed(contender=self.name, case=self.workload.case, stage="build", reason=reason)
        )
        return False

    def _observe(self) -> bool:
        limit_s = self.session.preset.step_limit_s
        reply = self.seat.ask("verify", expected=str(self.expected), step_limit_s=limit_s)
        if "too_long_s" in reply:
            return self._too_long(checked(reply, schema.TooLong))
        looked = checked(reply, schema.Looked)
        self.found, self.compared = looked.checks, looked.compared
        self.facts["first_step_s"] = looked.first_step_s
        self.facts["warnings"] = tuple(map(launch.scrub, looked.warnings))
        if isinstance(self.workload, Learn | Lifecycle) and self.compared:
            self.facts["curves"] = _curves(self.workload, self.compared)
        return True

    def _too_long(self, tried: schema.TooLong) -> bool:
        self.session.pace.learn_slow(self.seat.contender, self.workload, tried)
        reason = (
            f"one step takes {tried.too_long_s:.1f} s; this preset allows "
            f"{self.session.preset.step_limit_s:g} s"
        )
        self.session.write(Skipped(contender=self.name, case=self.workload.case, reason=reason))
        return False

    def _verify_after(self) -> bool:
        if not isinstance(self.workload, Train):
            limit_s = 1e9  # it was fast enough to be timed
            reply = self.seat.ask("verify", expected=str(self.expected), step_limit_s=limit_s)
            return self._verified("after", checked(reply, schema.Looked).checks)
        with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
            path = Path(folder, "continued.npz")
            reply = self.seat.ask("continue", path=str(path))
            found = checked(reply["checks"], tuple[schema.Check, ...])
            try:
                found += self._compare_continued(self.workload, path)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                raise Refused(
                    f"its weights after timing are unusable: {error!r}", None, ""
                ) from error
        return self._verified("after", found)

    def _compare_continued(self, workload: Train, path: Path) -> tuple[schema.Check, ...]:
        """Hold the step that followed the timed ones against the reference from its weights."""
        with np.load(path, allow_pickle=False) as file:
            entries = {name: file[name] for name in file.files}
        observed = {n[9:]: a for n, a in entries.items() if n.startswith("observed|")}
        state = {n[6:]: a for n, a in entries.items() if n.startswith("state|")}
        precision, seed = self.seat.contender.precision, self.session.seed
        solved = reference.solve_continued(workload, precision, seed, state)
        expected = path.with_name("expected.npz")
        solved.save(expected)
        return _as_records(checks.compare(observed, expected))

    def _verified(self, phase: str, found: tuple[schema.Check, ...]) -> bool:
        passed = all(checks.Check(*msgspec.structs.astuple(check)).passed for check in found)
        record = {"contender": self.name, "case": self.workload.case, "phase": phase}
        facts = self.facts if phase == "before" else {}
        values = {"kind": "verified", **record, "passed": passed, "checks": found, **facts}
        self.session.write(checked(values, Verified))
        return passed

    def _drop(self) -> bool:
        self.seat.ask("drop")
        return True

    def _calibrate(self) -> bool:
        self.seat.ask("calibrate")
        return True

    def _slice(self, round_number: int) -> bool:
        session, preset = self.session, self.session.preset
        sentinel_s = sentinel.host_s()
        load, at_s = _Load(self.seat.pid), session.at_s
        self.meter.begin()
        reply = self.seat.ask("slice", slice_s=self._slice_s(), warm_s=preset.warm_s)
        self.meter.end()
        self.seat.ask("rest")
        values = {
            "kind": "slice",
            "contender": self.name,
            "case": self.workload.case,
            "round": round_number,
            "at_s": at_s,
            "start": self.history.start if preset.starts > 1 else None,
            "others_cpu_s": load.others_s(),
            "sentinel_s": sentinel_s,
        }
        taken = checked(reply | values, schema.Slice)
        taken = msgspec.structs.replace(taken, energy_j=self.meter.joules(taken.wall_s))
        session.write(taken)
        session.pace.learn(self.seat.contender, self.workload, min(taken.samples_s))
        self.history.samples += len(taken.samples_s)
        self.step_s = statistics.median(taken.samples_s)
        self._show(1 / (stopping.of_one_start(preset).max_rounds * preset.starts))
        return True

    def _slice_s(self) -> float:
        """The preset's, but for a first slice that a slow counter of energy must see more of."""
        preset = self.session.preset
        if self.history.rounds_s:
            return preset.slice_s
        return self.meter.slice_s(preset.slice_s, limit_s=preset.budget_s / preset.starts / 2)

    def _show(self, share: float) -> None:
        self.shown += share
        self.session.progress.advance(share)


def _as_records(found: list[checks.Check]) -> tuple[schema.Check, ...]:
    return tuple(checked(vars(check), schema.Check) for check in found)


def _curves(
    workload: Learn | Lifecycle, compared: agreement.Compared
) -> dict[str, Sequence[float]]:
    """Losses and accuracy over the epochs, as records hold them."""
    learn = workload.learn if isinstance(workload, Lifecycle) else workload
    curves = {name: compared[name] for name in ("train_loss", "test_loss") if name in compared}
    curves["accuracy"] = [count / learn.data.test for count in compared.get("correct", ())]
    return curves


class _Load:
    """CPU seconds the machine's other processes use while a worker takes a turn."""

    def __init__(self, pid: int | None) -> None:
        self._worker = psutil.Process(pid)
        self._begun = self._busy_s(), self._own_s()

    def others_s(self) -> float:
        busy, own = self._begun
        return max(0.0, self._busy_s() - busy - (self._own_s() - own))

    def _own_s(self) -> float:
        try:
            times = self._worker.cpu_times()
        except psutil.Error:  # it has died: the request to it tells how
            return 0.0
        return float(times.user + times.system)

    @staticmethod
    def _busy_s() -> float:
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # Linux counts guest time in user time already.
        return float(sum(times) - idle - getattr(times, "guest", 0.0))
