"""How much memory the cases of a run will take, before anything is built."""

from __future__ import annotations

from collections.abc import Sequence

from bench.doctor.subject import Need, Subject, platform
from bench.environments.platforms import Platform, Unavailable, check, without_gpu
from bench.machine.description import Description
from bench.plan import feasibility
from frameworks import FRAMEWORKS
from suites import catalog


def needs(description: Description, suites: Sequence[str], preset: str) -> tuple[Need, ...]:
    """Of every case, with all frameworks of the machine in float32: each on the CPU, and those
    that can also on every GPU, whose memory is its own or the host's. Raises UnknownSuite."""
    subject, where = Subject(description), platform(description)
    there = [name for name in FRAMEWORKS if _has(name, where)]
    on_gpu = [name for name in there if FRAMEWORKS[name].on_gpu and name not in without_gpu(where)]
    gpus = description.machine.gpus
    shared = any(gpu.unified_memory and gpu.vendor == "Apple" for gpu in gpus)
    on_host = len(there) + (len(on_gpu) if shared else 0)
    discrete = len(on_gpu) * sum(bool(gpu.memory_bytes) for gpu in subject.usable)
    return tuple(
        Need(
            case=workload.case,
            host_bytes=feasibility.needed_bytes(workload, ["float32"] * on_host, discrete),
            device_bytes=workload.needed_bytes("float32"),
            sharing=len(on_gpu),
        )
        for suite in suites
        for workload in catalog.cases(suite, preset)
    )


def _has(framework: str, where: Platform) -> bool:
    try:
        check(framework, where)
    except Unavailable:
        return False
    return True
