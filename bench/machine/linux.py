"""A Linux machine, from /proc, /sys and the commands that describe it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from bench.machine import nvidia, parsing
from bench.machine.captures import Captures
from bench.schema import CoreKind, Gpu, Machine

_MAKERS = {"0x1002": "AMD", "0x10de": "NVIDIA", "0x8086": "Intel"}
_VIRTUAL = {"0x1af4": "virtio", "0x15ad": "VMware", "0x1b36": "QXL", "0x1234": "Bochs"}
"""PCI vendors of graphics that a hypervisor makes up."""

_WIDTHS = ("current_link_width", "max_link_width")
"""Lanes: those in use, else those that the GPU could use."""

HYPERVISORS = {
    "KVM": r"\bKVM\b|QEMU",
    "VMware": "VMware",
    "VirtualBox": "VirtualBox|innotek",
    "Xen": r"\bXen\b",
    "Microsoft": "Microsoft|Hyper-V|Windows Subsystem",
    "Apple": "Apple Virtualization",
    "Parallels": "Parallels",
    "Google": "Google Compute Engine",
}
"""Words by which a virtual machine's maker is known."""


def read(captures: Captures) -> Machine:
    """All that the captures tell, without a label; never raises."""
    python = parsing.pairs(captures.get("python", ""))
    lscpu, whole = _lscpu(captures.get("lscpu", ""))
    cpuinfo = parsing.pairs(captures.get("cpuinfo", ""))
    dmi = parsing.pairs(captures.get("dmi", ""))
    drm = parsing.pairs(captures.get("drm", ""))
    gpus, notes = _gpus(captures, drm)
    cpu = parsing.name(lscpu.get("Model name", "")) or parsing.name(cpuinfo.get("model name", ""))
    if "lscpu" in captures and not whole:
        notes.append("What lscpu says is cut off or damaged.")
    if cpu is None:
        notes.append("Neither lscpu nor /proc/cpuinfo tells the CPU's name.")
    return Machine(
        label="",
        system="Linux",
        release=parsing.version(python.get("release", "")),
        architecture=_architecture(lscpu, python),
        model=_model(dmi),
        cpu=cpu,
        cores_physical=_cores(lscpu) or parsing.count(python.get("physical")),
        cores_logical=parsing.count(lscpu.get("CPU(s)")) or parsing.count(python.get("logical")),
        memory_bytes=_memory(captures.get("meminfo", "")) or parsing.memory(python.get("memory")),
        gpus=tuple(gpus),
        core_kinds=_core_kinds(parsing.pairs(captures.get("cpus", ""))),
        hypervisor=_hypervisor(lscpu, cpuinfo, dmi),
        displays=_displays(drm),
        notes=tuple(notes),
    )


# --- processor ------------------------------------------------------------------------------


def _lscpu(text: str) -> tuple[dict[str, str], bool]:
    """Fields with their values; newer versions nest them."""
    tree, whole = parsing.tree(text)
    return dict(_fields(parsing.parts(tree, "lscpu"))), whole


def _fields(parts: list[dict[str, Any]], depth: int = 0) -> Iterator[tuple[str, str]]:
    for part in parts:
        field, data = part.get("field"), part.get("data")
        if isinstance(field, str) and isinstance(data, str):
            yield field.rstrip(":"), data
        if depth < 4:
            yield from _fields(parsing.parts(part, "children"), depth + 1)


def _cores(lscpu: dict[str, str]) -> int | None:
    per_socket = parsing.count(lscpu.get("Core(s) per socket"))
    sockets = parsing.count(lscpu.get("Socket(s)"))
    return per_socket * sockets or None if per_socket and sockets else None


def _core_kinds(cpus: dict[str, str]) -> tuple[CoreKind, ...]:
    """Cores of Intel's hybrid CPUs, by the system's words; where threads of one core cannot be told
    from cores, none."""
    kinds = []
    for kind in ("cpu_core", "cpu_atom"):
        cores = {
            cpus.get(f"system/cpu/cpu{cpu}/topology/thread_siblings_list")
            for cpu in _cpu_list(cpus.get(f"{kind}/cpus", ""))
        }
        if None in cores:
            return ()
        if cores:
            kinds.append(CoreKind(name=kind, count=len(cores)))
    return tuple(kinds)


