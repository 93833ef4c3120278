"""What tells one machine from another, and the twelve digits that stand for it."""

from __future__ import annotations

import hashlib
import json

from bench.schema import Machine


def identity(machine: Machine) -> str:
    """Twelve hexadecimal digits that stay while the machine does."""
    return hashlib.sha256(json.dumps(facts(machine)).encode()).hexdigest()[:12]


def facts(machine: Machine) -> dict[str, object]:
    """What tells two machines apart. Updates of the system do not; nor do some lost bytes."""
    return {
        "machine": machine.label,
        "system": machine.system,
        "architecture": machine.architecture,
        "model": machine.model,
        "CPU": machine.cpu,
        "physical cores": machine.cores_physical,
        "logical cores": machine.cores_logical,
        "GiB of memory": machine.memory_bytes and round(machine.memory_bytes / 2**30),
        "GPUs": ", ".join(gpu.name for gpu in machine.gpus),
        "Rosetta": machine.translated,
        "virtual machine": "none" if machine.hypervisor == "" else machine.hypervisor,
    }
