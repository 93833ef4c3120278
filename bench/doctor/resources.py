"""Room on the disk and in memory for what is to run."""

from __future__ import annotations

from collections.abc import Iterator

from bench.doctor.finding import Finding, quoted
from bench.doctor.subject import Need, Subject
from frameworks import FRAMEWORKS

GIB = 2**30

ENVIRONMENT_BYTES = {
    "host": round(0.4 * GIB),
    **{row.name: row.disk_bytes for row in FRAMEWORKS.values()},
}
"""Of each environment, as measured on Linux without CUDA; the same is assumed elsewhere."""

CUDA_BYTES = 4 * GIB
"""More for each framework with CUDA: `several GB`, taken high."""

RESULTS_BYTES = 0.1 * GIB


def disk(subject: Subject) -> Iterator[Finding]:
    free = subject.description.disk_free_bytes
    if free is None:
        return
    told = subject.description.environment_states
    missing = [
        name
        for name in ENVIRONMENT_BYTES
        if told.get(name, "absent") in ("absent", "half-built", "stale")
    ]
    cuda = CUDA_BYTES if subject.linux and subject.usable else 0
    needed = RESULTS_BYTES + sum(
        ENVIRONMENT_BYTES[name] + (cuda if name in FRAMEWORKS and FRAMEWORKS[name].on_gpu else 0)
        for name in missing
    )
    if free < needed:
        built = f" and environments that are not built ({', '.join(missing)})" if missing else ""
        yield Finding(
            "spoils",
            f"{_gib(free)} of disk are free, and about {_gib(needed)} are needed.",
            f"For results{built}. On a full disk a run breaks off.",
            "Make room, or name fewer frameworks: `make bench FRAMEWORK=numpy,torch`.",
        )


def memory(subject: Subject) -> Iterator[Finding]:
    free = subject.description.memory_free_bytes
    if free is None or not subject.needs:
        return
    beyond = [need for need in subject.needs if need.host_bytes > free]
    if beyond:
        largest = max(beyond, key=lambda need: need.host_bytes)
        every = len(beyond) == len(subject.needs)
        yield Finding(
            "spoils" if every else "limits",
            f"{len(beyond)} of {len(subject.needs)} cases of the preset {subject.preset} do not "
            f"fit in the {_gib(free)} of memory that are free.",
            f"They will be skipped. The largest, {quoted(largest.case)}, needs about "
            f"{_gib(largest.host_bytes)} for all frameworks beside each other.",
            "Close other programs, name fewer frameworks, or take a smaller preset.",
        )


def device_memory(subject: Subject) -> Iterator[Finding]:
    if not subject.needs:
        return
    for gpu in subject.usable:
        holds = gpu.memory_bytes
        beyond = [need for need in subject.needs if holds and _on_device(need) > holds]
        if holds and beyond:
            largest = max(beyond, key=_on_device)
            yield Finding(
                "limits",
                f"{len(beyond)} of {len(subject.needs)} cases of the preset {subject.preset} do "
                f"not fit in the {_gib(holds)} of {quoted(gpu.name)}.",
                f"They will be skipped there. The largest, {quoted(largest.case)}, needs about "
                f"{_gib(_on_device(largest))} for all frameworks beside each other.",
                "Name fewer frameworks, or take a smaller preset.",
            )


def _on_device(need: Need) -> int:
    return need.device_bytes * need.sharing


CHECKS = (disk, memory, device_memory)


def _gib(size: float) -> str:
    return f"{size / GIB:.1f} GiB"
