"""How much memory the cases of a run will take, before anything is built."""

from __future__ import annotations

from collections.abc import Sequence

from bench import limits
from bench.doctor.subject import Need, platform
from bench.machine.description import Description
from bench.platforms import Platform, Unavailable, check
from frameworks import FRAMEWORKS
from suites import catalog


def needs(description: Description, suites: Sequence[str], preset: str) -> tuple[Need, ...]:
    """Of every case, with all frameworks of the machine in float32. Raises UnknownSuite."""
    precisions = ["float32"] * _contenders(description)
    return tuple(
        Need(
            case=workload.case,
            host_bytes=limits.needed_bytes(workload, precisions),
            device_bytes=workload.needed_bytes("float32"),
        )
        for suite in suites
        for workload in catalog.cases(suite, preset)
    )


def _contenders(description: Description) -> int:
    """Each framework on the CPU, and all but NumPy also on a GPU that shares the memory."""
    machine = description.machine
    where = platform(description)
    there = [name for name in FRAMEWORKS if _has(name, where)]
    shared = any(gpu.unified_memory and gpu.vendor == "Apple" for gpu in machine.gpus)
    return len(there) + (len(there) - 1 if shared else 0)


def _has(framework: str, where: Platform) -> bool:
    try:
        check(framework, where)
    except Unavailable:
        return False
    return True
