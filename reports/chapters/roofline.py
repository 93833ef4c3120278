"""How near each workload comes to what the device can do: measured and known peaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench import names
from reports import formatting
from reports.cell import VerifiedCell
from reports.chapters.cpu_vs_gpu import sized
from reports.context import ReportContext
from reports.document import Chapter, Part, Plot, Series, Table, placed
from reports.formatting import Figure, plain
from reports.hardware import peaks, physical_limits
from reports.hardware.peaks import Peak
from reports.hardware.physical_limits import Bound

_LEAD = (
    "What a workload can reach is bounded by the device's arithmetic and by its memory: "
    "min(peak FLOP/s, FLOP per byte x peak bytes/s) (Williams et al., 2009). The measured roof is "
    "made of the highest rates any verified cell of this run reached on the device, caches "
    "included; cells that are suspect stay out of it. The known roof, where there is one, is made "
    "of figures from the source named. FLOP and bytes are those that the definition of the work "
    "requires."
)


_NAMED = 4
"""Workloads that a sentence names."""

_MOST_CLOUDS = 8
"""Workloads whose best points have names of their own."""


@dataclass(frozen=True)
class _Device:
    """A device in one precision, and the fastest cell of each size of its workloads."""

    title: str
    cells: Sequence[VerifiedCell]
    flop_per_s: float
    bytes_per_s: float
    known: Peak | None
    copied: VerifiedCell | None = None
    """The fastest copy of the longest vector: memory alone, without arithmetic."""
    limit: Bound | None = None
    """What physics allows it, where no peak is known."""

    def bound(self, intensity: float) -> float:
        """FLOP/s that the measured roof allows."""
        return min(self.flop_per_s, intensity * self.bytes_per_s)

    def share(self, cell: VerifiedCell) -> float:
        """Of what the device can do for such work: by its known peaks, else by the measured."""
        intensity, rate = cell.intensity or 0.0, cell.flop_per_s
        if not self.known:
            return rate / self.bound(intensity)
        return rate / min(self.known.flop_per_s, intensity * self.known.bytes_per_s)

    def best(self) -> list[VerifiedCell]:
        """Of each workload the cell that comes nearest, nearest first."""
        found: dict[tuple[str, str], VerifiedCell] = {}
        for cell in sorted(self.cells, key=lambda c: (self.share(c) > 1, -self.share(c))):
            found.setdefault((cell.suite, cell.name), cell)
        return list(found.values())


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a part for each run, device and precision."""
    devices = list(_devices(context))
    parts = tuple(
        _part(f"roofline-{number}", device) for number, device in enumerate(devices, start=1)
    )
    title = "Roofline: achieved against possible"
    known = (said for device in devices if (said := _nearest(device)))
    answer = next(known, "No sourced peak is known for these devices." if devices else "")
    return Chapter("roofline", title, _LEAD, parts, "Roofline", answer)


def _devices(context: ReportContext) -> Iterator[_Device]:
    results = context.results
    groups: dict[tuple[str, ...], list[VerifiedCell]] = {}
    for run in results.runs:
        for cell in results.ranked(run):
            if cell.intensity and cell.key not in context.doubted:
                key = (run, cell.device_kind, cell.device_name, cell.precision)
                groups.setdefault(key, []).append(cell)
    for (run, kind, device, precision), mine in groups.items():
        fastest: dict[str, VerifiedCell] = {}
        for cell in sorted(mine, key=lambda cell: cell.time_s):
            fastest.setdefault(cell.case, cell)
        name = device if device.lower() != kind else f"the {kind.upper()}"
        machine = results.runs[run].machine
        known = peaks.peak(device, machine.gpus) if precision == "float32" else None
        yield _Device(
            title=plain(f"{name} of {context.places[run]}, {precision}", 200),
            cells=[fastest[case] for case in dict.fromkeys(cell.case for cell in mine)],
            flop_per_s=max(cell.flop_per_s for cell in mine),
            bytes_per_s=max(cell.bytes_per_s or 0.0 for cell in mine),
            known=known,
            copied=_copied(context, (run, kind, device, precision)),
            limit=None
            if known or precision != "float32"
            else physical_limits.bound(kind, device, machine),
        )


def _copied(context: ReportContext, key: tuple[str, ...]) -> VerifiedCell | None:
    """The fastest copy of the longest vector that the device copied."""
    copies = [
        cell
        for cell in context.results.ranked(key[0])
        if (cell.suite, cell.name) == ("ops", "copy") and cell.key not in context.doubted
        if (cell.run, cell.device_kind, cell.device_name, cell.precision) == key
    ]
    return min(copies, key=lambda cell: (-cell.size, cell.time_s), default=None)


