"""What computer this is, without anything that identifies its owner."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from bench.machine import captures, linux, macos, parsing
from bench.machine.captures import Captures
from bench.product_names import normal
from bench.schema import Gpu, Machine

_READERS = {"Darwin": macos.read, "Linux": linux.read}


def describe(gpus: Iterable[tuple[str, int | None]] = (), own: str = "") -> Machine:
    """This machine; `gpus` are the names and memory sizes the frameworks reported, `own` is what
    its user calls it."""
    machine = parse(captures.of_machine(), gpus)
    return msgspec.structs.replace(machine, label=f"{own}: {machine.label}") if own else machine


def parse(found: Captures, gpus: Iterable[tuple[str, int | None]] = ()) -> Machine:
    """The machine that captured text describes; never raises: `notes` say what is missing."""
    system = parsing.pairs(found.get("python", "")).get("system", "")
    reader = _READERS.get(system)
    if reader:
        machine = reader(found)
    else:
        note = "No reader for this system: only what frameworks report is known."
        machine = Machine(label="", system=parsing.name(system) or "unknown", notes=(note,))
    return labelled(msgspec.structs.replace(machine, gpus=_merged(machine.gpus, dict(gpus))))


def labelled(machine: Machine) -> Machine:
    """The machine under the name that people read."""
    return msgspec.structs.replace(machine, label=_label(machine))


def _merged(known: tuple[Gpu, ...], reported: dict[str, int | None]) -> tuple[Gpu, ...]:
    """The system's GPUs, completed and followed by those that only a framework knows.

    One calls `AMD Radeon PRO W6800` what the other calls `Radeon Pro W6800`. A device id such
    as `mps` names nothing that the system has not named already.
    """
    sizes = {normal(name): size for name, size in reported.items()}
    completed = [_completed(gpu, sizes.pop(normal(gpu.name), None)) for gpu in known]
    names = {normal(gpu.name) for gpu in known}
    others = [
        Gpu(name=name, memory_bytes=size)
        for name, size in reported.items()
        if normal(name) not in names and not (known and _is_id(name))
    ]
    return (*completed, *others)


def _completed(gpu: Gpu, size: int | None) -> Gpu:
    if gpu.memory_bytes or gpu.unified_memory or not size:
        return gpu
    return msgspec.structs.replace(gpu, memory_bytes=size)


def _is_id(name: str) -> bool:
    return re.fullmatch(r"[a-z]+(?::[0-9]+)?", name) is not None


def _label(machine: Machine) -> str:
    """One line for people: CPU, GPUs, memory."""
    cpu = _plain(machine.cpu or machine.architecture or machine.system)
    names = [_gpu_label(gpu, machine.cpu) for gpu in machine.gpus]
    kinds = {name: names.count(name) for name in names if name}
    gpus = [name if number == 1 else f"{number} x {name}" for name, number in kinds.items()]
    memory = machine.memory_bytes
    return ", ".join((cpu, *gpus, *([f"{memory / 2**30:.0f} GiB"] if memory else [])))


def _gpu_label(gpu: Gpu, cpu: str | None) -> str:
    """Empty where the CPU's name says it too, or the GPU only draws and has no name."""
    if gpu.kind in ("built-in", "virtual") and re.search(r" 0x[0-9a-f]{4}$", gpu.name):
        return ""
    if gpu.name == cpu:
        return f"{gpu.cores}-core GPU" if gpu.cores else ""
    maker = "AMD " if gpu.vendor == "AMD" and gpu.name.startswith(("Radeon", "FirePro")) else ""
    return maker + gpu.name


def _plain(name: str) -> str:
    """`Intel Core i7-9750H` of `Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz`."""
    bare = re.sub(r"\((?:R|TM)\)|\s+CPU(?= @|$)|\s*@ [0-9.]+ ?GHz", "", name)
    return " ".join(bare.split())
