"""Records of a run that never took place: valid, lifelike, the same at every call."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from msgspec import structs

from bench import records, schema
from bench.plan.request import case_record
from bench.schema import Cell, Check, Failed, Record, Run, Runtime, Skipped, Slice, Verified
from suites import catalog
from suites.workload import Product, Train, Workload

SUITES = ("matmul", "hackintosh", "mlp")


@dataclass(frozen=True)
class Model:
    """A made-up framework: a constant cost of every step, and two speeds."""

    spec: str
    version: str
    overhead_s: float
    flop_per_s: float
    bytes_per_s: float
    execution: str = "eager"
    precision: str = "float32"
    noise: float = 0.01
    notes: tuple[str, ...] = ()
    device: str = "cpu"
    device_name: str = "cpu"

    @property
    def framework(self) -> str:
        return self.spec.partition("==")[0].partition("@")[0].partition(":")[0]

    @property
    def id(self) -> str:
        return f"{self.spec}/{self.device}/{self.precision}"

    def time_s(self, workload: Workload) -> float:
        moved = workload.traffic_bytes(self.precision) / self.bytes_per_s
        return self.overhead_s + max(workload.flop / self.flop_per_s, moved)


MLX_NOTE = "The CPU build on Linux has unoptimised BLAS: its answers count, its speed does not."

FIVE = (
    Model("numpy", "2.4.6", 0.8e-6, 190e9, 12e9),
    Model("torch", "2.13.0", 2.4e-6, 195e9, 13e9),
    Model("tf", "2.21.0", 28e-6, 180e9, 11e9, "function"),
    Model("jax", "0.10.2", 9e-6, 330e9, 14e9, "jit"),
    Model("mlx", "0.32.4", 14e-6, 6e9, 5e9, "compile", notes=(MLX_NOTE,)),
)
NULL = Model("null", "1", 60e-9, 1e30, 1e30, notes=("null does no work",))

MACHINE = schema.Machine(
    label="Example CPU @ 2.60GHz, 16 GiB",
    system="Linux",
    release="6.1.0",
    architecture="x86_64",
    cpu="Example CPU @ 2.60GHz",
    cores_physical=2,
    cores_logical=2,
    memory_bytes=16 * 2**30,
    translated=False,
    hypervisor="",
)


def in_starts(lines: Sequence[Record], rounds: int) -> list[Record]:
    """The run as if workers had been started anew after each so many rounds."""
    return [
        structs.replace(line, start=line.round // rounds) if isinstance(line, Slice) else line
        for line in lines
    ]


Special = Callable[[Model, Workload], Record | None]
"""The record that ends a cell early instead of its usual ones, or None."""


def no_special(model: Model, workload: Workload) -> Record | None:
    return None


def usual_troubles(model: Model, workload: Workload) -> Record | None:
    """NumPy cannot train, MLX dies once."""
    if model.framework == "numpy" and isinstance(workload, Train):
        reason = "NumPy has no automatic differentiation, so it has no training step"
        return Skipped(contender=model.id, case=workload.case, reason=reason)
    if model.framework == "mlx" and workload.case == "hackintosh/with_generation/1000000":
        return Failed(
            contender=model.id,
            case=workload.case,
            stage="slice",
            reason="the worker was ended by SIGKILL",
            signal="SIGKILL",
            output_tail="loading\nlast words\n\n",
        )
    return None


def run(
    models: Sequence[Model] = FIVE,
    *,
    name: str = "20261120-101500-ab12",
    preset: str = "smoke",
    rounds: int = 7,
    special: Special = usual_troubles,
    wrong: Sequence[tuple[str, str]] = (),
    interrupted_at: str | None = None,
    others_cpu_s: float | None = 0.004,
) -> list[Record]:
    """A whole run. `wrong` names (framework, case) whose second verification fails;
    `interrupted_at` the case during whose timing the run was killed; `others_cpu_s` is what other
    programs used during each slice of 0.1 s."""
    plan = [workload for suite in SUITES for workload in catalog.cases(suite, preset)]
    found: list[Record] = [_head(models, plan, name, preset)]
    found += [_runtime(model) for model in models]
    random = np.random.default_rng(7)
    for workload in plan:
        stopped = workload.case == interrupted_at
        for model in models:
            bad = (model.framework, workload.case) in wrong
            found += _cell(model, workload, rounds, special, bad, stopped, random)
        if stopped:
            break
    return [
        structs.replace(record, others_cpu_s=others_cpu_s) if isinstance(record, Slice) else record
        for record in found
    ]


def write(path: Path, lines: Sequence[Record]) -> Path:
    """The records as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = records.Writer(path)
    for record in lines:
        writer.write(record)
    writer.close()
    return path