def _part(key: str, device: _Device) -> Part:
    text = (
        f"Highest rates measured: {formatting.flop_rate(device.flop_per_s)} and "
        f"{formatting.digits(device.bytes_per_s / 1e9)} GB/s."
    )
    if device.copied and device.copied.bytes_per_s and device.copied.traffic_bytes:
        text += (
            f" Memory, measured by copying: {formatting.digits(device.copied.bytes_per_s / 1e9)} "
            f"GB/s ({plain(device.copied.spec, 40)}, "
            f"{formatting.memory(device.copied.traffic_bytes)} read and written)."
        )
    if device.known:
        peak = device.known
        variant = f" ({peak.variant})" if peak.variant else ""
        text += (
            f" Known peaks of {peak.name}{variant}: "
            f"{formatting.flop_rate(peak.flop_per_s)} and "
            f"{formatting.digits(peak.bytes_per_s / 1e9)} GB/s, from {peak.source}."
        )
    else:
        text += (
            " No sourced peak is known for a device of exactly this name, so the best figures "
            "measured are all there is to compare with."
        )
    if device.limit:
        text += (
            f" Physics allows {device.limit.name} at most "
            f"{formatting.flop_rate(device.limit.flop_per_s)} ({device.limit.flop_source}): what "
            "exceeds that is no roof."
        )
    plots = (_plot(device),) if len(device.cells) > 2 else ()
    table = placed(_table(device), "Show all rows" if plots else "")
    said = tuple(filter(None, (_nearest(device), text)))
    return Part(key, device.title, said, plots=plots, **table)


def _nearest(device: _Device) -> str:
    """`Nearest to the known peak of X: matmul square 38 % (torch, n = 1024), mlp train 3 % (...).`
    Nothing where no peak is known: against the best that was measured one is always at 100 %."""
    if not device.known or all(device.share(cell) > 1 for cell in device.cells):
        return ""
    # What caches hold comes faster than memory's peak, which says nothing of the device.
    best = [cell for cell in device.best() if device.share(cell) <= 1]
    of = f"the known peak of {device.known.name}"
    said = [
        f"{_work(cell)} {formatting.percent(device.share(cell))} ({_by(cell)})" for cell in best
    ]
    left = len(said) - _NAMED
    more = f", and less in {left} more workload{'s' * (left > 1)}" if left > 0 else ""
    return f"Nearest to {of}: {', '.join(said[:_NAMED])}{more}."


def _work(cell: VerifiedCell) -> str:
    return plain(names.work(cell.suite, cell.name), 80)


def _by(cell: VerifiedCell) -> str:
    return f"{plain(cell.spec, 40)}, {sized(formatting.count(cell.size), cell.size_of or 'size')}"


def _table(device: _Device) -> Table:
    columns = ["work", "size", "fastest", "FLOP/byte", "FLOP/s", "GB/s", "of the measured roof"]
    columns += ["of the known peak"] * bool(device.known)
    rows = []
    for cell in device.cells:
        intensity = cell.intensity or 0.0
        share = [formatting.percent(cell.flop_per_s / device.bound(intensity))]
        if device.known:
            bound = min(device.known.flop_per_s, intensity * device.known.bytes_per_s)
            share.append(formatting.percent(cell.flop_per_s / bound))
        rows.append(
            (
                _work(cell),
                Figure(sized(formatting.count(cell.size), cell.size_of or "size"), cell.size),
                plain(cell.spec, 40),
                formatting.number(intensity),
                formatting.flop_rate(cell.flop_per_s),
                formatting.number(cell.bytes_per_s, 1e9),
                *share,
            )
        )
    return Table(tuple(columns), tuple(rows))


def _plot(device: _Device) -> Plot:
    highest = max(device.flop_per_s, device.known.flop_per_s if device.known else 0.0)
    scale, unit = formatting.flop_unit(highest)
    best = device.best()[:_MOST_CLOUDS]
    rest = [cell for cell in device.cells if cell not in best]
    clouds = [(_work(cell), cell.framework, [cell]) for cell in best]
    clouds += [("other sizes and work", "", rest)] if rest else []
    xs = [cell.intensity or 0.0 for cell in device.cells]
    low, high = min(xs) / 2, max(xs) * 2
    series = [_roof("measured roof", device.flop_per_s, device.bytes_per_s, (low, high), scale)]
    if device.known:
        peak = device.known
        series.append(_roof("known roof", peak.flop_per_s, peak.bytes_per_s, (low, high), scale))
    series += [
        Series(
            name,
            framework,
            tuple((cell.intensity or 0.0, cell.flop_per_s / scale) for cell in cells),
            shape="dots",
        )
        for name, framework, cells in clouds
    ]
    highest_cell = max(device.cells, key=lambda cell: cell.flop_per_s)
    return Plot(
        title=f"Roofline of {device.title}",
        heading=f"{unit} (higher is faster)",
        x_label="FLOP per byte",
        series=tuple(series),
        x_unit="intensity",
        y_unit="gflops",
        description="A point for the fastest contender of each case, both axes logarithmic. The "
        f"highest is {plain(highest_cell.case, 80)} with "
        f"{formatting.flop_rate(highest_cell.flop_per_s)} by {plain(highest_cell.spec, 40)}.",
    )


def _roof(
    label: str, flop_per_s: float, bytes_per_s: float, ends: tuple[float, float], scale: float
) -> Series:
    low, high = ends
    ridge = flop_per_s / bytes_per_s
    xs = sorted({low, min(max(ridge, low), high), high})
    points = tuple((x, min(flop_per_s, x * bytes_per_s) / scale) for x in xs)
    return Series(label, "", points, shape="roof" if label.startswith("measured") else "edge")
