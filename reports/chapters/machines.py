"""Machines side by side: the fastest verified answer of each, by GPU family, against a baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.schema import Published
from bench.statistics import estimates
from bench.statistics.estimates import Interval
from reports import formatting
from reports.cell import VerifiedCell
from reports.context import ReportContext
from reports.document import Chapter, Part, Table
from reports.formatting import ABSENT, Figure, plain
from reports.frame import Results
from reports.ingest.machine_names import FAMILIES, family
from reports.ingest.published import device_kind
from reports.ingest.slices import Key
from suites.errors import UserError

MAX_COLUMNS = 24
PUBLISHED = "published"

Work = tuple[str, ...]
"""What is compared: suite, name, size, precision and the hash of the definition."""


@dataclass(frozen=True)
class Best:
    """The fastest contender of a machine at one piece of work."""

    time_s: float
    label: str
    key: Key | None = None
    """Its cell, where it was measured."""


@dataclass(eq=False)
class MachineResults:
    """A machine and what it did."""

    label: str
    family: str
    published: bool
    best: dict[Work, Best] = field(default_factory=dict)


@dataclass(frozen=True)
class _Column:
    work: Work
    words: str
    suite: str
    name: str
    size: int


class NoSuchMachine(UserError):
    """No machine of the report is called so; the message lists them."""


def chapter(context: ReportContext) -> Chapter:
    """The chapter. Raises NoSuchMachine where none is called like the baseline."""
    machines, columns = _machines(context.results, context.machines)
    named_base = _named(machines, context.baseline) if context.baseline is not None else None
    parts = tuple(_parts(context.results, machines, columns, named_base))
    lead = (
        "Of each machine the fastest verified contender at each piece of work, as a ratio to the "
        "baseline. Machines did not take turns, so their ratios are not paired: what changes from "
        "run to run, a standard deviation of 1 %, is allowed for. Published figures "
        "were measured by their source's own method, which may time other things than the step."
    )
    return Chapter("machines", "Machines side by side", lead, parts, "Machines")


def _named(machines: Sequence[MachineResults], name: str) -> MachineResults:
    for machine in machines:
        if name.casefold() in machine.label.casefold():
            return machine
    known = "; ".join(machine.label for machine in machines[:12])
    raise NoSuchMachine(f"unknown machine. Expected part of one of: {known}. Received: {name!r}")


def _usual(machines: Sequence[MachineResults]) -> MachineResults:
    """The measured machine that did most."""
    return max(machines, key=lambda machine: (not machine.published, len(machine.best)))


def _parts(
    results: Results,
    machines: Sequence[MachineResults],
    columns: Sequence[_Column],
    named_base: MachineResults | None,
) -> Iterator[Part]:
    """One table for each group of machines that share work, then one for the rest; groups with a
    measured machine first."""
    groups = _connected_groups(machines)
    alone = [group[0] for group in groups if len(group) == 1]
    found = []
    for number, group in enumerate((c for c in groups if len(c) > 1), start=1):
        base = named_base if named_base in group else _usual(group)
        key = "machines-common" if number == 1 else f"machines-common-{number}"
        table = _against(results, group, _one_size_each(columns, group)[:MAX_COLUMNS], base)
        part = Part(key, f"Against {_label(base)}", table=table)
        found.append((all(machine.published for machine in group), part))
    if alone:
        only = len(machines) == 1
        part = Part(
            key="machines-alone",
            title="The machine" if only else "Other machines, other work",
            text=() if only else ("These machines share no work with another one.",),
            table=_alone(alone, columns),
        )
        found.append((all(machine.published for machine in alone), part))
    yield from (part for _, part in sorted(found, key=lambda each: each[0]))


def _connected_groups(machines: Sequence[MachineResults]) -> list[list[MachineResults]]:
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


def _one_size_each(columns: Sequence[_Column], machines: Sequence[MachineResults]) -> list[_Column]:
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
    columns: Sequence[_Column],
    base: MachineResults,
) -> Table:
    ordered = sorted(machines, key=lambda machine: FAMILIES.index(machine.family))
    rows = [
        (_label(machine), machine.family, *(_cell(results, machine, base, c.work) for c in columns))
        for machine in ordered
    ]
    heads = ("machine", "GPU family", *(column.words for column in columns))
    return Table(heads, tuple(rows), kind="machines")


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


def _alone(machines: Sequence[MachineResults], columns: Sequence[_Column]) -> Table:
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


# --- what each machine did --------------------------------------------------------------------


class _Columns(dict[Work, _Column]):
    """Every piece of work in order of appearance, with words of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = set[str]()

    def add(self, work: Work, size: int, more: str = "") -> None:
        if work in self:
            return
        suite, name, _, precision = work[:4]
        last = f"{formatting.count(size)} {precision * (precision != 'float32')}".strip()
        text = f"{plain(f'{suite} {name}', 50)}\n{last}{more}"
        text = f"{text} ({plain(work[4], 4)})" if text in self._taken else text
        self._taken.add(text)
        self[work] = _Column(work, text, suite, name, size)