def _cpu_list(text: str) -> list[int]:
    """0, 1, 2 and 5 of `0-2,5`; empty for anything else."""
    spans = [re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", span) for span in text.split(",")]
    if not all(spans):
        return []
    return [n for span in spans if span for n in range(int(span[1]), int(span[2] or span[1]) + 1)]


def _architecture(lscpu: dict[str, str], python: dict[str, str]) -> str | None:
    told = python.get("machine") or lscpu.get("Architecture", "")
    return told if told in ("x86_64", "aarch64", "arm64", "i686", "ppc64le", "riscv64") else None


def _memory(meminfo: str) -> int | None:
    found = re.search(r"^MemTotal:\s*([0-9]{1,14}) kB", meminfo, re.MULTILINE)
    return parsing.memory(int(found[1]) * 1024) if found else None


def _model(dmi: dict[str, str]) -> str | None:
    """What the maker calls the computer; many write only that nobody filled it in."""
    told = parsing.name(dmi.get("product_name", ""))
    empty = r"to be filled|default string|system product|not (applicable|specified)|o\.?e\.?m|^\W*$"
    return None if told is None or re.search(empty, told, re.IGNORECASE) else told


def _hypervisor(lscpu: dict[str, str], cpuinfo: dict[str, str], dmi: dict[str, str]) -> str | None:
    """The maker; empty where the CPU says that there is none."""
    said = lscpu.get("Hypervisor vendor")
    for words in (said or "", " ".join(dmi.get(key, "") for key in ("sys_vendor", "product_name"))):
        for maker, pattern in HYPERVISORS.items():
            # Microsoft also makes computers.
            if re.search(pattern, words) and (said or "Surface" not in words):
                return maker
    flags = f" {lscpu.get('Flags') or cpuinfo.get('flags') or ''} "
    if said or " hypervisor " in flags:
        return "unknown maker"
    return "" if flags.strip() else None  # only x86 has such flags


# --- graphics -------------------------------------------------------------------------------


def _gpus(captures: Captures, drm: dict[str, str]) -> tuple[list[Gpu], list[str]]:
    """NVIDIA's by its driver, the others by the kernel, and what is not known of them."""
    notes = []
    found = [seen.gpu for seen in nvidia.read(captures.get("nvidia", ""))]
    others = list(_kernel_gpus(drm, _compute_units(captures.get("kfd", ""))))
    if found:
        others = [gpu for gpu in others if gpu.vendor != "NVIDIA"]
    elif any(gpu.vendor == "NVIDIA" for gpu in others):
        notes.append("NVIDIA's driver does not answer: its GPUs are known by their ids alone.")
    return found + _named(others, captures.get("rocm-smi", "")), notes


def _compute_units(kfd: str) -> dict[str, int]:
    """Compute units of AMD's GPUs by PCI address, from the nodes of the driver for computing."""
    found = {}
    for line in kfd.splitlines():
        words = line.partition(": ")[2].split()
        told = dict(zip(words[::2], words[1::2], strict=False))
        wanted = ("simd_count", "simd_per_cu", "location_id", "domain")
        simds, of_unit, place, domain = (parsing.count(told.get(name)) for name in wanted)
        if simds and of_unit and place is not None and domain is not None:
            # The kernel packs bus, device and function into one number.
            address = f"{domain:04x}:{place >> 8:02x}:{place >> 3 & 31:02x}.{place & 7}"
            found[address] = simds // of_unit
    return found


def _kernel_gpus(drm: dict[str, str], units: dict[str, int]) -> Iterator[Gpu]:
    for key in drm:
        card = re.fullmatch(r"(card[0-9]{1,3})/device/vendor", key)
        if card:
            facts = {
                name: drm.get(f"{card[1]}/device/{name}", "")
                for name in ("vendor", "device", *_WIDTHS, "mem_info_vram_total", "uevent")
            }
            yield from _kernel_gpu(facts, units)


def _kernel_gpu(facts: dict[str, str], units: dict[str, int]) -> Iterator[Gpu]:
    device = re.fullmatch(r"0x[0-9a-fA-F]{4}", facts["device"])
    maker = _MAKERS.get(facts["vendor"])
    virtual = _VIRTUAL.get(facts["vendor"])
    # Others, such as a server's management chip, draw a console and compute nothing.
    if not device or not (maker or virtual):
        return
    integrated = maker == "Intel" and "PCI_SLOT_NAME=0000:00:" in facts["uevent"]
    # The kernel writes 255 where it does not know.
    widths = [w for name in _WIDTHS if (w := parsing.count(facts[name])) and w <= 32]
    lanes = None if integrated or not widths else widths[0]
    address = re.search(r"PCI_SLOT_NAME=(\S{12})(?:\s|$)", facts["uevent"])
    kind: Literal["built-in", "virtual"] | None = "built-in" if integrated else None
    yield Gpu(
        name=f"{maker or virtual} {device[0].lower()}",
        vendor=maker,
        kind="virtual" if virtual else kind,
        memory_bytes=None if integrated else parsing.memory(facts["mem_info_vram_total"]),
        unified_memory=True if integrated else None,
        cores=units.get(address[1]) or None if address and maker == "AMD" else None,
        bus="PCIe" if lanes else None,
        lanes=lanes,
    )


def _named(gpus: list[Gpu], rocm: str) -> list[Gpu]:
    """AMD's GPUs under `rocm-smi`'s names for them, where it sees as many as the kernel."""
    tree, _ = parsing.tree(rocm)
    cards = list(tree.values()) if isinstance(tree, dict) else []
    names = [_series(card) for card in cards if isinstance(card, dict)]
    known = [name for name in names if name]
    ours = [gpu for gpu in gpus if gpu.vendor == "AMD"]
    if not ours:
        return gpus + [Gpu(name=name, vendor="AMD") for name in known[:16]]
    if len(known) != len(ours):
        return gpus
    named = iter(known)
    return [
        msgspec.structs.replace(gpu, name=next(named)) if gpu.vendor == "AMD" else gpu
        for gpu in gpus
    ]


def _series(card: dict[str, Any]) -> str | None:
    told = {str(key).lower(): value for key, value in card.items()}
    return parsing.name(told.get("card series", ""))


def _displays(drm: dict[str, str]) -> int | None:
    """Connectors with something on them; None where the kernel shows no connector."""
    connectors = [
        value for key, value in drm.items() if re.fullmatch(r"card[^/]*-[^/]*/status", key)
    ]
    return connectors.count("connected") if connectors else None
