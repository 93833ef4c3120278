"""What ran where: the machine, and each contender's versions and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench import names
from bench.schema import Gpu, Machine, Run
from reports.formatting import memory, plain
from reports.frame import Results


@dataclass(frozen=True)
class Setup:
    """What a contender really was."""

    label: str
    path: str
    """Of the adapter's file, where the label does not tell it."""
    version: str
    device: str
    precision: str
    execution: str
    threads: int | None
    python: str
    versions: str
    environment: str


def describe(machine: Machine) -> tuple[tuple[str, str], ...]:
    """What is known about the computer."""
    system = " ".join(filter(None, (machine.system, machine.release, machine.architecture)))
    cores = " physical, ".join(
        str(n) for n in (machine.cores_physical, machine.cores_logical) if n is not None
    )
    facts = (
        ("Model", machine.model),
        ("CPU", machine.cpu),
        ("Cores", f"{cores} logical" if cores else None),
        ("Memory", memory(machine.memory_bytes) if machine.memory_bytes else None),
        *(("GPU", _gpu(gpu)) for gpu in machine.gpus),
        ("System", system),
    )
    return tuple((name, plain(value)) for name, value in facts if value)


def _gpu(gpu: Gpu) -> str:
    return f"{gpu.name}, {memory(gpu.memory_bytes)}" if gpu.memory_bytes else gpu.name


def setups(results: Results, name: str, run: Run, labels: Mapping[str, str]) -> tuple[Setup, ...]:
    """Of every contender of a run."""
    found = []
    called = names.specs(each.spec for each in run.contenders)
    for contender in run.contenders:
        runtime = results.runtimes.get((name, contender.contender))
        versions = runtime.versions if runtime else {}
        device = runtime.device_name if runtime else contender.device_name
        found.append(
            Setup(
                label=labels[contender.contender],
                path=plain(contender.spec) if called[contender.spec] != contender.spec else "",
                version=plain(next(iter(versions.values()), "")),
                device=plain(device),
                precision=contender.precision,
                execution=plain(contender.execution),
                threads=(runtime.threads if runtime else None) or contender.threads,
                python=plain(runtime.python) if runtime else "",
                versions=_pairs(versions),
                environment=_pairs(runtime.environment if runtime else {}),
            )
        )
    return tuple(found)


def _pairs(values: Mapping[str, str]) -> str:
    return plain(", ".join(f"{key} {value}" for key, value in values.items()), 1000)
