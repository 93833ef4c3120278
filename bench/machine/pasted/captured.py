"""What commands would have said, as far as a pasted text holds it: by their usual names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from bench.machine import parsing
from bench.machine.captures import SYSCTLS, Captures
from bench.machine.graphics import FIRST
from bench.machine.pasted import nvidia_smi
from bench.machine.pasted.products import product

_DARWIN = {20: 11, 21: 12, 22: 13, 23: 14, 24: 15, 25: 26, 26: 27}
"""By the kernel's major version, macOS's (Apple's open source releases of xnu)."""

_MAC = re.compile(
    rf"ProductVersion|System Version: (?:macOS|OS X)|OS: +(?:macOS|Mac ?OS)|{FIRST}:|hw\.model|"
    r"Darwin Kernel|machdep\.cpu|SPDisplaysDataType|SPHardwareDataType|macOS-[0-9]|AGXAccelerator|"
    r"system='Darwin'|system: Darwin|Model Identifier: |gpu-core-count|^Darwin ",
    re.MULTILINE,
)
_LINUX = re.compile(
    r"OS: +(?:Ubuntu|Debian|Fedora|Arch|CentOS|Red Hat|Rocky|Alma|Linux|Pop|openSUSE|Amazon)|"
    r"Linux-[0-9]|^Linux |system='Linux'|system: Linux|^Architecture: |^model name\s*:|NVIDIA-SMI",
    re.MULTILINE,
)
_WINDOWS = re.compile(r"OS: +Microsoft Windows|Windows-1[01]|Windows 1[01]\b|system='Windows'")

_RELEASES = (
    r"(?i:ProductVersion):?\s+([0-9.]{2,9})",
    r"System Version: (?:macOS|OS X) ([0-9.]{2,9})",
    r"OS: +(?:macOS|Mac ?OS X?)(?: [A-Z][a-z]+)? ([0-9.]{2,9})",
    r"macOS-([0-9.]{2,9})-",
    r"\b(?i:mac ?os ?x?|os ?x)(?: [A-Z][a-z]+)?(?i: version)?:? v?([0-9]{2}(?:\.[0-9.]{1,5})?)\b",
)
"""Where texts tell macOS's version, the surest first."""

_ARCHITECTURES = (
    r"(?:macOS|Linux)-[0-9][^\s]{0,80}?-(arm64|x86_64|aarch64)",
    r"OS: .{0,60}(?:\(| )(arm64|x86_64)\)?\s*$",
    r"machine(?:=|: ?)'?(arm64|x86_64|aarch64)",
    r"RELEASE_(ARM64|X86_64)",
    r"^(?:Darwin|Linux) .{0,300}\b(arm64|x86_64|aarch64)\b",
    r"^Architecture:\s+(x86_64|aarch64|arm64)",
)
_LSCPU = (
    *("Architecture", "Model name", "CPU(s)", "Core(s) per socket", "Socket(s)"),
    "Hypervisor vendor",
)
_MADE = "(?:[0-9].{0,30})?(?:Apple|Intel|AMD)"
_AT = r"(?:^\s*|\s{2,})"
"""Where a label stands: alone, or beside the picture that neofetch draws."""
_CHIP = "M[0-9]{1,2}(?: (?:Pro|Max|Ultra))?"
_CPUS = (
    r"^\s*CPU:\s*\n?\s*((?:Apple|Intel|AMD|VirtualApple).{0,60})$",
    rf"{_AT}(?:Chip|Processor|CPU)(?: Model| name)?:?\s+({_MADE}.{{0,60}})$",
    rf"\b(Apple {_CHIP})\b",
    rf"\b(?i:mac[a-z]{{0,8}}(?: ?air| ?pro| ?mini| studio)?)(?: with)?,? ({_CHIP})\b",
)
_GPUS = (
    rf"{_AT}(?:GPU|Graphics)(?: [0-9])?(?: model)?:?\s+(.{{4,90}})$",
    r"Metal device set to: (.{4,60})$",
    r"'device_name': '([^'\n]{4,60})'",
)
_MEMORY = (
    rf"{_AT}(?:Total )?(?:Memory|RAM):?\s+([0-9]{{1,4}} ?[GT]B)\b",
    rf"{_AT}Memory:?\s+[0-9.]{{1,9}} ?[MG]i?B ?/ ?([0-9.]{{1,9}} ?[MG]i?B)",
)
_BYTES = (r"'memory_size': ([0-9]{9,14})\b",)
"""As MLX tells them."""
_IDENTIFIER = (
    r"(?:Model Identifier|hw\.model|machine_model)\W{1,6}([A-Za-z]{3,12}[0-9]{1,2},[0-9]{1,2})\b"
)
_MODELS = (rf"{_AT}(?:Host|Model):?\s+([A-Za-z]{{3,12}}[0-9]{{1,2}},[0-9]{{1,2}})\b",)


def of(text: str) -> Captures:
    """By the names that readers of a machine and its state ask for."""
    lines = text.splitlines()
    system = _system(text)
    profile, sysctl = _profile(text), _sysctl(lines)
    found = {
        "python": _python(text, system),
        "sysctl": sysctl,
        "system_profiler": profile,
        "ioreg": _ioreg(lines),
        "nvidia": nvidia_smi.report(lines),
        "lscpu": _lscpu(lines),
        "cpuinfo": _matching(lines, r"^model name\s*:"),
        "meminfo": _matching(lines, r"^MemTotal:"),
        "nvram": _matching(lines, r"opencore-version\s"),
        "pmset": _matching(lines, r"^\s*(?:low)?powermode\s"),
        "pmset-batt": _matching(lines, r"Now drawing from|InternalBattery"),
        "pmset-therm": _matching(lines, r"CPU_(?:Scheduler|Speed)_Limit|warning level"),
        "accelerators": _matching(lines, r'\+-o |"PerformanceStatistics"|"model"'),
    }
    if system == "Darwin":
        found |= _guessed(text, found)
    return {name: told for name, told in found.items() if told.strip()}


def several(text: str) -> bool:
    """Whether it tells of more than one machine, as a whole thread of an issue does."""
    released = {
        found.rstrip(".") for pattern in _RELEASES[:3] for found in re.findall(pattern, text)
    }
    return len(released) > 1 or len(set(re.findall(_IDENTIFIER, text))) > 1


def _system(text: str) -> str:
    if _MAC.search(text):
        return "Darwin"
    if _WINDOWS.search(text):
        return "Windows"
    if _LINUX.search(text):
        return "Linux"
    return "Darwin" if _first((*_RELEASES, *_CPUS[2:]), text) else ""


def _python(text: str, system: str) -> str:
    told = {"system": system, "machine": _architecture(text, system), "release": ""}
    if system == "Darwin":
        told["release"] = _release(text)
    elif system == "Linux":
        told["release"] = _first((r"Linux-([0-9]{1,2}\.[0-9]{1,3})", r"^Linux \S+ ([0-9.]+)"), text)
    return "".join(f"{name}: {value}\n" for name, value in told.items() if value)


def _architecture(text: str, system: str) -> str:
    found = _first(_ARCHITECTURES, text).lower()
    if found or system != "Darwin":
        return found
    if _first(_CPUS[2:], text):
        return "arm64"
    return "x86_64" if re.search(r"Intel\(R\)|Intel (?:Core|Xeon|i[3579])|AMD Ryzen", text) else ""


def _release(text: str) -> str:
    told = _first(_RELEASES, text)
    kernel = re.search(r"Darwin(?: Kernel Version| \S{1,80}|.{0,40}release=')\s?([0-9]{2})\.", text)
    return told or str(_DARWIN.get(int(kernel[1]), "") if kernel else "")


def _first(patterns: Iterable[str], text: str) -> str:
    found = (re.search(pattern, text, re.MULTILINE) for pattern in patterns)
    return next((one[1] for one in found if one), "")


def _matching(lines: list[str], pattern: str) -> str:
    return "\n".join(line for line in lines if re.search(pattern, line))


def _sysctl(lines: list[str]) -> str:
    """Lines `name: value`, and the value alone below `sysctl -n name`."""
    kept = []
    for at, line in enumerate(lines):
        told = re.match(r"\s*([a-z0-9_.]{6,40})\s*[:=]\s*(\S.*)", line)
        if told and told[1] in SYSCTLS:
            kept.append(f"{told[1]}: {told[2]}")
        asked = re.search(r"sysctl -n ([a-z0-9_.]{6,40})\s*$", line)
        if asked and asked[1] in SYSCTLS and at + 1 < len(lines):
            kept.append(f"{asked[1]}: {lines[at + 1].strip()}")
    return "\n".join(kept)


def _ioreg(lines: list[str]) -> str:
    """The GPU's model, where it is a product's name, and its number of cores."""
    text = "\n".join(lines)
    cores = re.search(r'"gpu-core-count"\s*=\s*[0-9]{1,4}\b', text)
    models = re.finditer(r'"model"\s*=\s*"([^"\n]{1,64})"', text)
    named = next((f'"model" = "{one[1]}"' for one in models if product(one[1])), "")
    return "\n".join(filter(None, (named, cores[0] if cores else "")))


def _lscpu(lines: list[str]) -> str:
    told = parsing.pairs("\n".join(lines))
    fields = [{"field": f"{name}:", "data": told[name]} for name in _LSCPU if name in told]
    return json.dumps({"lscpu": fields}) if "Model name" in told else ""


# --- system_profiler ------------------------------------------------------------------------


def _profile(text: str) -> str:
    """Its JSON, of several blocks what is known of each type, else its text form."""
    found: dict[str, Any] = {}
    for begin in list(re.finditer(r'\{\s*"SP[A-Za-z]{3,40}DataType"', text))[:8]:
        tree, _ = _tree(text[begin.start() :])
        if isinstance(tree, dict):
            for key in ("SPDisplaysDataType", "SPHardwareDataType"):
                found.setdefault(key, parsing.parts(tree, key))
    if any(found.values()):
        return json.dumps(found)
    return _headed(line for line in text.splitlines() if "{" not in line)


def _tree(text: str) -> tuple[Any, bool]:
    """What JSON at the beginning of the text holds, whatever stands behind it."""
    try:
        return json.JSONDecoder().raw_decode(text)[0], True
    except (ValueError, RecursionError):
        return parsing.tree(text)


def _headed(lines: Iterable[str]) -> str:
    """The text form; where people left out the heading of the hardware, it is put back."""
    kept = list(lines)
    if any("Hardware Overview:" in line for line in kept):
        return "\n".join(kept)
    label = re.compile(r"\s*(?:Model Identifier|Model Name|Chip|Processor Name): ")
    at = next((at for at, line in enumerate(kept) if label.match(line)), None)
    if at is not None:
        kept.insert(at, "Hardware Overview:")
    return "\n".join(kept)


# --- what only prose tells ------------------------------------------------------------------


def _guessed(text: str, found: dict[str, str]) -> dict[str, str]:
    """CPU, memory and GPU by a line of prose, where no command tells them."""
    told: dict[str, str] = {}
    sysctl = found["sysctl"].splitlines()
    profile = found["system_profiler"]
    chips = (f"Apple {one}" if re.match("M[0-9]", one) else one for one in _all(_CPUS, text))
    cpu = next(filter(None, map(product, chips)), None)
    if cpu and "machdep.cpu.brand_string" not in found["sysctl"] and '_type"' not in profile:
        sysctl.append(f"machdep.cpu.brand_string: {cpu}")
    model = _first(_MODELS, text)
    if model and "hw.model" not in found["sysctl"] and "machine_model" not in profile:
        sysctl.append(f"hw.model: {model}")
    size = parsing.size(re.sub(r"\s|i(?=B)", "", _first(_MEMORY, text)))
    size = size or parsing.memory(_first(_BYTES, text))
    if size and "hw.memsize" not in found["sysctl"]:
        sysctl.append(f"hw.memsize: {size}")
    told["sysctl"] = "\n".join(sysctl)
    if FIRST not in profile and "SPDisplays" not in profile and not found["ioreg"]:
        names = _graphics(text) or ([cpu] if cpu and cpu.startswith("Apple M") else [])
        told["system_profiler"] = "\n".join([profile, *map(_entry, names)])
    return told


def _entry(name: str) -> str:
    return f"Graphics/Displays:\n      {FIRST}: {name}"


def _graphics(text: str) -> list[str]:
    """GPUs of prose; neofetch names several in one line or in several."""
    parts = (part for line in _all(_GPUS, text) for part in line.split(","))
    bare = (re.sub(r"\s+[0-9]{1,5} ?[GM]B$", "", part.strip()) for part in parts)
    return list(dict.fromkeys(filter(None, map(product, bare))))[:8]


def _all(patterns: Iterable[str], text: str) -> Iterable[str]:
    for pattern in patterns:
        for found in list(re.finditer(pattern, text, re.MULTILINE))[:16]:
            yield found[1].strip()
