"""A Mac, from what its own commands say of it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from bench.environments.platforms import disguised
from bench.machine import graphics, hackintosh, parsing
from bench.machine.captures import SYSCTLS, Captures
from bench.schema import CoreKind, Gpu, Machine

MOST_LEVELS = 4

_OVERVIEW = {
    "Model Identifier": "machine_model",
    "Chip": "chip_type",
    "Processor Name": "cpu_type",
    "Total Number of Cores": "number_processors",
    "Memory": "physical_memory",
}
"""The text form's labels, and the JSON form's keys for the same."""

_HEADINGS = {f"{section}:" for section in graphics.SECTIONS}


def read(captures: Captures) -> Machine:
    """All that the captures tell, without a label; never raises."""
    python = parsing.pairs(captures.get("python", ""))
    told = parsing.pairs(captures.get("sysctl", ""))
    sysctl = {name: told[name] for name in SYSCTLS if name in told}
    hardware = _hardware(captures.get("system_profiler", ""))
    seen = graphics.read(captures.get("system_profiler", ""))
    cpu = _cpu(sysctl, hardware)
    model = parsing.model(sysctl.get("hw.model")) or parsing.model(hardware.get("machine_model"))
    physical = parsing.count(sysctl.get("hw.physicalcpu")) or _processors(hardware)
    gpus = _with_cores(seen.gpus, captures.get("ioreg", ""))
    notes = list(seen.notes) if seen.gpus or not gpus else []
    if not sysctl:
        notes.append("sysctl did not answer: CPU and memory may be missing.")
    return Machine(
        label="",
        system="Darwin",
        release=_release(captures, python),
        architecture=_architecture(sysctl, python),
        model=model,
        cpu=cpu,
        cores_physical=physical or parsing.count(python.get("physical")),
        cores_logical=parsing.count(sysctl.get("hw.logicalcpu"))
        or parsing.count(python.get("logical")),
        memory_bytes=parsing.memory(sysctl.get("hw.memsize"))
        or parsing.size(hardware.get("physical_memory"))
        or parsing.memory(python.get("memory")),
        gpus=gpus,
        core_kinds=_core_kinds(sysctl) or _told_kinds(hardware),
        translated=_translated(sysctl),
        hypervisor=_hypervisor(sysctl, model, cpu, seen.gpus),
        hackintosh=hackintosh.evidence(model, cpu, captures.get("nvram", "")),
        displays=seen.displays,
        notes=tuple(notes),
    )


def _hardware(text: str) -> dict[str, Any]:
    """The hardware overview; it also holds serial numbers, which nothing here asks for."""
    if "{" not in text:
        return _overview(text)
    parts = parsing.parts(parsing.tree(text)[0], "SPHardwareDataType")
    return parts[0] if parts else {}


def _overview(text: str) -> dict[str, Any]:
    """The same of the text form: it ends where less is indented, or the next section begins."""
    _, heading, after = text.partition("Hardware Overview:")
    found: dict[str, Any] = {}
    begun_at = 0
    for line in filter(str.strip, after.splitlines()):
        label, _, value = (part.strip() for part in line.partition(":"))
        indent = len(line) - len(line.lstrip())
        begun_at = begun_at or indent
        if indent < begun_at or label == graphics.FIRST or line.strip() in _HEADINGS:
            break
        if label in _OVERVIEW and value:
            found.setdefault(_OVERVIEW[label], value)
    return found if heading else {}


def _cpu(sysctl: dict[str, str], hardware: dict[str, Any]) -> str | None:
    # Rosetta may show programs a CPU by the name of VirtualApple.
    brand = sysctl.get("machdep.cpu.brand_string", "")
    chip = (hardware.get("chip_type"), hardware.get("cpu_type"))
    names = (*chip, brand) if brand.startswith("VirtualApple") else (brand, *chip)
    known = (name for name in names if name and name != "Unknown")
    return next(filter(None, map(parsing.name, known)), None)


def _release(captures: Captures, python: dict[str, str]) -> str | None:
    told = (
        parsing.pairs(captures.get("sw_vers", "")).get("ProductVersion", ""),
        python.get("release", ""),
    )
    return next((v for one in told if (v := parsing.version(one)) and not disguised(v)), None)


def _architecture(sysctl: dict[str, str], python: dict[str, str]) -> str | None:
    """What the running Python is made for; where that is unknown, what the CPU is."""
    if python.get("machine") in ("arm64", "x86_64"):
        return python["machine"]
    return {"1": "arm64", "0": "x86_64"}.get(sysctl.get("hw.optional.arm64", ""))


def _processors(hardware: dict[str, Any]) -> int | None:
    """12 of `proc 12:8:4`, of `12 (8 performance and 4 efficiency)`, or of 12."""
    told = re.fullmatch(
        r"(?:proc )?([0-9]{1,4})(?::[0-9:]*)?(?: \([A-Za-z0-9 ]*\))?",
        str(hardware.get("number_processors")),
    )
    return int(told[1]) or None if told else None


def _core_kinds(sysctl: dict[str, str]) -> tuple[CoreKind, ...]:
    """By the system's own names: the second level is Efficiency on one chip, Performance on
    another. A level without a name goes by its number."""
    kinds = []
    for level in range(MOST_LEVELS):
        number = parsing.count(sysctl.get(f"hw.perflevel{level}.physicalcpu"))
        name = parsing.name(sysctl.get(f"hw.perflevel{level}.name", ""))
        if number:
            kinds.append(CoreKind(name=name or f"level {level}", count=number))
    return tuple(kinds)


def _told_kinds(hardware: dict[str, Any]) -> tuple[CoreKind, ...]:
    """8 and 2 of the text form's `10 (8 performance and 2 efficiency)`."""
    told = str(hardware.get("number_processors"))
    found = re.findall(r"\b([0-9]{1,3}) (super|performance|efficiency)\b", told, re.IGNORECASE)
    return tuple(CoreKind(name=name.capitalize(), count=int(n)) for n, name in found[:MOST_LEVELS])


