"""Which CPU is compared with which GPU, measured or published, and at which sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from bench import names
from bench.schema import Published
from reports.analysis import crossover
from reports.analysis.crossover import Crossing, Point
from reports.cell import VerifiedCell
from reports.formatting import plain
from reports.frame import Results
from reports.ingest.published import device_kind
from reports.ingest.slices import Key

BEST = "best CPU against best GPU"
"""Who meets where the fastest contender on each device is compared."""


@dataclass(frozen=True)
class Contest:
    """One CPU contender against one GPU contender over the sizes of a workload."""

    place: str
    """Machine, and source where it is published."""
    suite: str
    work: str
    who: str
    framework: str
    size_of: str
    points: tuple[Point, ...]
    crossing: Crossing
    published: bool = False
    """Its interval, if any, is that of rounding alone."""
    work_kind: str = ""
    """As the record says; empty where it does not."""
    device_name: str = ""
    """Of the GPU, where it was measured."""


def find(
    results: Results,
    places: Mapping[str, str],
    labels: Mapping[str, Mapping[str, str]],
    doubted: Set[Key] = frozenset(),
) -> tuple[Contest, ...]:
    """All contests, measured before published; `places` is what to call each run, `labels` each
    contender of a run. Nobody whose time is `doubted` is the fastest on a device."""
    measured = _measured(results, places, labels, doubted)
    return (*measured, *published(results.quotable))


def _size_of(of_record: str | None) -> str:
    """What sizes count, as the record says."""
    return plain(of_record or "size", 40)


# --- measured ---------------------------------------------------------------------------------


def _measured(
    results: Results,
    places: Mapping[str, str],
    labels: Mapping[str, Mapping[str, str]],
    doubted: Set[Key],
) -> Iterator[Contest]:
    works: dict[tuple[str, ...], dict[str, list[VerifiedCell]]] = {}
    for run in results.runs:
        for cell in results.ranked(run):
            work = works.setdefault((run, cell.suite, cell.name, cell.precision), {})
            work.setdefault(cell.device_kind, []).append(cell)
    for (run, suite, name, precision), kinds in works.items():
        if len(kinds) < 2:
            continue
        words = plain(f"{names.work(suite, name)}{f', {precision}' * (precision != 'float32')}")
        fixed = (
            places[run],
            plain(suite),
            words,
            _size_of(kinds["gpu"][0].size_of),
        )
        best = [[c for c in kinds[kind] if c.key not in doubted] for kind in ("cpu", "gpu")]
        both = kinds["cpu"], kinds["gpu"]
        for each in _pairs(results, fixed, labels[run], both, (best[0], best[1])):
            first = kinds["gpu"][0]
            yield replace(each, work_kind=first.work_kind or "", device_name=first.device_name)


def _pairs(
    results: Results,
    fixed: tuple[str, str, str, str],
    called: Mapping[str, str],
    every: tuple[Sequence[VerifiedCell], Sequence[VerifiedCell]],
    sure: tuple[Sequence[VerifiedCell], Sequence[VerifiedCell]],
) -> Iterator[Contest]:
    """The best of each device, of the cells that are `sure`; then everyone against itself."""
    cpu, gpu = every
    own = {(c.spec, c.execution, c.case): c for c in cpu}
    mine: dict[str, list[tuple[VerifiedCell, VerifiedCell]]] = {}
    for cell in gpu:
        other = own.get((cell.spec, cell.execution, cell.case))
        if other:
            mine.setdefault(cell.contender, []).append((other, cell))
    best = list(_fastest(*sure))
    if len({c.framework for pair in best for c in pair}) > 1 or (best and not mine):
        yield _contest(results, fixed, BEST, "", best)
    for contender, pairs in mine.items():
        yield _contest(results, fixed, called[contender], pairs[0][1].framework, pairs)


def _contest(
    results: Results,
    fixed: tuple[str, str, str, str],
    who: str,
    framework: str,
    pairs: Sequence[tuple[VerifiedCell, VerifiedCell]],
) -> Contest:
    place, suite, work, size_of = fixed
    points = _points(results, pairs)
    return Contest(place, suite, work, who, framework, size_of, points, crossover.find(points))


def _fastest(
    cpu: Sequence[VerifiedCell], gpu: Sequence[VerifiedCell]
) -> Iterator[tuple[VerifiedCell, VerifiedCell]]:
    for case in dict.fromkeys(cell.case for cell in gpu):
        both = [[c for c in cells if c.case == case] for cells in (cpu, gpu)]
        if all(both):
            first, second = (min(cells, key=lambda c: c.time_s) for cells in both)
            yield first, second


def _points(
    results: Results, pairs: Sequence[tuple[VerifiedCell, VerifiedCell]]
) -> tuple[Point, ...]:
    points: dict[int, Point] = {}
    found = results.ratios([(gpu.key, cpu.key) for cpu, gpu in pairs])
    for (cpu, gpu), ratio in zip(pairs, found, strict=True):
        if ratio is not None and ratio.logs is not None:
            point = Point(
                size=cpu.size,
                cpu_s=cpu.time_s,
                gpu_s=gpu.time_s,
                log_ratio=math.log(ratio.value),
                draws=crossover.resampled(ratio.logs),
                measured=ratio,
                word=results.word(ratio),
            )
            points.setdefault(cpu.size, point)
    return tuple(sorted(points.values(), key=lambda point: point.size))


# --- published --------------------------------------------------------------------------------


def published(records: Sequence[Published]) -> Iterator[Contest]:
    """The contests of figures from elsewhere, each within its own source."""
    groups: dict[tuple[str, ...], dict[str, dict[int, Published]]] = {}
    for r in records:
        if r.time_s is None:
            continue
        key = (r.machine, r.study or r.source, r.suite, r.name, r.framework, r.version or "")
        devices = groups.setdefault(key, {})
        device = "" if device_kind(r) == "cpu" else r.device
        devices.setdefault(device, {}).setdefault(r.size, r)
    for (machine, study, suite, name, framework, version), devices in groups.items():
        cpu = devices.pop("", {})
        for device, gpu in devices.items():
            points = tuple(_quoted(cpu[size], gpu[size]) for size in sorted(set(cpu) & set(gpu)))
            if points:
                sample = next(iter(gpu.values()))
                yield Contest(
                    place=plain(f"{machine} (published, {study})", 160),
                    suite=plain(suite),
                    work=plain(names.work(suite, name)),
                    who=plain(f"{framework} {version}".strip() + f" {device}", 60),
                    framework=framework,
                    size_of=_size_of(sample.size_of),
                    points=points,
                    crossing=crossover.find(points),
                    published=True,
                )


def _quoted(cpu: Published, gpu: Published) -> Point:
    assert cpu.time_s is not None
    assert gpu.time_s is not None
    # Each figure by its own count of steps, so that chapters say the same of it.
    cpu_s, gpu_s = cpu.time_s / (cpu.steps or 1), gpu.time_s / (gpu.steps or 1)
    steps = (
        (cpu.resolution_s or 0.0) / (cpu.steps or 1),
        (gpu.resolution_s or 0.0) / (gpu.steps or 1),
    )
    draws = crossover.rounded(cpu_s, gpu_s, *steps)
    return Point(cpu.size, cpu_s, gpu_s, math.log(gpu_s) - math.log(cpu_s), draws)
