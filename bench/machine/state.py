"""What the machine is doing now: load, power, heat and clocks, as far as anyone may read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bench.machine import accelerators, background, captures, nvidia, parsing
from bench.machine.captures import Captures
from bench.schema import GpuState

PROFILES = ("low-power", "cool", "quiet", "balanced", "balanced-performance", "performance")
"""Linux's names of its power profiles."""


def read() -> dict[str, Any]:
    """Fields of `schema.State` that can be read here; what cannot be read is absent."""
    return parse(captures.of_state())


def parse(found: Captures) -> dict[str, Any]:
    """The same of captured text; never raises."""
    python = parsing.pairs(found.get("python", ""))
    ways: dict[str, Callable[[Captures], dict[str, Any]]] = {"Darwin": _macos, "Linux": _linux}
    way = ways.get(python.get("system", ""))
    fields = {"load": _load(python), **(way(found) if way else {})}
    return {name: value for name, value in fields.items() if value is not None}


def _load(python: dict[str, str]) -> float | None:
    told = re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,2})?", python.get("load", ""))
    return float(told[0]) if told else None


# --- macOS ----------------------------------------------------------------------------------


def _macos(found: Captures) -> dict[str, Any]:
    battery = found.get("pmset-batt", "")
    drawn = re.search(r"Now drawing from '(AC|Battery|UPS) Power'", battery)
    charge = re.search(r"InternalBattery.{0,200}?\b([0-9]{1,3})%", battery)
    return {
        "power": {"AC": "mains", "Battery": "battery"}.get(drawn[1]) if drawn else None,
        "battery": _share(int(charge[1])) if charge else None,
        "low_power": _low_power(found.get("pmset", "")),
        "background": background.parse(found.get("background", "")),
        "thermal": _thermal(found.get("pmset-therm", "")),
        **_of_gpus(accelerators.read(found.get("accelerators", ""))),
    }


def _of_gpus(states: tuple[GpuState, ...]) -> dict[str, Any]:
    """The figures of the GPU that works; of several, also each one's."""
    works = accelerators.used(states)
    if works is None:
        return {}
    names = ("hz", "celsius", "busy", "watts", "fan_rpm")
    each = {"gpus": states} if len(states) > 1 else {}
    return {**{f"gpu_{name}": getattr(works, name) for name in names}, **each}


def _low_power(settings: str) -> bool | None:
    """Machines with a third, high-power mode call the setting `powermode`, where 1 is low.

    Some name both, or one for each source of power.
    """
    told = re.findall(r"^\s*(?:low)?powermode\s+([0-2])\b", settings, re.MULTILINE)
    return "1" in told if told else None


def _thermal(text: str) -> str | None:
    """The warning of heat, else the lowest limit set to the CPU; `nominal` only where told so.

    A Mac that was never hot notes that there was no warning, and Apple's chips no limit either.
    """
    kinds = "thermal", "performance"
    warned = re.findall(rf"({'|'.join(kinds)}) warning level\s*(?:=|set to)\s*([0-9]+)", text, re.I)
    levels = [(int(level[:4]), kind.lower()) for kind, level in warned]
    told = re.findall(r"CPU_(Scheduler|Speed)_Limit\s*=\s*(\S*)", text)
    limits = [(int(n), kind.lower()) for kind, n in told if re.fullmatch("[0-9]{1,3}", n)]
    if levels and max(levels)[0] > 0:
        return "{1} warning level {0}".format(*max(levels))
    if limits and min(limits)[0] < 100:
        return "CPU {1} limit {0} %".format(*min(limits))
    quiet = all(f"No {kind} warning level has been" in text for kind in kinds)
    return "nominal" if len(limits) == len(told) and (limits or quiet) else None


# --- Linux ----------------------------------------------------------------------------------


def _linux(found: Captures) -> dict[str, Any]:
    clocks = re.findall(
        r"^cpu MHz\s*:\s*([0-9]{1,5}(?:\.[0-9]{1,6})?)", found.get("cpuinfo", ""), re.M
    )
    profile = found.get("acpi", "").strip()
    return {
        **_supplies(parsing.pairs(found.get("power_supply", ""))),
        "low_power": profile == "low-power" if profile in PROFILES else None,
        # The fastest core's: an idle one says nothing about those that work.
        "cpu_hz": max(float(clock) for clock in clocks) * 1e6 or None if clocks else None,
        **_gpu(found),
    }


def _supplies(files: dict[str, str]) -> dict[str, Any]:
    """Power source and charge, without supplies that feed one device only, such as a mouse."""
    supplies: dict[str, dict[str, str]] = {}
    for path, value in files.items():
        name, _, fact = path.rpartition("/")
        supplies.setdefault(name, {})[fact] = value
    feeding = [s for s in supplies.values() if s.get("scope") != "Device"]
    batteries = [s for s in feeding if s.get("type") == "Battery"]
    mains = [s.get("online") for s in feeding if s.get("type") in ("Mains", "USB")]
    charges = [c for s in batteries if (c := parsing.count(s.get("capacity"))) is not None]
    power = None
    if any(online not in (None, "0") for online in mains):
        power = "mains"
    elif any(s.get("status") == "Discharging" for s in batteries):
        power = "battery"
    elif batteries and any(s.get("status") in ("Charging", "Full") for s in batteries):
        power = "mains"
    return {"power": power, "battery": _share(min(charges)) if charges else None}


def _gpu(found: Captures) -> dict[str, Any]:
    """The busiest GPU."""
    seen = nvidia.read(found.get("nvidia", ""))
    if seen:
        one = max(seen, key=lambda gpu: gpu.busy or 0.0)
        return {"gpu_hz": one.hz, "gpu_celsius": one.celsius, "gpu_busy": one.busy}
    cards: dict[str, dict[str, int]] = {}
    for path, value in parsing.pairs(found.get("amdgpu", "")).items():
        card, _, rest = path.partition("/")
        number = re.fullmatch(r"[0-9]{1,11}", value)
        if number:
            cards.setdefault(card, {}).setdefault(rest.rpartition("/")[2], int(number[0]))
    return _of_gpus(tuple(_amdgpu(facts) for facts in cards.values())[: accelerators.MOST])


def _amdgpu(facts: dict[str, int]) -> GpuState:
    """Of one card: Linux counts millidegrees and microwatts."""
    millidegrees, microwatts = facts.get("temp1_input"), facts.get("power1_average")
    busy, rpm = facts.get("gpu_busy_percent"), facts.get("fan1_input")
    return GpuState(
        name="AMD",
        hz=float(facts["freq1_input"]) if facts.get("freq1_input") else None,
        celsius=millidegrees / 1000 if millidegrees else None,
        watts=microwatts / 1e6 if microwatts else None,
        fan_rpm=float(rpm) if rpm is not None else None,
        busy=_share(busy) if busy is not None else None,
    )


def _share(percent: int) -> float | None:
    return percent / 100 if percent <= 100 else None
