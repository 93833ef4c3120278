"""GPUs of a Mac, from what `system_profiler` says of them as JSON or as text.

Only keys decide: in a Mac's own language the words are others, the keys are not. The text form has
no keys, so it is understood in English alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from bench.machine import parsing
from bench.schema import Gpu

Kind = Literal["built-in", "discrete", "external", "virtual"]

MOST = 16

FIRST = "Chipset Model"
"""Of the text form: the label every GPU begins with."""

LABELS = {
    FIRST: "sppci_model",
    "Type": "sppci_device_type",
    "Bus": "sppci_bus",
    "PCIe Lane Width": "spdisplays_pcie_width",
    "VRAM (Total)": "spdisplays_vram",
    "VRAM (Dynamic, Max)": "spdisplays_vram_shared",
    "Vendor": "spdisplays_vendor",
    "Device ID": "spdisplays_device-id",
    "Total Number of Cores": "sppci_cores",
    "Metal Support": "spdisplays_mtlgpufamilysupport",
    "Metal Family": "spdisplays_metalfamily",
    "Metal": "spdisplays_metal",
}
"""The text form's labels, and the JSON form's keys for the same."""

SECTIONS = ("Graphics/Displays", "Hardware", "Hardware Overview", "Software", "Memory")
"""Headings that end a GPU where a text has lost its indentation."""

_VENDORS = {
    "Apple": r"apple|0x106b|0x05ac",
    "AMD": r"amd|\bati\b|0x1002|radeon",
    "NVIDIA": r"nvidia|0x10de|geforce|quadro",
    "Intel": r"intel|0x8086",
}

_KINDS: dict[str, Kind] = {
    "Built-In": "built-in",
    "PCIe": "discrete",
    "Thunderbolt": "external",
}


@dataclass(frozen=True)
class Graphics:
    """What was understood, and whether something was not."""

    gpus: tuple[Gpu, ...] = ()
    displays: int | None = None
    notes: tuple[str, ...] = ()


def read(text: str) -> Graphics:
    """GPUs and the number of displays, from either form."""
    if not text.strip():
        return Graphics(notes=("system_profiler did not answer: the GPUs are unknown.",))
    notes = []
    if "{" in text:
        tree, whole = parsing.tree(text)
        entries = parsing.parts(tree, "SPDisplaysDataType")
        if not whole:
            notes.append("What system_profiler says is cut off or damaged: GPUs may be missing.")
    else:
        entries = list(_entries(text))
    gpus = tuple(gpu for entry in entries[:MOST] if (gpu := _gpu(entry)))
    if not gpus:
        notes.append("No GPU was recognised in what system_profiler says.")
    elif len(gpus) < len(entries):
        notes.append("A GPU without a usable name was left out.")
    displays = sum(map(_displays, entries))
    # Of none the text form says nothing, and neither does one that ends too early.
    known = gpus and not notes and (displays or "{" in text)
    return Graphics(gpus, displays if known else None, tuple(notes))


def vendor(*words: object) -> str | None:
    """The maker that the first telling word names, as in `sppci_vendor_amd` or `AMD (0x1002)`."""
    for word in words:
        for maker, pattern in _VENDORS.items():
            if re.search(pattern, str(word or ""), re.IGNORECASE):
                return maker
    return None


def _entries(text: str) -> Iterator[dict[str, Any]]:
    """GPUs of the text form: each begins with its chipset and ends where less is indented."""
    entry: dict[str, Any] = {}
    begun_at = 0
    displays_at: int | None = None
    for line in filter(str.strip, text.splitlines()):
        label, _, value = (part.strip() for part in line.partition(":"))
        indent = len(line) - len(line.lstrip())
        if displays_at is not None and indent > displays_at:
            if label == "Resolution":
                entry.setdefault("spdisplays_ndrvs", []).append({})
            continue
        displays_at = indent if label == "Displays" and not value else None
        ended = indent < begun_at or (label in SECTIONS and not value)
        if entry and (ended or label == FIRST):
            yield entry
            entry = {}
        if label == FIRST:
            begun_at = indent
        if label in LABELS and value and (entry or label == FIRST):
            entry.setdefault(LABELS[label], value)
    if entry:
        yield entry


def _gpu(entry: dict[str, Any]) -> Gpu | None:
    names = (entry.get("sppci_model"), entry.get("_name"))
    # The second may be an internal word, as in kHW_IntelUHDGraphics630Item.
    usable = (name for name in names if name and not str(name).startswith("kHW_"))
    name = next(filter(None, map(parsing.name, usable)), None)
    if name is None:
        return None
    maker = vendor(entry.get("spdisplays_vendor"), name)
    own = parsing.size(entry.get("spdisplays_vram"))
    kind = _kind(entry, name)
    shared = maker == "Apple" or "spdisplays_vram_shared" in entry
    if maker in ("AMD", "NVIDIA") and kind in ("discrete", "external"):
        # Systems before macOS 10.15 say of some of these, too, that their memory is dynamic.
        own, shared = own or parsing.size(entry.get("spdisplays_vram_shared")), False
    unified = True if shared else (False if own else None)
    return Gpu(
        name=name,
        vendor=maker,
        memory_bytes=None if unified or kind == "virtual" else own,
        kind=kind,
        unified_memory=None if kind == "virtual" else unified,
        cores=parsing.count(entry.get("sppci_cores")) or None if maker == "Apple" else None,
        bus=_bus(entry),
        lanes=parsing.lanes(entry.get("spdisplays_pcie_width")),
        device_id=parsing.device_id(entry.get("spdisplays_device-id")),
        metal=_metal(entry),
    )


def _kind(entry: dict[str, Any], name: str) -> Kind | None:
    if re.search("paravirtual|virtio|vmware|parallels|qxl|svga", name, re.IGNORECASE):
        return "virtual"
    if _says(entry, "sppci_device_type", "egpu|external"):
        return "external"
    return _KINDS.get(_bus(entry) or "")


def _bus(entry: dict[str, Any]) -> str | None:
    words = {"Built-In": "built-?in", "Thunderbolt": "_tb_|thunderbolt", "PCIe": "pcie?"}
    found = (bus for bus, pattern in words.items() if _says(entry, "sppci_bus", pattern))
    return next(found, None)


def _metal(entry: dict[str, Any]) -> str | None:
    """The Metal version or family in one form, whatever the age of the system that names it."""
    keys = ("spdisplays_mtlgpufamilysupport", "spdisplays_metalfamily", "spdisplays_metal")
    said = " ".join(str(entry[key]) for key in keys if entry.get(key))
    forms = (
        (r"metal[ _]?([0-9])(?![0-9])", "Metal {}"),
        (r"mtlgpufamily(?:macos|mac)([0-9])", "GPUFamily macOS {}"),
        (r"GPUFamily macOS ([0-9])", "GPUFamily macOS {}"),
        (r"mtlgpufamilycommon([0-9])", "GPUFamily Common {}"),
        (r"GPUFamily Common ([0-9])", "GPUFamily Common {}"),
        (r"GPUFamily(?:Apple| Apple )([0-9]{1,2})", "GPUFamily Apple {}"),
        (r"metalfeaturesetfamily([0-9])([0-9])", "macOS GPUFamily{} v{}"),
        (r"macOS GPUFamily([0-9]) v([0-9])", "macOS GPUFamily{} v{}"),
        (r"not ?supported|unsupported|no support", "not supported"),
        (r"supported", "supported"),
    )
    for pattern, form in forms:
        found = re.search(pattern, said, re.IGNORECASE)
        if found:
            return form.format(*found.groups())
    return None


def _says(entry: dict[str, Any], key: str, pattern: str) -> bool:
    return re.search(pattern, str(entry.get(key, "")), re.IGNORECASE) is not None


def _displays(entry: dict[str, Any]) -> int:
    """Displays of one GPU that are connected and on; a free connector is listed beside them."""
    return sum(
        driver.get("spdisplays_online") != "spdisplays_no"
        and driver.get("spdisplays_status") != "spdisplays_not_connected"
        for driver in parsing.parts(entry, "spdisplays_ndrvs")
    )
