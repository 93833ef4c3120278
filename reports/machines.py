"""Machines side by side: the fastest verified answer of each, by GPU family, against a baseline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench import statistics
from bench.schema import Machine, Published, Run
from reports import units
from reports.elsewhere import device_kind
from reports.frame import NULL, Results
from reports.layout import Chapter, Part, Table
from reports.units import ABSENT, Figure, plain

FAMILIES = ("Apple", "AMD Metal", "NVIDIA", "other GPU", "CPU only")
"""By their GPUs, in the order of reports."""

MAX_COLUMNS = 24

PUBLISHED = "published"

_APPLE = re.compile(r"\bapple\b|\bM\d( Pro| Max| Ultra)?\b", re.IGNORECASE)
_AMD = re.compile(r"\b(amd|radeon|gfx\d+)\b", re.IGNORECASE)
_NVIDIA = re.compile(r"\b(nvidia|geforce|quadro|tesla|gtx|rtx|cuda|[ahb]\d00)\b", re.IGNORECASE)

Work = tuple[str, ...]
"""What is compared: suite, name, size, precision and the hash of the definition."""


@dataclass(frozen=True)
class Best:
    """The fastest contender of a machine at one piece of work."""

    time_s: float
    ends: tuple[float, float] | None
    label: str


@dataclass
class Seat:
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


class NoSuchMachine(ValueError):
    """No machine of the report is called so; the message lists them."""


def names(runs: Mapping[str, Run]) -> dict[str, str]:
    """What to call the machine of each run: machines that differ get names that differ."""
    known: dict[tuple[object, ...], str] = {}
    taken = Counter[str]()
    for run in runs.values():
        facts = _facts(run.machine)
        if facts not in known:
            label = plain(run.machine.label, 80) or "a machine without a name"
            taken[label] += 1
            known[facts] = label if taken[label] == 1 else f"{label} ({taken[label]})"
    return {name: known[_facts(run.machine)] for name, run in runs.items()}


def _facts(machine: Machine) -> tuple[object, ...]:
    """What tells two machines apart. Updates of the system do not; nor do some lost bytes."""
    memory = machine.memory_bytes and round(machine.memory_bytes / 2**30)
    gpus = tuple(gpu.name for gpu in machine.gpus)
    whole = (machine.label, machine.system, machine.architecture, machine.model, machine.cpu)
    return (*whole, machine.cores_physical, machine.cores_logical, memory, gpus)


def family(gpus: Sequence[str], system: str = "") -> str:
    """The family of a machine with these GPUs."""
    for name in gpus:
        if _NVIDIA.search(name):
            return "NVIDIA"
        if _AMD.search(name):
            return "AMD Metal" if system in ("", "Darwin") else "other GPU"
        if _APPLE.search(name) or (system == "Darwin" and name.startswith("mps")):
            return "Apple"
    return "other GPU" if gpus else "CPU only"


def chapter(results: Results, named: Mapping[str, str], baseline: str | None) -> Chapter:
    """The chapter; `baseline` is part of a machine's name. Raises NoSuchMachine."""
    seats, columns = _seats(results, named)
    base = _chosen(seats, baseline)
    parts = tuple(_parts(seats, columns, base)) if base else ()
    lead = (
        "Of each machine the fastest verified contender at each piece of work, as a ratio to the "
        "baseline. Machines did not take turns, so their ratios are not paired: the words say "
        "slower or faster only where the intervals of both times lie apart. Published figures "
        "were measured by their source's own method, which may time other things than the step."
    )
    return Chapter("machines", "Machines side by side", lead, parts, "Machines")


def _chosen(seats: Sequence[Seat], baseline: str | None) -> Seat | None:
    if baseline is not None:
        for seat in seats:
            if baseline.casefold() in seat.label.casefold():
                return seat
        known = "; ".join(seat.label for seat in seats[:12])
        raise NoSuchMachine(
            f"no machine of this name. Expected part of one of: {known}. Received: {baseline!r}"
        )
    # The measured machine with most in common with others, else the one with most of all.
    shared = Counter(work for seat in seats for work in seat.best)
    rank = [
        (not seat.published, sum(shared[work] > 1 for work in seat.best), len(seat.best))
        for seat in seats
    ]
    return seats[rank.index(max(rank))] if seats else None


def _parts(seats: Sequence[Seat], columns: Sequence[_Column], base: Seat) -> Iterator[Part]:
    shared = Counter(work for seat in seats for work in seat.best)
    useful = [c for c in columns if shared[c.work] > 1]
    useful = _one_size_each(useful, seats)[:MAX_COLUMNS]
    common = [s for s in seats if any(column.work in s.best for column in useful)]
    if useful:
        if base not in common:
            base = _chosen(common, None) or base
        yield Part(
            key="machines-common",
            title=f"Against {base.label}",
            table=_against(common, useful, base),
        )
    alone = [seat for seat in seats if seat not in common]
    if alone:
        only = len(seats) == 1
        yield Part(
            key="machines-alone",
            title="The machine" if only else "Nothing in common with another machine",
            text=() if only else ("What they did, each in its own terms.",),
            table=_alone(alone, columns),
        )


def _one_size_each(columns: Sequence[_Column], seats: Sequence[Seat]) -> list[_Column]:
    """Of each workload as few sizes as show every machine that shares one: largest first."""
    chosen: list[_Column] = []
    seen: dict[tuple[str, str, str], set[str]] = {}
    count = Counter(work for seat in seats for work in seat.best)
    for column in sorted(columns, key=lambda c: (count[c.work], c.size), reverse=True):
        known = seen.setdefault((column.suite, column.name, column.work[3]), set())
        new = {seat.label for seat in seats if column.work in seat.best} - known
        if new:
            known |= new
            chosen.append(column)
    return sorted(chosen, key=columns.index)


