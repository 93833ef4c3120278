"""Records of runs that never took place, the same for the same seed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bench import records, schema
from bench.plan.request import case_record
from bench.schema import (
    Cell,
    Check,
    Contender,
    Gpu,
    Machine,
    Record,
    Run,
    Runtime,
    Skipped,
    Slice,
    Verified,
)
from bench.store import objects
from bench.store.places import Place
from scripts.synthetic_store.kinds import KINDS, MAKERS, Kind, Maker
from suites import catalog
from suites.workload import Workload

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
MONTHS = 6
"""Over which the runs are received."""

_WRONG = 11
"""Of so many machines, on one a framework's answers are wrong."""


_CASES = (
    "mlp/train/64",
    "mlp/train/1024",
    "matmul/square/64",
    "matmul/square/512",
    "matmul/square/2048",
)


@dataclass(frozen=True)
class Size:
    """How much a run holds."""

    contenders: int = 6
    cases: int = 5
    rounds: int = 6
    samples: int = 5


def machine(number: int, seed: int = 0) -> tuple[Machine, Kind]:
    """The machine of this number; all of one seed differ."""
    random = np.random.default_rng([seed, number])
    kind = KINDS[number % len(KINDS)]
    memory = int(random.choice(kind.memory_gib)) * 2**30
    apple = kind.chip.startswith("Apple")
    gpus = (Gpu(name=kind.gpu, unified_memory=apple or None),) if kind.gpu else ()
    label = f"{kind.chip}, {kind.gpu + ', ' if kind.gpu and not apple else ''}{memory >> 30} GiB"
    return Machine(
        label=label,
        system=kind.system,
        release="26.1" if kind.system == "Darwin" else "6.8.0",
        architecture="arm64" if apple else "x86_64",
        model=f"Trial{number + 1},1",
        cpu=kind.chip,
        cores_physical=kind.cores,
        cores_logical=kind.cores,
        memory_bytes=memory,
        gpus=gpus,
        translated=False if apple else None,
        hypervisor="",
    ), kind


def run(number: int, nth: int, seed: int = 0, size: Size = Size()) -> Iterator[Record]:
    """Records of a machine's nth run."""
    owner, kind = machine(number, seed)
    random = np.random.default_rng([seed, number, nth])
    plan = _plan()[: size.cases]
    contenders = _contenders(kind)[: size.contenders]
    began = BEGAN + timedelta(days=31 * MONTHS * float(random.random()))
    yield _head(
        f"{began:%Y%m%d-%H%M%S}-{number * 1009 + nth & 0xFFFF:04x}", began, owner, plan, contenders
    )
    pace = float(np.exp(random.normal(0, 0.06)))
    for maker, contender in contenders:
        version = maker.versions[int(random.integers(len(maker.versions)))]
        yield Runtime(
            contender=contender.contender,
            versions={maker.name: version, "numpy": "2.4.6"},
            device=contender.device,
            device_name=contender.device_name,
            asynchronous=contender.device_kind == "gpu",
            python="3.11.9",
            threads=kind.cores if contender.device_kind == "cpu" else None,
            start_s=1.5,
        )
    for workload in plan:
        for maker, contender in contenders:
            time_s = _time_s(kind, maker, contender, workload) * pace
            yield from _cell(contender, workload, time_s, size, random, number)
    yield schema.End(at_s=90.0)


def received(number: int, nth: int, seed: int = 0) -> datetime:
    """When the run came to the store."""
    random = np.random.default_rng([seed, number, nth])
    return BEGAN + timedelta(days=31 * MONTHS * float(random.random()), hours=1)


def fill(
    place: Place,
    machines: int,
    runs: int,
    *,
    seed: int = 0,
    size: Size = Size(),
    first: int = 0,
) -> None:
    """Put so many runs of so many machines, from the `first` on, into the store."""
    memory = Path("/dev/shm")  # a run waits for the disk after each stage, which nobody needs here
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for number in range(first, first + machines):
            for nth in range(runs):
                path = Path(folder) / f"{number}-{nth}.jsonl"
                write(path, run(number, nth, seed, size))
                objects.push(place, path, now=received(number, nth, seed))
                path.unlink()


