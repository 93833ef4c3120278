"""Machines side by side: the fastest verified answer of each, by GPU family, against a baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.statistics import estimates
from bench.statistics.estimates import Interval
from reports import formatting
from reports.analysis import machine_results
from reports.analysis.machine_results import PUBLISHED, Best, Column, MachineResults, Work
from reports.context import ReportContext
from reports.document import Chapter, Part, Table
from reports.formatting import Figure
from reports.frame import Results
from reports.ingest.machine_names import FAMILIES
from suites.errors import UserError

MAX_COLUMNS = 24


class NoSuchMachine(UserError):
    """No machine of the report is called so; the message lists them."""


def chapter(context: ReportContext) -> Chapter:
    """The chapter. Raises NoSuchMachine where none is called like the baseline."""
    machines, columns = machine_results.of(context.results, context.machines)
    named_base = _named(machines, context.baseline) if context.baseline is not None else None
    parts = tuple(_parts(context.results, machines, columns, named_base))
    lead = (
        "Of each machine the fastest verified contender at each piece of work, as a ratio to the "
        "baseline. Machines did not take turns, so their ratios are not paired: what changes from "
        "run to run, a standard deviation of 1 %, is allowed for. Published figures "
        "were measured by their source's own method, which may time other things than the step."
    )
    count = sum(not machine.published for machine in machines)
    answer = f"{count} machine{'s' * (count != 1)}."
    if any(len({m.published for m in group}) > 1 for group in _groups(machines)):
        answer = f"{answer[:-1]}, beside published figures of the same work."
    return Chapter("machines", "Machines side by side", lead, parts, "Machines", answer)


def _named(machines: Sequence[MachineResults], name: str) -> MachineResults:
    for machine in machines:
        if name.casefold() in machine.label.casefold():
            return machine
    known = "; ".join(machine.label for machine in machines[:12])
    raise NoSuchMachine(f"unknown machine. Expected part of one of: {known}. Received: {name!r}")


def _usual(machines: Sequence[MachineResults]) -> MachineResults:
    """The first that was measured; of published ones the one that did most."""
    measured = (machine for machine in machines if not machine.published)
    return next(measured, None) or max(machines, key=lambda machine: len(machine.best))


def _parts(
    results: Results,
    machines: Sequence[MachineResults],
    columns: Sequence[Column],
    named_base: MachineResults | None,
) -> Iterator[Part]:
    """One table for each group of machines that share work, then one for the rest; groups with a
    measured machine first."""
    groups = _groups(machines)
    if results.runs:  # the others stand in the chapter of published figures
        groups = [group for group in groups if not all(each.published for each in group)]
    alone = [group[0] for group in groups if len(group) == 1]
    found = []
    for number, joined in enumerate((c for c in groups if len(c) > 1), start=1):
        group = [machine for machine in machines if machine in joined]
        base = named_base if named_base in group else _usual(group)
        key = "machines-common" if number == 1 else f"machines-common-{number}"
        table = _against(results, group, _one_size_each(columns, group)[:MAX_COLUMNS], base)
        part = Part(key, f"Against {_label(base)}", table=table)
        found.append((all(machine.published for machine in group), part))
    if alone and not (results.runs and len(groups) == 1):  # one's own alone is all tables above
        part = Part(
            key="machines-alone",
            title="Other machines, other work",
            text=("These machines share no work with another one.",),
            table=_alone(alone, columns),
        )
        found.append((all(machine.published for machine in alone), part))
    yield from (part for _, part in sorted(found, key=lambda each: each[0]))


def _groups(machines: Sequence[MachineResults]) -> list[list[MachineResults]]:
    """Machines joined by work that two of them did, in order of appearance."""
    group_of: dict[Work, list[MachineResults]] = {}
    groups: list[list[MachineResults]] = []
    for machine in machines:
        mine = [machine]
        for known in {id(c): c for w in machine.best if (c := group_of.get(w))}.values():
            mine = [*known, *mine]
            groups.remove(known)
        groups.append(mine)
        group_of |= {work: mine for each in mine for work in each.best}
    return groups


def _one_size_each(columns: Sequence[Column], machines: Sequence[MachineResults]) -> list[Column]:
    """Of each workload that two share as few sizes as show all of them, from the largest on."""
    chosen = set[Work]()
    machines_of: dict[tuple[str, str, str], set[str]] = {}
    count = Counter(work for machine in machines for work in machine.best)
    useful = [column for column in columns if count[column.work] > 1]
    for column in sorted(useful, key=lambda c: (count[c.work], c.size), reverse=True):
        known = machines_of.setdefault((column.suite, column.name, column.work[3]), set())
        new = {machine.label for machine in machines if column.work in machine.best} - known
        if new:
            known |= new
            chosen.add(column.work)
    return [column for column in useful if column.work in chosen]


def _against(
    results: Results,
    machines: Sequence[MachineResults],
    columns: Sequence[Column],
    base: MachineResults,
) -> Table:
    ordered = sorted(machines, key=lambda machine: _distance(machine, base))
    rows = [
        (_label(machine), machine.family, *(_cell(results, machine, base, c.work) for c in columns))
        for machine in ordered
    ]
    heads = ("machine", "GPU family", *(column.words for column in columns))
    return Table(heads, tuple(rows), kind="machines")


def _distance(machine: MachineResults, base: MachineResults) -> tuple[bool, bool, bool, int]:
    """The baseline first, then its peers, measured before published; then the other families."""
    other = machine.family != base.family
    return machine is not base, other, machine.published, FAMILIES.index(machine.family)


def _cell(results: Results, machine: MachineResults, base: MachineResults, work: Work) -> Figure:
    mine, other = machine.best.get(work), base.best.get(work)
    if mine is None:
        return formatting.NONE
    words = "no baseline"
    if other:
        words = "baseline" if machine is base else compared(results, mine, other)
    text = f"{formatting.seconds(mine.time_s)}\n{words}\n{mine.label}"
    return Figure(text, mine.time_s, _ends(results, mine))


def _ends(results: Results, best: Best) -> Interval | None:
    return estimates.time(results.rounds[best.key]).interval if best.key else None


def compared(results: Results, mine: Best, other: Best) -> str:
    """How `mine` compares with `other` where nothing was paired: `about` of published figures."""
    ratio = mine.time_s / other.time_s if other.time_s else 1.0
    if not ratio:
        return "unresolved"
    if mine.key is None or other.key is None:
        return f"about {formatting.direction(ratio)}"
    estimate = results.unpaired_ratio(mine.key, other.key)
    return formatting.said(estimate.value, results.word(estimate))


def _alone(machines: Sequence[MachineResults], columns: Sequence[Column]) -> Table:
    """A row for each workload of these machines, at its largest size."""
    rows = []
    for machine in sorted(machines, key=lambda m: (m.published, FAMILIES.index(m.family))):
        largest = {
            (c.suite, c.name, c.work[3]): c
            for c in sorted(columns, key=lambda c: c.size)
            if c.work in machine.best
        }
        for column in largest.values():
            best = machine.best[column.work]
            what = (column.words.replace("\n", " "), best.label, formatting.seconds(best.time_s))
            rows.append((_label(machine), machine.family, *what))
    columns_ = ("machine", "GPU family", "work", "fastest", "time")
    return Table(columns_, tuple(rows), numeric=False)


def _label(machine: MachineResults) -> str:
    return f"{machine.label} ({PUBLISHED})" if machine.published else machine.label
