"""A cell: one contender at one case. Each stage writes its records and says whether to go on."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from bench import schema
from bench.contenders import replies
from bench.contenders.replies import Reply
from bench.contenders.supervisor import Supervisor
from bench.machine import privacy
from bench.run import stage, standstill, turn
from bench.run.rounds import History
from bench.run.stopping import Ending
from bench.schema import Failed, Skipped, Verified
from bench.verification import agreement, audit_schedule
from bench.verification.evidence import Evidence, as_records, curves, passed
from bench.worker import observations
from suites.data import arrays
from suites.verification import checks, reference
from suites.workload import Learn, Lifecycle, Workload, definition_hash

if TYPE_CHECKING:
    from bench.run.session import RunContext

T = TypeVar("T")

CONFIRMING = 5
CONFIRMING_S = 0.5
"""Slices that are taken besides, off the record, where times are doubtful, and their length."""


class Cell:
    """A contender at this case. Each stage writes its records and says whether to go on."""

    def __init__(
        self,
        session: RunContext,
        suite: str,
        workload: Workload,
        supervisor: Supervisor,
        expected: reference.Solution,
        history: History,
    ) -> None:
        self.session, self.suite = session, suite
        self.workload, self.supervisor = workload, supervisor
        self.expected = expected
        self.name = supervisor.contender.id
        self.meter = session.meters.of(supervisor.contender.device, supervisor.variables)
        self.history = history
        """What was measured so far, before the run was resumed too."""
        self.next_round = 0
        self.step_s: float | None = None
        self.known_s: float | None = None
        """Of the slice before."""
        self.audit_s = 0.0
        """Of the last audit, with what was done beside it."""
        self.spent_s = 0.0
        """In all stages of this visit."""
        self.closed = False
        """Whether it was measured to its end and proven in this visit."""
        self.metered = 0
        """Slices that were lengthened for a counter of energy."""
        self.facts: dict[str, Any] = {}
        self.found: tuple[schema.Check, ...] = ()
        self.compared: agreement.Compared = {}
        self.evidence = self._evidence()

    def observe(self) -> bool:
        """Start, build, verify."""
        return (
            self._stage("start", self._start)
            and self._stage("build", self._build)
            and self._stage("verify", self._observe)
        )

    @property
    def refuted(self) -> bool:
        """Whether its own answers are wrong already."""
        return any(not passed(check) for check in self.found if check.about == "answer")

    def conclude(self, others: list[checks.Check]) -> bool:
        """Record what was found before timing, together with how others' answers compare."""
        found = self.found + as_records(others)
        return self._stage("verify", lambda: self._verified("before", found))

    def calibrate(self) -> bool:
        """Find out how many steps make a sample."""
        calibrated = partial(self._does, replies.Calibrated)
        return self._stage("calibrate", lambda: self._awake("the trial", calibrated))

    def turn(self, round_number: int) -> float | None:
        """One slice of samples: the seconds of a step, None where the cell broke."""
        self.step_s, self.next_round = None, round_number + 1
        with self.session.interrupts.deferred():
            self._stage("slice", lambda: self._slice(round_number))
        return self.step_s

    def finish(self, ending: Ending) -> bool:
        """Verify again what was timed, and close the cell unless another start awaits it."""
        proven = self._stage("slice", self._confirm)
        proven = proven and self._stage("verify", self._verify_after)
        done, starts = self.history.start + 1, self.session.preset.starts
        if proven and done < starts:
            return True
        self.close(ending, done=proven)
        self.closed = proven and ending.by != "time"
        return False

    def close(self, ending: Ending, *, done: bool = False) -> None:
        """Write that the cell is finished, after all its starts (`done`) or before."""
        if self.session.preset.starts > 1:
            why = f"{self.history.start + 1} starts; in the last, {ending.why}"
            ending = Ending("starts" if done else ending.by, why, None)
        self.session.write(
            schema.Cell(
                contender=self.name,
                case=self.workload.case,
                stopped=ending.why,
                stopped_by=ending.by,
                interval=ending.interval,
                rounds=self.history.rounds,
                samples=self.history.samples,
            )
        )

    def drop(self) -> None:
        """Free what the worker, if it lives, holds of this case."""
        if self.supervisor.pid is not None:
            self._stage("drop", lambda: self._does(replies.Dropped))

    def _stage(self, name: str, work: Callable[[], bool]) -> bool:
        begun = self.session.worked_s()
        try:
            return stage.attempt(self.session, self.supervisor, self.workload.case, name, work)
        finally:
            self.spent_s += self.session.worked_s() - begun

    def _start(self) -> bool:
        runtime = self.supervisor.start()
        if runtime:
            self.session.write(runtime)
        return True

    def _build(self) -> bool:
        session, drawn = self.session, list(self.expected.drawn)
        work = {"suite": self.suite, "case": self.workload.case, "preset": session.preset_name}
        built = self.supervisor.ask(replies.Built, **work, seed=session.seed, drawn=drawn)
        self.facts = {"arrays_sha256": built.arrays_sha256, "build_s": built.build_s}
        if built.definition_sha256 != definition_hash(self.workload):
            reason = "its suite file describes other work than the host's: was it edited meanwhile?"
        elif built.arrays_sha256 != self.expected.arrays_sha256:
            reason = "its NumPy made other weights or data from the seed than the host's did"
        else:
            return True
        session.write(
            Failed(contender=self.name, case=self.workload.case, stage="build", reason=reason)
        )
        return False

    def _observe(self) -> bool:
        limit_s = self.session.preset.step_limit_s
        self.evidence = self._evidence()
        with observations.place() as path:
            told = self.supervisor.ask(replies.Observed, path=str(path), step_limit_s=limit_s)
            if told.too_long:
                return self._too_long(told.too_long)
            self.found = self.evidence.before(path, told.compared)
        self.compared = told.compared
        self.facts["first_step_s"] = told.first_step_s
        self.facts["first_step_kept"] = told.first_step_kept
        self.facts["answers"] = self.evidence.answers
        self.facts["warnings"] = tuple(map(privacy.scrub, told.warnings))
        if isinstance(self.workload, Learn | Lifecycle) and told.curves:
            self.facts["curves"] = curves(self.workload, told.curves)
        return True

    def _too_long(self, tried: replies.TooLong) -> bool:
        self.session.pace.learn_slow(self.supervisor.contender, self.workload, tried)
        if self.session.board.proven(self.name, self.workload.case):
            return False  # a second visit on a busier machine: what was measured before stands
        takes = "would take about" if tried.foretold else "takes"
        reason = (
            f"one step {takes} {tried.step_s:.1f} s; this preset allows "
            f"{self.session.preset.step_limit_s:g} s"
        )
        self.session.write(Skipped(contender=self.name, case=self.workload.case, reason=reason))
        return False

    def _verify_after(self) -> bool:
        """What audits and looks have found; where there was no audit, after steps of a case that is
        built anew."""
        evidence = self.evidence
        if not evidence.audits:
            with observations.place() as path:
                self.supervisor.ask(replies.Renewed, path=str(path))
                evidence.renewed(path)
        return self._verified("after", evidence.after())

    def _confirm(self) -> bool:
        """More slices, off the record, while those on it make the times doubtful: a busy machine
        may have done that, and then seldom does it again in a longer slice."""
        undisturbed = replace(self._audit_costs, last_s=0.0)
        audits = bool(self.evidence.audits) and undisturbed.affordable
        for _ in range(CONFIRMING):
            if not self.evidence.doubtful:
                break
            self._taken({}, max(CONFIRMING_S, self.session.preset.slice_s), audits=audits)
        return True

    def _verified(self, phase: Literal["before", "after"], found: tuple[schema.Check, ...]) -> bool:
        right = all(map(passed, found))
        self.session.write(
            Verified(
                contender=self.name,
                case=self.workload.case,
                phase=phase,
                passed=right,
                checks=found,
                reach=self.evidence.reach,
                **(self.facts if phase == "before" else {}),
            )
        )
        return right

    def _awake(self, what: str, work: Callable[[], T]) -> T:
        return standstill.awake(self.session, self.supervisor, what, work)

    def _does(self, wanted: type[Reply]) -> bool:
        self.supervisor.ask(wanted)
        return True

    def _slice(self, round_number: int) -> bool:
        session, preset = self.session, self.session.preset
        values = {
            "round": round_number,
            "start": self.history.start if preset.starts > 1 else None,
        }
        slice_s = self._slice_s()
        metered = slice_s > preset.slice_s  # for the counter, which must see nothing but steps
        self.metered += metered
        audits = not metered and self._audits()
        taken = self._taken(values, slice_s, audits=audits, looks=not metered)
        worked_s = (taken.wall_s or 0.0) - (taken.apart_s or 0.0)
        taken = msgspec.structs.replace(taken, **self.meter.told(worked_s))
        session.write(taken)
        session.pace.learn(self.supervisor.contender, self.workload, min(taken.samples_s))
        self.history.samples += len(taken.samples_s)
        self.history.worked_s += taken.wall_s or 0.0
        self.step_s = self.known_s = statistics.median(taken.samples_s)
        return True

    def _taken(
        self, values: dict[str, Any], slice_s: float, *, audits: bool, looks: bool = True
    ) -> schema.Slice:
        """A slice, and what it shows kept as evidence."""
        warm_s, looks = self.session.preset.warm_s, looks and self.evidence.times_count
        with observations.place() as path:
            audit = str(path) if audits else None
            asked = {"slice_s": slice_s, "warm_s": warm_s, "looks": looks, "audit": audit}
            named = {"contender": self.name, "case": self.workload.case, "round": 0, **values}

            def take() -> tuple[schema.Slice, replies.Sliced]:
                begun = {**named, "at_s": self.session.at_s}
                return turn.take(self.supervisor, self.meter, begun, **asked)

            taken, told = self._awake("the slice", take)
            if taken.audit_s is not None:
                self.evidence.audit(path)
                self.audit_s = taken.apart_s or 0.0
        self.evidence.slice(taken, told)
        return taken

    def _audits(self) -> bool:
        """Whether the next slice holds an audit."""
        turn, costs = self.evidence.turns - self.metered, self._audit_costs
        possible = turn == 0 or bool(self.evidence.audits)
        return possible and audit_schedule.due(turn, costs, self.session.order.random())

    @property
    def _audit_costs(self) -> audit_schedule.Costs:
        claimed_s = arrays.audited_steps(self.workload) * (self.known_s or 0.0)
        return audit_schedule.Costs(self.session.preset.slice_s, claimed_s, self.audit_s)

    def _evidence(self) -> Evidence:
        supervisor, seed = self.supervisor, self.session.seed
        return Evidence(supervisor.contender, self.workload, seed, self.expected, supervisor.probed)

    def _slice_s(self) -> float:
        """The preset's, but for a first slice that a slow counter of energy must see more of."""
        preset = self.session.preset
        if self.history.taken_s:
            return preset.slice_s
        return self.meter.slice_s(preset.slice_s, limit_s=preset.budget_s / preset.starts / 2)