def _against(seats: Sequence[Seat], columns: Sequence[_Column], base: Seat) -> Table:
    ordered = sorted(seats, key=lambda seat: FAMILIES.index(seat.family))
    rows = [
        (_label(seat), seat.family, *(_cell(seat, base, column.work) for column in columns))
        for seat in ordered
    ]
    heads = ("machine", "GPU family", *(column.words for column in columns))
    return Table(heads, tuple(rows), kind="machines")


def _cell(seat: Seat, base: Seat, work: Work) -> Figure:
    mine, other = seat.best.get(work), base.best.get(work)
    if mine is None:
        return units.NONE
    words = "baseline" if seat is base else compared(mine, other) if other else "no baseline"
    text = f"{units.seconds(mine.time_s)}\n{words}\n{mine.label}"
    return Figure(text, mine.time_s, mine.ends)


def compared(mine: Best, other: Best) -> str:
    """How `mine` compares with `other` where nothing was paired: `about` without intervals."""
    ratio = mine.time_s / other.time_s if other.time_s else 1.0
    if not ratio:
        return "unresolved"
    if mine.ends is None or other.ends is None:
        return f"about {units.direction(ratio)}"
    low, high = mine.ends[0] / other.ends[1], mine.ends[1] / other.ends[0]
    verdict = statistics.verdict((low, high))
    return units.direction(ratio) if verdict in ("faster", "slower") else verdict


def _alone(seats: Sequence[Seat], columns: Sequence[_Column]) -> Table:
    """A row for each workload of these machines, at its largest size."""
    rows = []
    for seat in sorted(seats, key=lambda seat: FAMILIES.index(seat.family)):
        largest = {
            (c.suite, c.name, c.work[3]): c
            for c in sorted(columns, key=lambda c: c.size)
            if c.work in seat.best
        }
        for column in largest.values():
            best = seat.best[column.work]
            what = (column.words.replace("\n", " "), best.label, units.seconds(best.time_s))
            rows.append((_label(seat), seat.family, *what))
    columns_ = ("machine", "GPU family", "work", "fastest", "time")
    return Table(columns_, tuple(rows), numeric=False)


def _label(seat: Seat) -> str:
    return f"{seat.label} ({PUBLISHED})" if seat.published else seat.label


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
        last = f"{units.count(size)} {precision * (precision != 'float32')}".strip()
        text = f"{plain(f'{suite} {name}', 50)}\n{last}{more}"
        text = f"{text} ({plain(work[4], 4)})" if text in self._taken else text
        self._taken.add(text)
        self[work] = _Column(work, text, suite, name, size)


def _seats(results: Results, named: Mapping[str, str]) -> tuple[list[Seat], list[_Column]]:
    """Every machine, measured ones first, and every piece of work in order of appearance."""
    seats, columns = dict[str, Seat](), _Columns()
    for name, run in results.runs.items():
        machine = run.machine
        gpus = [gpu.name for gpu in machine.gpus]
        gpus += [c.device_name for c in run.contenders if c.device_kind == "gpu"]
        seats.setdefault(named[name], Seat(named[name], family(gpus, machine.system), False))
    _measured(results, named, seats, columns)
    known = {work[:4]: work for work in columns}
    for record in results.published:
        if record.time_s is not None:
            label = plain(record.machine, 80)
            seat = seats.setdefault(f"{PUBLISHED} {label}", Seat(label, "CPU only", True))
            if device_kind(record) == "gpu":
                seat.family = family([record.device_name or record.device])
            _quote(record, record.time_s, seat, columns, known)
    return list(seats.values()), list(columns.values())


def _measured(
    results: Results, named: Mapping[str, str], seats: Mapping[str, Seat], columns: _Columns
) -> None:
    cells = results.cells[results.cells["verified"] & (results.cells["framework"] != NULL)]
    if cells.empty:
        return
    fastest = cells.loc[cells.groupby(["run", "case", "precision"], sort=False)["time_s"].idxmin()]
    hashes = {
        (name, case.case): case.definition_sha256
        for name, run in results.runs.items()
        for case in run.cases
    }
    # Of several runs on one machine the newest counts.
    newest = sorted(results.runs, key=lambda name: results.runs[name].started_at)
    order = {name: at for at, name in enumerate(newest)}
    wanted = ["run", "case", "suite", "name", "size", "precision", "time_s", "low_s", "high_s"]
    rows = fastest[[*wanted, "spec", "device"]].to_dict("records")
    for row in sorted(rows, key=lambda row: order[row["run"]]):
        key = (row["suite"], row["name"], str(row["size"]), row["precision"])
        work = (*key, hashes[row["run"], row["case"]])
        columns.add(work, row["size"])
        told = row["low_s"] == row["low_s"]  # not NaN
        ends = (row["low_s"], row["high_s"]) if told else None
        label = plain(f"{row['spec']} {row['device']}", 40)
        seats[named[row["run"]]].best[work] = Best(row["time_s"], ends, label)


def _quote(
    record: Published, time_s: float, seat: Seat, columns: _Columns, known: Mapping[Work, Work]
) -> None:
    """A published figure: of one step where its source timed only steps, else of its own work."""
    key = (record.suite, record.name, str(record.size), "float32")
    same = known.get(key) if record.steps else None
    work = same or (*key, plain(record.work or ABSENT))
    columns.add(work, record.size, "" if record.steps else f", {plain(record.work or 'all', 30)}")
    time_s /= record.steps or 1
    version = f" {record.version}" if record.version else ""
    label = plain(f"{record.framework}{version} {record.device}", 40)
    if work not in seat.best or time_s < seat.best[work].time_s:
        seat.best[work] = Best(time_s, None, label)
