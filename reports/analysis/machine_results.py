"""What each machine did: its fastest verified contender at every piece of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench import names
from bench.schema import Published
from reports import formatting
from reports.cell import VerifiedCell
from reports.formatting import ABSENT, plain
from reports.frame import Results
from reports.ingest.machine_names import family
from reports.ingest.published import device_kind
from reports.ingest.slices import Key

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
class Column:
    work: Work
    words: str
    suite: str
    name: str
    size: int


class _Columns(dict[Work, Column]):
    """Every piece of work in order of appearance, with words of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = set[str]()

    def add(self, work: Work, size: int, more: str = "") -> None:
        if work in self:
            return
        suite, name, _, precision = work[:4]
        last = f"{formatting.count(size)} {precision * (precision != 'float32')}".strip()
        text = f"{plain(names.work(suite, name), 50)}\n{last}{more}"
        text = f"{text} ({plain(work[4], 4)})" if text in self._taken else text
        self._taken.add(text)
        self[work] = Column(work, text, suite, name, size)


def of(results: Results, named: Mapping[str, str]) -> tuple[list[MachineResults], list[Column]]:
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
            new = MachineResults(label, "no GPU", True)
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
            label = plain(names.on_device(cell.spec, cell.device_kind), 40)
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