def write(path: Path, lines: Iterator[Record]) -> None:
    """The records as a run writes them."""
    writer = records.Writer(path)
    for record in lines:
        writer.write(record)
    writer.close()


_PLAN: list[Workload] = []


def _plan() -> Sequence[Workload]:
    if not _PLAN:
        every = {w.case: w for suite in ("matmul", "mlp") for w in catalog.cases(suite, "quick")}
        _PLAN.extend(every[case] for case in _CASES if case in every)
        assert len(_PLAN) == len(_CASES), list(every)
    return _PLAN


def _contenders(kind: Kind) -> list[tuple[Maker, Contender]]:
    found = []
    for maker in MAKERS:
        for device in ("cpu", *((kind.device,) if kind.gpu and kind.device in maker.gpus else ())):
            gpu = device != "cpu"
            if maker.name == "mlx" and kind.system != "Darwin":
                continue
            one = Contender(
                contender=f"{maker.name}/{device}/float32",
                framework=maker.name,
                spec=maker.name,
                device=device,
                device_kind="gpu" if gpu else "cpu",
                device_name=(kind.gpu or "") if gpu else kind.chip,
                precision="float32",
                execution=maker.execution,
            )
            found.append((maker, one))
    return found


def _time_s(kind: Kind, maker: Maker, contender: Contender, workload: Workload) -> float:
    gpu = contender.device_kind == "gpu"
    speed = (kind.gpu_flop_per_s if gpu else kind.cpu_flop_per_s) * maker.share
    moved = workload.traffic_bytes("float32") / kind.bytes_per_s
    overhead = maker.gpu_overhead_s if gpu else maker.overhead_s
    return overhead + max(workload.flop / speed, moved)


def _head(
    name: str,
    began: datetime,
    owner: Machine,
    plan: Sequence[Workload],
    contenders: Sequence[tuple[Maker, Contender]],
) -> Run:
    return Run(
        schema=schema.SCHEMA,
        run=name,
        started_at=began.isoformat(timespec="seconds"),
        arguments=("run", "--preset", "quick"),
        machine=owner,
        settings={"preset": "quick", "device": "all", "seed": 0},
        cases=tuple(case_record(workload.suite, workload) for workload in plan),
        contenders=tuple(contender for _, contender in contenders),
        commit="0123456789abcdef0123456789abcdef01234567",
        version="0.1.0",
    )


def _cell(
    contender: Contender,
    workload: Workload,
    time_s: float,
    size: Size,
    random: np.random.Generator,
    number: int,
) -> Iterator[Record]:
    who, case = contender.contender, workload.case
    if contender.framework == "numpy" and workload.name == "train":
        reason = "NumPy has no automatic differentiation, so it has no training step"
        yield Skipped(contender=who, case=case, reason=reason)
        return
    check = Check(name="output", error=3.1e-5, limit=2e-4)
    yield Verified(
        contender=who,
        case=case,
        phase="before",
        passed=True,
        checks=(check,),
        arrays_sha256="0" * 64,
        build_s=0.003,
        first_step_s=0.02 + 40 * time_s,
    )
    factors = np.exp(0.01 * random.standard_normal((size.rounds, size.samples)))
    for turn, row in enumerate(factors):
        samples = tuple((time_s * row).tolist())
        steps = max(1, round(0.02 / samples[0]))
        sampled_s = sum(samples) * steps
        yield Slice(
            contender=who,
            case=case,
            round=turn,
            steps_per_sample=steps,
            samples_s=samples,
            latencies_s=samples[:2],
            cpu_user_s=sampled_s if contender.device_kind == "cpu" else 0.2 * sampled_s,
            cpu_system_s=0.002,
            wall_s=1.1 * sampled_s,
            sampled_s=sampled_s,
            others_cpu_s=0.001,
            peak_resident_bytes=300 * 2**20,
            peak_resident_of="case",
        )
    wrong = number % _WRONG == _WRONG - 1 and contender.framework == "tf"
    last = Check(name="output", error=0.3, limit=2e-4) if wrong else check
    yield Verified(contender=who, case=case, phase="after", passed=not wrong, checks=(last,))
    yield Cell(
        contender=who,
        case=case,
        stopped="the interval is narrow enough",
        stopped_by="target",
        rounds=size.rounds,
        samples=size.rounds * size.samples,
    )
