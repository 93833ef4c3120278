"""The command `machine`: its description, as a person reads it and as a file to send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text

from bench.machine import description, survey
from bench.machine.description import Description
from bench.printable import Screen, printable
from bench.schema import Gpu, Machine


def run(capture: Path | None) -> int:
    """Show this machine, and write its description to the file if one is named. Raises OSError."""
    found = survey.here()
    console = Screen()
    console.print(table(found))
    if capture is not None:
        description.write(capture, found)
        console.print(
            f"\nWritten to {capture}: what stands above, and the version of each package. No user, "
            "host name or serial number is in it; read it before you send it.",
            markup=False,
            highlight=False,
        )
    return 0


def table(found: Description) -> Table:
    """Every fact that is known, a row each."""
    shown = Table(box=None, pad_edge=False, show_header=False)
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in (*_machine(found.machine), *_now(found), *_installed(found)):
        shown.add_row(name, Text(printable(value)))
    return shown


def _machine(machine: Machine) -> Iterator[tuple[str, str]]:
    kinds = ", ".join(f"{kind.count} {kind.name}" for kind in machine.core_kinds)
    counts = ((machine.cores_physical, "physical"), (machine.cores_logical, "logical"))
    cores = ", ".join(f"{number} {word}" for number, word in counts if number)
    system = "macOS" if machine.system == "Darwin" else machine.system
    hypervisor = {None: "", "": "no"}.get(machine.hypervisor, machine.hypervisor or "")
    facts = (
        ("machine", machine.label),
        ("model", machine.model),
        ("CPU", machine.cpu),
        ("cores", f"{cores} ({kinds})" if kinds else cores),
        ("memory", _gibibytes(machine.memory_bytes)),
        *(("GPU", _gpu(gpu)) for gpu in machine.gpus),
        ("GPU", "" if machine.gpus else "none found"),
        ("displays", "" if machine.displays is None else str(machine.displays)),
        ("system", " ".join(filter(None, (system, machine.release, machine.architecture)))),
        (
            "Rosetta",
            {None: "", True: "yes: this Python is translated", False: "no"}[machine.translated],
        ),
        ("virtual machine", hypervisor),
        ("Hackintosh", machine.hackintosh),
        *(("note", note) for note in machine.notes),
    )
    yield from ((name, value) for name, value in facts if value)


def _gpu(gpu: Gpu) -> str:
    own = _gibibytes(gpu.memory_bytes)
    link = f"{gpu.bus or ''}{f' x{gpu.lanes}' if gpu.lanes else ''}".strip()
    facts = (
        gpu.name,
        f"made by {gpu.vendor}" if gpu.vendor and gpu.vendor not in gpu.name else "",
        gpu.kind,
        f"{gpu.cores} cores" if gpu.cores else "",
        "the machine's memory" if gpu.unified_memory else own,
        link if link != "Built-In" else "",
        gpu.metal if gpu.metal is None or "etal" in gpu.metal else f"Metal: {gpu.metal}",
        f"driver {gpu.driver}" if gpu.driver else "",
    )
    return ", ".join(fact for fact in facts if fact)


def _now(found: Description) -> Iterator[tuple[str, str]]:
    told = found.state
    charge = told.get("battery")
    power = [str(told["power"])] if "power" in told else []
    power += [f"charge {charge:.0%}"] if isinstance(charge, float) else []
    power += ["low-power mode"] if told.get("low_power") else []
    power += ["in the background"] if told.get("background") else []
    heavy = (f"{p.count} x {p.name} ({p.cpu_share:.1f} cores)" for p in found.heavy_processes)
    forms = {
        "cpu_hz": ("CPU clock", "{:.3g} GHz", 1e-9),
        "gpu_hz": ("GPU clock", "{:.3g} GHz", 1e-9),
    }
    forms["gpu_celsius"] = ("GPU temperature", "{:.0f} degrees C", 1)
    forms["gpu_watts"] = ("GPU power", "{:.0f} W", 1)
    forms["gpu_fan_rpm"] = ("GPU fan", "{:.0f} rpm", 1)
    forms["gpu_busy"] = ("GPU busy", "{:.0f} %", 100)
    forms["load"] = ("load", "{:.2f}", 1)
    yield from (("power", ", ".join(power)),) if power else ()
    yield from (("heat", str(told["thermal"])),) if "thermal" in told else ()
    for key, (name, form, factor) in forms.items():
        value = told.get(key)
        if isinstance(value, int | float):
            yield name, form.format(value * factor)
    yield "busy programs", ", ".join(heavy) or "none"


def _installed(found: Description) -> Iterator[tuple[str, str]]:
    yield "Python", f"{found.python} {found.python_architecture}"
    for name, packages in found.environments.items():
        yield (
            f"environment {name}",
            f"{len(packages)} packages, Python {packages.get('python', '?')}",
        )
    free = ((found.disk_free_bytes, "of disk"), (found.memory_free_bytes, "of memory"))
    yield "free", ", ".join(f"{_gibibytes(size)} {what}" for size, what in free if size is not None)
    for name, value in found.variables.items():
        yield name, value


def _gibibytes(size: int | None) -> str:
    if size is None:
        return ""
    number = size / 2**30
    return f"{number:,.0f} GiB" if number >= 100 else f"{number:.3g} GiB"