def _head(models: Sequence[Model], plan: Sequence[Workload], name: str, preset: str) -> Run:
    return Run(
        schema=schema.SCHEMA,
        run=name,
        started_at="2026-11-20T10:15:00+00:00",
        arguments=("run", "--preset", preset),
        machine=MACHINE,
        settings={"preset": preset, "device": "all", "seed": 0, "preset_rounds": 7},
        cases=tuple(case_record(workload.suite, workload) for workload in plan),
        contenders=tuple(
            schema.Contender(
                contender=model.id,
                framework=model.framework,
                spec=model.spec,
                device=model.device,
                device_kind="cpu" if model.device == "cpu" else "gpu",
                device_name=model.device_name,
                precision=model.precision,  # type: ignore[arg-type]
                execution=model.execution,
            )
            for model in models
        ),
        commit="0123456789abcdef0123456789abcdef01234567",
    )


def _runtime(model: Model) -> Runtime:
    return Runtime(
        contender=model.id,
        versions={model.framework: model.version, "numpy": "2.4.6"},
        device=model.device,
        device_name=model.device_name,
        asynchronous=False,
        python="3.11.9",
        threads=2,
        notes=model.notes,
        start_s=1.2,
    )


def _cell(
    model: Model,
    workload: Workload,
    rounds: int,
    special: Special,
    wrong: bool,
    stopped: bool,
    random: np.random.Generator,
) -> Iterator[Record]:
    early = special(model, workload)
    if early is not None:
        yield early
        return
    yield _look(model, workload, "before", right=True)
    taken = rounds // 2 if stopped else rounds
    yield from (_slice(model, workload, number, random) for number in range(taken))
    if not stopped:
        yield _look(model, workload, "after", right=not wrong)
        yield Cell(
            contender=model.id,
            case=workload.case,
            stopped=f"all {rounds} rounds done",
            rounds=rounds,
            samples=5 * rounds,
        )


def _look(model: Model, workload: Workload, phase: str, right: bool) -> Verified:
    name = "rows" if isinstance(workload, Product) else "output"
    check = Check(name=name, error=3.1e-5 if right else 0.25, limit=2e-4)
    look = Verified(
        contender=model.id,
        case=workload.case,
        phase="before",
        passed=right,
        checks=(check,),
        arrays_sha256="0" * 64,
        build_s=0.003,
        first_step_s=0.02 + 40 * model.time_s(workload),
    )
    return look if phase == "before" else _second(look)


def _second(look: Verified) -> Verified:
    return Verified(
        contender=look.contender,
        case=look.case,
        phase="after",
        passed=look.passed,
        checks=look.checks,
    )


def _slice(model: Model, workload: Workload, number: int, random: np.random.Generator) -> Slice:
    drift = math.exp(0.02 * math.sin(number))  # hits all contenders of a round alike
    factors = drift * np.exp(model.noise * random.standard_normal(5))
    samples = tuple(float(model.time_s(workload) * factor) for factor in factors)
    wall = 0.1
    return Slice(
        contender=model.id,
        case=workload.case,
        round=number,
        steps_per_sample=max(1, round(0.02 / samples[0])),
        samples_s=samples,
        latencies_s=tuple(sample + 2e-6 for sample in samples[:3]),
        cpu_user_s=(1.8 if model.device == "cpu" else 0.4) * wall,
        cpu_system_s=0.01,
        wall_s=wall,
        sampled_s=0.9 * wall,
        peak_resident_bytes=300 * 2**20,
        peak_resident_of="case",
    )


def noisy(model: Model, noise: float = 0.5) -> Model:
    """The same framework on a restless machine."""
    return replace(model, noise=noise)


def ended(lines: Sequence[Record]) -> list[Record]:
    """The run, carried out to its end."""
    return [*lines, schema.End(at_s=60.0)]
