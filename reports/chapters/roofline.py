"""How near each workload comes to what the device can do: measured and known peaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports import formatting
from reports.cell import VerifiedCell
from reports.context import ReportContext
from reports.document import Chapter, Part, Plot, Series, Table, placed
from reports.formatting import plain
from reports.hardware import peaks
from reports.hardware.peaks import Peak

_LEAD = (
    "What a workload can reach is bounded by the device's arithmetic and by its memory: "
    "min(peak FLOP/s, FLOP per byte x peak bytes/s) (Williams et al., 2009). The measured roof is "
    "made of the highest rates any verified cell of this run reached on the device, caches "
    "included; cells that are suspect stay out of it. The known roof, where there is one, is made "
    "of figures from the source named. FLOP and bytes are those that the definition of the work "
    "requires."
)


@dataclass(frozen=True)
class _Device:
    """A device in one precision, and the fastest cell of each size of its workloads."""

    title: str
    cells: Sequence[VerifiedCell]
    flop_per_s: float
    bytes_per_s: float
    known: Peak | None

    def bound(self, intensity: float) -> float:
        """FLOP/s that the measured roof allows."""
        return min(self.flop_per_s, intensity * self.bytes_per_s)


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a part for each run, device and precision."""
    parts = tuple(
        _part(f"roofline-{number}", device)
        for number, device in enumerate(_devices(context), start=1)
    )
    return Chapter("roofline", "Roofline: achieved against possible", _LEAD, parts, "Roofline")


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
        yield _Device(
            title=plain(f"{name} of {context.places[run]}, {precision}", 200),
            cells=[fastest[case] for case in dict.fromkeys(cell.case for cell in mine)],
            flop_per_s=max(cell.flop_per_s for cell in mine),
            bytes_per_s=max(cell.bytes_per_s or 0.0 for cell in mine),
            known=peaks.peak(device, results.runs[run].machine.gpus)
            if precision == "float32"
            else None,
        )


def _part(key: str, device: _Device) -> Part:
    text = (
        f"Highest rates measured: {formatting.flop_rate(device.flop_per_s)} and "
        f"{formatting.digits(device.bytes_per_s / 1e9)} GB/s."
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
    plots = (_plot(device),) if len(device.cells) > 2 else ()
    table = placed(_table(device), "Show all rows" if plots else "")
    return Part(key, device.title, (text,), plots=plots, **table)


def _table(device: _Device) -> Table:
    columns = ["work", "n", "fastest", "FLOP/byte", "FLOP/s", "GB/s", "of the measured roof"]
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
                plain(f"{cell.suite} {cell.name}", 80),
                formatting.count(cell.size),
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
    clouds: dict[str, list[tuple[float, float]]] = {}
    for cell in device.cells:
        point = (cell.intensity or 0.0, cell.flop_per_s / scale)
        clouds.setdefault(cell.framework, []).append(point)
    xs = [x for points in clouds.values() for x, _ in points]
    low, high = min(xs) / 2, max(xs) * 2
    series = [_roof("measured roof", device.flop_per_s, device.bytes_per_s, (low, high), scale)]
    if device.known:
        peak = device.known
        series.append(_roof("known roof", peak.flop_per_s, peak.bytes_per_s, (low, high), scale))
    series += [
        Series(plain(framework, 40), framework, tuple(points), shape="dots")
        for framework, points in clouds.items()
    ]
    best = max(device.cells, key=lambda cell: cell.flop_per_s)
    return Plot(
        title=f"Roofline of {device.title}",
        heading=f"{unit} (higher is faster)",
        x_label="FLOP per byte",
        series=tuple(series),
        x_unit="intensity",
        y_unit="gflops",
        description="A point for the fastest contender of each case, both axes logarithmic. The "
        f"highest is {plain(best.case, 80)} with {formatting.flop_rate(best.flop_per_s)} "
        f"by {plain(best.spec, 40)}.",
    )


def _roof(
    label: str, flop_per_s: float, bytes_per_s: float, ends: tuple[float, float], scale: float
) -> Series:
    low, high = ends
    ridge = flop_per_s / bytes_per_s
    xs = sorted({low, min(max(ridge, low), high), high})
    points = tuple((x, min(flop_per_s, x * bytes_per_s) / scale) for x in xs)
    return Series(label, "", points, shape="roof" if label.startswith("measured") else "edge")
