"""What a contender costs besides the time of a step: waiting, starting, memory and energy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench import names
from reports import formatting
from reports.cell import VerifiedCell
from reports.chapters.cpu_vs_gpu import sized
from reports.context import ReportContext
from reports.document import Chapter, Part, Plot, Series, Table, placed
from reports.formatting import Figure, plain

_Show = Callable[[VerifiedCell], Figure | None]
"""What a table says of a cell; None where nothing is known."""

OPEN_ROWS = 12
"""A table of more rows is folded."""

NO_DEARER = 1.05
"""Times as long as in a queue below which a step with its own wait takes no longer."""


@dataclass(frozen=True)
class RunCells:
    """The verified cells of one run, and what to call things there."""

    title: str
    labels: Mapping[str, str]
    """Of contenders."""
    cells: Sequence[VerifiedCell]


def _runs(context: ReportContext) -> list[RunCells]:
    """Those of each run with verified cells."""
    return [
        RunCells(context.places[run], context.labels[run], cells)
        for run in context.results.runs
        if (cells := context.results.ranked(run))
    ]


def latency(context: ReportContext) -> Chapter:
    """One step with a wait of its own, against steps in a queue."""
    lead = (
        "Throughput counts steps in a queue; latency is one step with a wait of its own. The "
        "difference is the cost of waiting for every result."
    )
    parts = []
    for number, run in enumerate(_runs(context), start=1):
        table = _matrix(run, _latency)
        if table:
            plots = tuple(_cloud(run))
            text = tuple(_dearest(run))
            parts.append(_part(f"latency-{number}", run, table, text, plots))
    title = "Latency against throughput"
    return Chapter("latency", title, lead, tuple(parts), "Latency", _first_said(parts))


def first_step(context: ReportContext) -> Chapter:
    """The first step of a case."""
    lead = (
        "The first step of a case in its process, with its wait: tracing, compiling and first-call "
        "costs included. Below each time stands how many steady steps take as long. It is absent "
        "where compiled programs were kept from an earlier process."
    )
    return _chapter(context, "first-step", "The first step", lead, _first, _slowest)


def memory(context: ReportContext) -> Chapter:
    """Peak memory of the process and of the device."""
    lead = (
        "Largest resident memory of the worker's process, the framework itself and its copies of "
        "inputs included; and, where the framework can say, the device memory it used at most."
    )
    return _chapter(context, "memory", "Memory", lead, _memory, _largest)


def energy(context: ReportContext) -> Chapter:
    """Energy of one step; there is no chapter where no counter was readable."""
    lead = (
        "Energy of one step: the device's mean power by its own counter, times the time of a step; "
        "below it that power. Idle power and what other programs did on the device are included, "
        "the rest of the machine is not. Counters of a CPU and of a GPU cover different parts: "
        "compare what ran on one device. *Sampled* is the mean of readings of its power, where a "
        "device counts no energy."
    )
    parts = []
    for number, run in enumerate(_runs(context), start=1):
        table = _matrix(run, _energy)
        if table:
            parts.append(_part(f"energy-{number}", run, table, tuple(_thriftiest(run))))
    return Chapter("energy", "Energy", lead, tuple(parts), answer=_first_said(parts))


_Say = Callable[[RunCells, VerifiedCell, float], str]
"""What to say of the largest figure."""


def _chapter(
    context: ReportContext, key: str, title: str, lead: str, show: _Show, say: _Say
) -> Chapter:
    tables = [(run, _matrix(run, show)) for run in _runs(context)]
    parts = [
        _part(f"{key}-{number}", run, table, (_most(run, show, say),))
        for number, (run, table) in enumerate(tables, start=1)
        if table
    ]
    return Chapter(key, title, lead, tuple(parts), answer=_first_said(parts))


def _first_said(parts: Sequence[Part]) -> str:
    """What is said of the first run."""
    return next((words for part in parts[:1] for words in part.text), "")


def _part(
    key: str,
    run: RunCells,
    table: Table,
    text: tuple[str, ...] = (),
    plots: tuple[Plot, ...] = (),
) -> Part:
    folded = "Show all rows" if len(table.rows) > OPEN_ROWS or plots else ""
    return Part(key, run.title, text, plots=plots, **placed(table, folded))


def _most(run: RunCells, show: _Show, say: _Say) -> str:
    """A sentence on the largest figure."""
    known = [(cell, figure.value or 0.0) for cell in run.cells if (figure := show(cell))]
    return say(run, *max(known, key=lambda each: each[1]))


def _matrix(run: RunCells, show: _Show) -> Table | None:
    """A row for each case, a column for each contender; None where nothing is known."""
    rows: dict[str, dict[str, Figure]] = {}
    works: dict[str, VerifiedCell] = {}
    contenders: dict[str, None] = {}
    for cell in run.cells:
        figure = show(cell)
        if figure is not None:
            works.setdefault(cell.case, cell)
            contenders.setdefault(cell.contender)
            rows.setdefault(cell.case, {})[cell.contender] = figure
    if not rows:
        return None
    lines = []
    for case, row in rows.items():
        figures = (row.get(contender, formatting.NONE) for contender in contenders)
        work = plain(names.work(works[case].suite, works[case].name), 80)
        size = works[case].size
        words = sized(formatting.count(size), works[case].size_of or "size")
        lines.append((work, Figure(words, size), *figures))
    return Table(("work", "size", *_heads(run, list(contenders))), tuple(lines))


def _heads(run: RunCells, contenders: Sequence[str]) -> Iterator[str]:
    """Labels; with the precision where one label stands for several."""
    labels = [run.labels[contender] for contender in contenders]
    for contender, label in zip(contenders, labels, strict=True):
        precision = contender.rpartition("/")[2]
        yield f"{label} {plain(precision, 12)}" if labels.count(label) > 1 else label


def _latency(cell: VerifiedCell) -> Figure | None:
    return _against(cell.latency_s, cell.time_s, "the time")


def _first(cell: VerifiedCell) -> Figure | None:
    return _against(cell.first_step_s, cell.time_s, "a step")


def _against(value: float | None, time_s: float, of: str) -> Figure | None:
    if value is None:
        return None
    ratio = f"\n{formatting.digits(value / time_s, 2)}x {of}" if time_s else ""
    return Figure(f"{formatting.seconds(value)}{ratio}", value)


def _slowest(run: RunCells, cell: VerifiedCell, first_step_s: float) -> str:
    steps = formatting.digits(first_step_s / cell.time_s, 2) if cell.time_s else "many"
    return (
        f"The slowest start: {run.labels[cell.contender]} in {plain(cell.case, 80)} takes "
        f"{formatting.seconds(first_step_s)}, as long as {steps} steady steps."
    )


def _largest(run: RunCells, cell: VerifiedCell, resident_bytes: float) -> str:
    return (
        f"Most memory: {run.labels[cell.contender]} in {plain(cell.case, 80)}, "
        f"{formatting.memory(resident_bytes)}."
    )


def _thriftiest(run: RunCells) -> Iterator[str]:
    """Where contenders on one kind of device differ most in energy, in words."""
    groups: dict[tuple[str, str, str], list[VerifiedCell]] = {}
    for cell in run.cells:
        if cell.energy_per_step_j:
            key = cell.case, cell.device_kind, cell.precision
            groups.setdefault(key, []).append(cell)
    ordered = [sorted(group, key=_joules) for group in groups.values()]
    widest = max(ordered, key=lambda group: _joules(group[-1]) / _joules(group[0]), default=[])
    if len(widest) > 1:
        least, most = widest[0], widest[-1]
        yield (
            f"Widest apart on the {least.device_kind.upper()}, in {plain(least.case, 80)}: a "
            f"step of {run.labels[least.contender]} takes "
            f"{formatting.energy(_joules(least))}, one of {run.labels[most.contender]} "
            f"{formatting.energy(_joules(most))}, "
            f"{formatting.times(_joules(most) / _joules(least))} as much."
        )


def _joules(cell: VerifiedCell) -> float:
    return cell.energy_per_step_j or 0.0


def _energy(cell: VerifiedCell) -> Figure | None:
    joules = cell.energy_per_step_j
    if joules is None:
        return None
    power = f"\n{formatting.power(joules / cell.time_s)}" if cell.time_s else ""
    power += ", sampled" * cell.energy_sampled
    return Figure(f"{formatting.energy(joules)}{power}", joules)


def _memory(cell: VerifiedCell) -> Figure | None:
    resident, device = cell.peak_resident_bytes, cell.device_peak_bytes
    if resident is None:
        return None
    more = "" if device is None else f"\n{formatting.memory(device)} on the device"
    return Figure(f"{formatting.memory(resident)}{more}", resident)


def _dearest(run: RunCells) -> Iterator[str]:
    """The contender that pays most for waiting, in words."""
    known = [
        (cell.latency_s / cell.time_s, cell)
        for cell in run.cells
        if cell.latency_s is not None and cell.time_s
    ]
    if known:
        ratio, worst = max(known, key=lambda each: each[0])
        if ratio < NO_DEARER:
            yield "One step with its own wait takes no longer than in a queue, for any contender."
            return
        yield (
            f"One step with its own wait takes up to {formatting.digits(ratio, 2)}x as long as "
            f"in a queue ({run.labels[worst.contender]}, {plain(worst.case, 80)})."
        )


def _cloud(run: RunCells) -> Iterator[Plot]:
    clouds: dict[str, tuple[str, list[tuple[float, float]]]] = {}
    for cell in run.cells:
        waited = cell.latency_s
        if waited and cell.time_s:
            _, points = clouds.setdefault(cell.contender, (cell.framework, []))
            points.append((1 / cell.time_s, waited))
    every = [point for _, points in clouds.values() for point in points]
    if len(every) < 3:
        return
    series = [
        Series(run.labels[contender], framework, tuple(points), shape="dots")
        for contender, (framework, points) in clouds.items()
    ]
    low, high = min(x for x, _ in every), max(x for x, _ in every)
    edge = Series("no cost of waiting", "", ((low, 1 / low), (high, 1 / high)), shape="edge")
    yield Plot(
        title=f"Latency against throughput, {run.title}",
        heading="latency (lower is better)",
        x_label="steps per second in a queue",
        series=(edge, *series),
        x_unit="rate",
        description="A point for each case of each contender, both axes logarithmic. On the line "
        "one step with its own wait takes as long as a step in a queue.",
    )
