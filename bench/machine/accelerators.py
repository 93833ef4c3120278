"""What a Mac's GPUs say of themselves in the IORegistry: clock, heat, power, fan, busy share.

`ioreg -rc IOAccelerator -d1` needs no administrator's rights. AMD's drivers tell all of it, Apple's
and Intel's only how busy they are. The numbers are the driver's own, which reads its sensors about
once a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.machine import graphics, parsing
from bench.schema import GpuState

MOST = 16

_FACTS = {
    "hz": (("Core Clock(MHz)",), 1e-6, (1, 10_000)),
    "celsius": (("Temperature(C)",), 1.0, (1, 150)),
    "watts": (("Total Power(W)",), 1.0, (0, 2_000)),
    "fan_rpm": (("Fan Speed(RPM)",), 1.0, (0, 30_000)),
    "busy": (("Device Utilization %", "GPU Activity(%)"), 100.0, (0, 100)),
}
"""Of each field: what drivers call it, how many of theirs are one of ours, and from where to where
theirs is believed: drivers say 0 degrees, or the largest number there is, for a sensor that they
cannot read."""

_CLASSES = {"AMD": r"AMD|ATI", "Intel": r"Intel", "Apple": r"AGX", "NVIDIA": r"NV|Ge[Ff]orce"}


@dataclass
class _Entry:
    kind: str = ""
    model: str | None = None
    numbers: dict[str, int] = field(default_factory=dict)


def read(text: str) -> tuple[GpuState, ...]:
    """Each GPU that tells something, in the system's order."""
    found = (_state(entry) for entry in _entries(text))
    return tuple(state for state in found if state)[:MOST]


def used(states: tuple[GpuState, ...]) -> GpuState | None:
    """The one that works, most likely: the busiest, but Intel's only where there is no other,
    because the frameworks pass over it."""
    others = [state for state in states if not (state.name or "").startswith("Intel")]
    return max(others or states, key=lambda state: state.busy or 0.0, default=None)


def _entries(text: str) -> Iterator[_Entry]:
    """Entries begin with `+-o AMDRadeonX6000_...`; text that was cut out may lack that line."""
    entry = _Entry()
    for line in text.splitlines():
        head = re.match(r"[\s|]{0,40}\+-o ([A-Za-z0-9_]{1,80})", line)
        told = re.match(r'[\s|]{0,40}"(PerformanceStatistics|model)"\s{0,4}=\s{0,4}(.*)', line)
        if head or (told and told[1] == "PerformanceStatistics" and entry.numbers):
            yield entry
            entry = _Entry(head[1] if head else "")
        if told and told[1] == "model":
            entry.model = parsing.name(told[2].strip('<>" '))
        elif told:
            pairs = re.findall(r'"([^"]{1,60})"\s?=\s?([0-9]{1,20})(?![0-9.])', told[2][:20_000])
            entry.numbers = {name: int(number) for name, number in pairs}
    yield entry


def _state(entry: _Entry) -> GpuState | None:
    facts = {name: _fact(entry.numbers, *how) for name, how in _FACTS.items()}
    known = {name: value for name, value in facts.items() if value is not None}
    return GpuState(name=_name(entry), **known) if known else None


def _fact(
    numbers: Mapping[str, int], names: tuple[str, ...], theirs: float, ends: tuple[int, int]
) -> float | None:
    told = [numbers[name] for name in names if name in numbers]
    believed = [number for number in told if ends[0] <= number <= ends[1]]
    return max(believed) / theirs if believed else None


def _name(entry: _Entry) -> str | None:
    """`Apple M4`; of a driver that names no model its chip, as in `AMD Navi14`, or its maker."""
    if entry.model:
        maker = graphics.vendor(entry.model)
        return entry.model if not maker or maker in entry.model else f"{maker} {entry.model}"
    chip = re.search(r"_AMD([A-Z][a-z]{2,15}[0-9]{0,2})GraphicsAccelerator$", entry.kind)
    if chip:
        return f"AMD {chip[1]}"
    makers = (maker for maker, start in _CLASSES.items() if re.match(start, entry.kind))
    return next(makers, None)