def _translated(sysctl: dict[str, str]) -> bool | None:
    """Systems that cannot translate do not have the name at all."""
    if not sysctl:
        return None
    return {"1": True, "0": False}.get(sysctl.get("sysctl.proc_translated", "0"))


def _hypervisor(
    sysctl: dict[str, str], model: str | None, cpu: str | None, gpus: tuple[Gpu, ...]
) -> str | None:
    """The maker; empty where the system runs on the machine itself."""
    names = " ".join(filter(None, (model, cpu, *(gpu.name for gpu in gpus))))
    makers = {
        "Apple": r"VirtualMac|Apple Paravirtual|\(Virtual\)",
        "VMware": "VMware",
        "Parallels": "Parallels",
    }
    for maker, pattern in makers.items():
        if re.search(pattern, names):
            return maker
    present = sysctl.get("kern.hv_vmm_present")
    return {"0": "", "1": "unknown maker"}.get(present or "")


def _with_cores(gpus: tuple[Gpu, ...], ioreg: str) -> tuple[Gpu, ...]:
    """The GPUs, Apple's with its number of cores where only the IORegistry tells it."""
    found = re.search(r'"gpu-core-count"\s*=\s*([0-9]{1,4})\b', ioreg)
    named = re.search(r'"model"\s*=\s*"([^"\n]{1,64})"', ioreg)
    cores = int(found[1]) if found else 0
    name = parsing.name(named[1]) if named else None
    if not gpus and name:
        maker = graphics.vendor(name)
        ours = maker == "Apple"  # of whose GPUs none has memory of its own
        return (
            Gpu(
                name=name,
                vendor=maker,
                kind="built-in" if ours else None,
                unified_memory=True if ours else None,
                cores=cores or None,
            ),
        )
    return tuple(
        msgspec.structs.replace(gpu, cores=cores)
        if cores and gpu.vendor == "Apple" and not gpu.cores and gpu.kind != "virtual"
        else gpu
        for gpu in gpus
    )
