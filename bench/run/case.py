"""One case: every contender builds it, proves it, is timed in rounds, and proves it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from bench.contenders.supervisor import Supervisor
from bench.machine import state
from bench.plan import feasibility
from bench.run import rounds, stage
from bench.run.cell import Cell
from bench.run.rounds import Groups
from bench.run.session import RunContext, by_precision, ranked
from bench.run.standings import compared
from bench.run.stopping import Adaptive
from bench.schema import Failed, Skipped, State
from bench.terminal.case_line import called
from bench.verification import agreement
from suites.data.sources import NoData
from suites.layers import ShapeError
from suites.verification import checks, reference
from suites.workload import Workload


class Case:
    """A workload of a suite in a run: nothing that a visit to it meets can end the run."""

    def __init__(self, session: RunContext, suite: str, workload: Workload) -> None:
        self.session, self.suite, self.workload = session, suite, workload
        self.name = workload.case

    def visit(self, supervisors: Sequence[Supervisor], rule: Adaptive) -> None:
        """Measure it for the first time, or go on where the run broke off."""
        self._contained(supervisors, lambda: self._visit(supervisors, rule))

    def visit_again(self, supervisors: Sequence[Supervisor], rule: Adaptive) -> None:
        """Take more rounds of what has been measured before."""
        self._contained(supervisors, lambda: self._visit_again(supervisors, rule))

    def _contained(self, supervisors: Sequence[Supervisor], work: Callable[[], None]) -> None:
        """A fault of the host is that of each cell whose end is not told yet."""
        try:
            work()
        except OSError:  # a disk that is full is so for every case
            raise
        except Exception as error:  # noqa: BLE001  the last guard: nobody foresaw it
            for supervisor in supervisors:
                if not self.session.board.told(supervisor.contender.id, self.name):
                    self.session.write(stage.fault(supervisor, self.name, "case", error))

    def _visit(self, supervisors: Sequence[Supervisor], rule: Adaptive) -> None:
        self._recall(supervisors)
        done = self.session.begun.finished
        left = [
            supervisor
            for supervisor in supervisors
            if (supervisor.contender.id, self.name) not in done
        ]
        left = [supervisor for supervisor in left if self._attempted(supervisor, left)]
        left = self._fitting(left, rule.min_rounds)
        for cell in self._measure(left, rule):
            if cell.closed:  # what broke off tells nothing of what it costs
                contender, took_s = cell.supervisor.contender, cell.spent_s
                self.session.forecast.learn_cell(contender, self.workload, rule.min_rounds, took_s)
        self._tell(supervisors)

    def _visit_again(self, supervisors: Sequence[Supervisor], rule: Adaptive) -> None:
        self._measure(supervisors, rule)
        self._tell(supervisors)

    def front(self, supervisors: Sequence[Supervisor]) -> list[Supervisor]:
        """Of each precision the first and those not yet told from it; of these."""
        session, found = self.session, []
        for group in by_precision(ranked(supervisors)).values():
            proven = {
                supervisor.contender.id: session.history(supervisor, self.workload)
                for supervisor in group
                if session.board.proven(supervisor.contender.id, self.name)
            }
            words = {
                name: standing.word
                for name, standing in compared(proven, session.board.among).items()
            }
            if "unresolved" in words.values():
                open_ = {name for name, word in words.items() if word in ("first", "unresolved")}
                found += [supervisor for supervisor in group if supervisor.contender.id in open_]
        return found

    # --- what is not attempted ------------------------------------------------------------------

    def _attempted(self, supervisor: Supervisor, supervisors: Sequence[Supervisor]) -> bool:
        contender = supervisor.contender
        reason = self.session.pace.reason(contender, self.workload)
        beside = [each.contender for each in supervisors]
        reason = reason or feasibility.device_memory_reason(self.workload, contender, beside)
        if reason:
            self._skip(supervisor, reason)
        return reason is None

    def _fitting(self, supervisors: list[Supervisor], min_rounds: int) -> list[Supervisor]:
        """Those that fit into the time left; the costliest are left out first. None if only one
        would remain, because it would be compared with nobody."""
        forecast = self.session.forecast
        costs = {s: forecast.cell_s(s.contender, self.workload, min_rounds) for s in supervisors}
        left_s = self.session.left_s
        if left_s > 0:
            left_s -= self.session.unsolved_s(self.workload, supervisors)
        fitting, least = list(supervisors), min(2, len(ranked(supervisors)))
        while fitting and sum(costs[supervisor] for supervisor in fitting) > left_s:
            fitting.remove(max(fitting, key=lambda supervisor: costs[supervisor]))
        fitting = fitting if len(ranked(fitting)) >= least else []
        for supervisor in supervisors:
            if supervisor not in fitting:
                self._leave_out(supervisor, costs[supervisor])
        return fitting

    def _leave_out(self, supervisor: Supervisor, cost_s: float = 0.0) -> None:
        left_s, whole_s = max(0.0, self.session.left_s), self.session.preset.time_s or 0.0
        needed = f"about {max(1.0, cost_s):.0f} s needed, " if cost_s else ""
        reason = f"{needed}{left_s:.0f} s left of the run's {whole_s:g} s"
        self._skip(supervisor, reason, no_time=True)

    def _skip(self, supervisor: Supervisor, reason: str, *, no_time: bool = False) -> None:
        contender = supervisor.contender.id
        if self.session.board.proven(contender, self.name):
            return  # what was measured before stands
        self.session.write(
            Skipped(contender=contender, case=self.name, reason=reason, no_time=no_time)
        )

    # --- a visit --------------------------------------------------------------------------------

    def _measure(self, supervisors: Sequence[Supervisor], rule: Adaptive) -> list[Cell]:
        """All that a visit does; the cells that were attempted."""
        if not supervisors:
            return []
        session, contenders = self.session, [supervisor.contender for supervisor in supervisors]
        reason = feasibility.memory_reason(self.workload, contenders, session.seed, session.cache)
        if reason:
            for supervisor in supervisors:
                self._skip(supervisor, reason)
            return []
        self._note_state("before")
        attempted = cells = self._cells(supervisors)
        begun = max((cell.history.start for cell in cells), default=0)
        for start in range(begun, session.preset.starts):
            cells = self._start(cells, start, rule)
        self._note_state("after")
        return attempted

    def _start(self, cells: list[Cell], start: int, rule: Adaptive) -> list[Cell]:
        """Everything that one start of the workers sees; the cells of which the next is wanted."""
        for cell in cells:
            cell.history.enter(start)
        observed = [cell for cell in cells if self._in_time(cell) and cell.observe()]
        going = self._time([cell for cell in _agreed(observed) if cell.calibrate()], rule)
        for cell in cells:
            cell.drop()
        if self.session.isolated or self.session.preset.starts > 1:
            for cell in cells:
                cell.supervisor.close()
        return going

    def _in_time(self, cell: Cell) -> bool:
        """Whether there is time left; a cell that was never timed is told so."""
        if self.session.left_s > 0:
            return True
        if not cell.history.rounds:
            self._leave_out(cell.supervisor)
        elif not self.session.board.proven(cell.name, self.name):
            cell.close(rounds.LATE)  # proven in every start so far
        return False

    def _recall(self, supervisors: Sequence[Supervisor]) -> None:
        """How fast this case went before the run broke off foretells others as if it had not."""
        for supervisor in supervisors:
            known = self.session.history(supervisor, self.workload).rounds_s
            if known:
                self.session.pace.learn(supervisor.contender, self.workload, min(known))

    def _time(self, cells: list[Cell], rule: Adaptive) -> list[Cell]:
        """Rounds of all cells, then each is proved again; those that another start awaits."""
        session, known = self.session, self.session.begun.rounds
        endings = rounds.take_rounds(
            {cell.name: cell.turn for cell in cells},
            rule,
            order=session.order,
            groups=Groups(
                mates=_mates(cells),
                rivals=_rivals(cells),
                sure_rounds=session.preset.sure_rounds,
            ),
            histories={cell.name: cell.history for cell in cells},
            first_round=max([known.get(self.name, 0), *(cell.next_round for cell in cells)]),
            over=lambda: session.left_s <= 0,
            clock=session.worked_s,
        )
        known[self.name] = max((cell.next_round for cell in cells), default=0)
        timed = [cell for cell in cells if cell.name in endings]
        return [cell for cell in timed if cell.finish(endings[cell.name])]

    def _note_state(self, phase: Literal["before", "after"]) -> None:
        now = {"case": self.name, "phase": phase, "at_s": self.session.at_s, **state.read()}
        self.session.write(State(**now))

    def _tell(self, supervisors: Sequence[Supervisor]) -> None:
        """Say how the case ended."""
        session = self.session
        histories = {s.contender.id: session.history(s, self.workload) for s in supervisors}
        contenders = [supervisor.contender for supervisor in supervisors]
        for ended in session.board.ended(self.name, contenders, histories):
            session.progress.ended(ended)

    # --- the reference --------------------------------------------------------------------------

    def _cells(self, supervisors: Sequence[Supervisor]) -> list[Cell]:
        """Cells with their reference, worked out before any worker holds the case."""
        session, cells = self.session, []
        solved: dict[str, reference.Solution | str] = {}
        for supervisor in supervisors:
            precision = supervisor.contender.precision
            session.progress.now(f"{called(self.name)}: working it out in float64")
            if precision not in solved:
                solved[precision] = self._reference(precision)
            expected = solved[precision]
            if isinstance(expected, reference.Solution):
                history = session.history(supervisor, self.workload)
                cells.append(
                    Cell(session, self.suite, self.workload, supervisor, expected, history)
                )
            else:
                self._without_reference(supervisor.contender.id, expected)
        return cells

    def _without_reference(self, contender: str, reason: str) -> None:
        """Withdrawn where the reference itself could not pass; failed where there is none."""
        word, _, why = reason.partition(": ")
        record: Skipped | Failed
        if word == "withdrawn":
            record = Skipped(contender=contender, case=self.name, reason=why, withdrawn=True)
        else:
            record = Failed(contender=contender, case=self.name, stage="reference", reason=reason)
        self.session.write(record)

    def _reference(self, precision: str) -> reference.Solution | str:
        """Expected values, or why there are none."""
        session, begun = self.session, self.session.at_s
        asked = (self.workload, precision, session.seed, session.cache)
        known = reference.is_solved(*asked)
        try:
            return reference.expected(*asked)
        except (reference.NoReference, ShapeError, NoData, MemoryError) as error:
            return str(error) or type(error).__name__
        finally:
            if not known:
                session.forecast.learn_reference(self.workload, session.at_s - begun)


def _mates(cells: Sequence[Cell]) -> list[list[str]]:
    """Cells that are most likely compared: one framework on one device, in several versions."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for cell in cells:
        contender = cell.supervisor.contender
        key = contender.spec.framework, contender.device.id, contender.precision
        together.setdefault(key, []).append(cell.name)
    return [names for names in together.values() if len(names) > 1]


def _rivals(cells: Sequence[Cell]) -> list[list[str]]:
    """Cells that are ranked together."""
    groups = by_precision(ranked([cell.supervisor for cell in cells]))
    return [[supervisor.contender.id for supervisor in group] for group in groups.values()]


def _agreed(cells: list[Cell]) -> list[Cell]:
    """Those that are right, after those of one precision have been held against one another: but
    for those of which it is known already that they are wrong."""
    found: dict[str, list[checks.Check]] = {cell.name: [] for cell in cells}
    for expected in {cell.expected for cell in cells}:
        right = [cell for cell in cells if cell.expected is expected and not cell.refuted]
        compared = {cell.name: cell.compared for cell in right}
        found |= agreement.checks(compared, agreement.relative_limits(expected.entries))
    return [cell for cell in cells if cell.conclude(found[cell.name])]
