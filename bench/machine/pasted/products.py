"""Which words of a pasted text are a product's: all others may name a person or one single device.

A maker's new word is left out until it stands here; a person's name never passes.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from bench.machine import linux, parsing
from bench.schema import Gpu, Machine

_PRODUCTS = """
apple amd ati intel nvidia radeon firepro geforce quadro tesla titan rtx gtx gt gts rx
r r5 r7 r9 pro max ultra duo vega ii iii vii xt xtx gre le iris plus xe uhd hd graphics arc core
xeon platinum gold silver bronze ryzen threadripper epyc athlon celeron pentium cpu processor gen
virtualapple virtual paravirtual device display vmware svga parallels virtio qxl
server workstation edition blackwell ada generation laptop gpu q super ti sxm pcie nvl black
mobile with series fury nano frontier dual quad six eight ten twelve w e m t p g x d
"""
_WORDS = set(_PRODUCTS.split())
_MODEL = re.compile(r"[A-Za-z]{0,3}[0-9]{1,5}[A-Za-z]{0,4}")
_SPEED = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\s?GHz", re.IGNORECASE)
_MAC = re.compile(
    r"(?:MacBookPro|MacBookAir|MacBook|MacPro|Macmini|iMacPro|iMac|Mac|VirtualMac|VMware|Parallels)"
    r"[0-9]{1,2},[0-9]{1,2}"
)
_METAL = re.compile(
    r"Metal [0-9]|(?:GPUFamily |macOS GPUFamily)[A-Za-z0-9 ]{1,12}|(?:not )?supported"
)
_HEAT = re.compile(
    r"nominal|fair|serious|critical|CPU (?:speed|scheduler) limit [0-9]{1,3} %"
    r"|(?:thermal|performance) warning level [0-9]{1,4}"
)
_KINDS = ("Super", "Performance", "Efficiency", "level 0", "level 1", "level 2", "level 3")
_SYSTEMS = ("Darwin", "Linux", "Windows")
_HYPERVISORS = ("", "Apple", "VMware", "Parallels", *linux.HYPERVISORS, "unknown maker")
_CORE_NAMES = (*_KINDS, "cpu_core", "cpu_atom")


def product(text: object) -> str | None:
    """The name, if every word of it is one of products' names."""
    name = parsing.name(text)
    bare = re.sub(r"\((?:R|TM)\)|@", " ", _SPEED.sub(" ", name or ""), flags=re.IGNORECASE)
    words = re.findall(r"[^\s()/_,.+\[\]-]+", bare)
    known = all(word.lower() in _WORDS or _MODEL.fullmatch(word) for word in words)
    telling = any(len(word) > 1 and word.lower() in _WORDS for word in words)
    return name if known and telling else None


def only_products(machine: Machine) -> Machine:
    """The machine without any name that is not known to be a product's."""
    gpus = tuple(_gpu(gpu) for gpu in machine.gpus if product(gpu.name))
    kinds = tuple(kind for kind in machine.core_kinds if kind.name in _CORE_NAMES)
    lost = len(gpus) < len(machine.gpus) or bool(machine.cpu and not product(machine.cpu))
    return msgspec.structs.replace(
        machine,
        label="",
        gpus=gpus,
        core_kinds=kinds,
        cpu=product(machine.cpu),
        model=machine.model if _MAC.fullmatch(machine.model or "") else None,
        release=parsing.version(machine.release or ""),
        system=machine.system if machine.system in _SYSTEMS else "unknown",
        architecture=architecture(machine.architecture),
        hypervisor=machine.hypervisor if machine.hypervisor in _HYPERVISORS else None,
        notes=("A name that is not known to be a product's was left out.",) if lost else (),
    )


def architecture(told: str | None) -> str | None:
    """The word, if it is a processor's."""
    return told if told in ("arm64", "x86_64", "aarch64") else None


def only_figures(told: dict[str, Any]) -> dict[str, Any]:
    """A machine's state; GPUs in it under names of products or none."""
    gpus = told.get("gpus")
    named = [msgspec.structs.replace(gpu, name=product(gpu.name)) for gpu in gpus or ()]
    kept = {**told, "gpus": tuple(named)} if gpus else dict(told)
    if not _HEAT.fullmatch(str(kept.get("thermal", "nominal"))):
        del kept["thermal"]
    return kept


def _gpu(gpu: Gpu) -> Gpu:
    return msgspec.structs.replace(
        gpu,
        vendor=gpu.vendor if gpu.vendor in ("Apple", "AMD", "Intel", "NVIDIA") else None,
        bus=gpu.bus if gpu.bus in ("PCIe", "Built-In", "Thunderbolt") else None,
        device_id=parsing.device_id(gpu.device_id),
        metal=gpu.metal if _METAL.fullmatch(gpu.metal or "") else None,
        driver=parsing.version(gpu.driver or ""),
    )