def _machines(
    results: Results, named: Mapping[str, str]
) -> tuple[list[MachineResults], list[_Column]]:
    """Every machine, measured ones first, and every piece of work in order of appearance."""
    machines, columns = dict[str, MachineResults](), _Columns()
    for name, run in results.runs.items():
        described = run.machine
        # Intel's GPUs and made-up ones run none of the frameworks.
        usable = (gpu for gpu in described.gpus if gpu.vendor != "Intel")
        gpus = [gpu.name for gpu in usable if gpu.vendor or gpu.kind != "virtual"]
        gpus += [c.device_name for c in run.contenders if c.device_kind == "gpu"]
        new = MachineResults(named[name], family(gpus, described.system), False)
        machines.setdefault(named[name], new)
    _measured(results, named, machines, columns)
    known = {work[:4]: work for work in columns}
    for record in results.published:
        if record.time_s is not None:
            label = plain(record.machine, 80)
            new = MachineResults(label, "CPU only", True)
            machine = machines.setdefault(f"{PUBLISHED} {label}", new)
            if device_kind(record) == "gpu":
                machine.family = family([record.device_name or record.device])
            _add_published(record, record.time_s, machine, columns, known)
    return list(machines.values()), list(columns.values())


def _measured(
    results: Results,
    named: Mapping[str, str],
    machines: Mapping[str, MachineResults],
    columns: _Columns,
) -> None:
    hashes = {
        (name, case.case): case.definition_sha256
        for name, run in results.runs.items()
        for case in run.cases
    }
    # Of several runs on one machine the newest counts.
    for run in sorted(results.runs, key=lambda name: results.runs[name].started_at):
        fastest: dict[Work, VerifiedCell] = {}
        for cell in results.ranked(run):
            key = (cell.suite, cell.name, str(cell.size), cell.precision)
            work: Work = (*key, hashes[run, cell.case])
            columns.add(work, cell.size)
            if work not in fastest or cell.time_s < fastest[work].time_s:
                fastest[work] = cell
        for work, cell in fastest.items():
            label = plain(f"{cell.spec} {cell.device}", 40)
            machines[named[run]].best[work] = Best(cell.time_s, label, cell.key)


def _add_published(
    record: Published,
    time_s: float,
    machine: MachineResults,
    columns: _Columns,
    known: Mapping[Work, Work],
) -> None:
    """A published figure: of one step where its source timed only steps, else of its own work."""
    key = (record.suite, record.name, str(record.size), "float32")
    same = known.get(key) if record.steps else None
    work = same or (*key, plain(record.work or ABSENT))
    columns.add(work, record.size, "" if record.steps else f", {plain(record.work or 'all', 60)}")
    time_s /= record.steps or 1
    version = f" {record.version}" if record.version else ""
    label = plain(f"{record.framework}{version} {record.device}", 40)
    if work not in machine.best or time_s < machine.best[work].time_s:
        machine.best[work] = Best(time_s, label)
