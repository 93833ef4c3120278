"""Runs that somebody might send: made up but for their answers, which are worked out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from msgspec import structs

from bench import schema
from bench.schema import Cell, Check, End, Record, Slice, Verified
from bench.trust import keygen
from bench.verification import answers, credibility
from suites import catalog
from suites.data import arrays
from suites.verification import checks, reference
from suites.verification.reference import Cache
from suites.workload import Product, Workload
from tests.helpers import builders

CASES = ("matmul/square/64", "matmul/square/256")
MODELS = builders.FIVE[:2]
MACHINE = structs.replace(builders.MACHINE, label="a workstation, 16 GiB")
OTHER = structs.replace(MACHINE, label="a server, 64 GiB", memory_bytes=64 * 2**30)
THIRD = structs.replace(MACHINE, label="a laptop, 8 GiB", memory_bytes=8 * 2**30)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROUNDS, SAMPLES = 7, 5


def honest(
    folder: Path,
    *,
    name: str = "20261120-101500-ab12",
    machine: schema.Machine = MACHINE,
    luck: int = 1,
    seed: int = 0,
    speed: float = 1.0,
    started_at: str = "2026-11-20T10:15:00+00:00",
) -> list[Record]:
    """A run of two frameworks on two cases, all of whose lines agree. `luck` is that of its noise;
    `folder` keeps the references."""
    head = builders.run(MODELS, name=name)[0]
    assert isinstance(head, schema.Run)
    found: list[Record] = [
        structs.replace(
            head,
            machine=machine,
            started_at=started_at,
            settings={"preset": "smoke", "seed": seed},
            cases=tuple(case for case in head.cases if case.case in CASES),
        )
    ]
    random, at_s = np.random.default_rng(luck), 1.0
    for case in CASES:
        work = catalog.find("matmul", "smoke", case)
        for model in MODELS:
            time_s = model.time_s(work) / speed
            before = _before(work, seed, str(folder))
            found.append(structs.replace(before, contender=model.id))
            for number in range(ROUNDS):
                found.append(_slice(model.id, case, number, time_s, at_s, random))
                at_s += 0.2
            found += _ending(model.id, case)
    return [*found, End(at_s=at_s)]


def _slice(
    contender: str, case: str, number: int, time_s: float, at_s: float, random: np.random.Generator
) -> Slice:
    steps = max(1, round(0.02 / time_s))
    samples = tuple(float(time_s * np.exp(0.01 * each)) for each in random.standard_normal(SAMPLES))
    sampled_s = sum(samples) * steps
    return Slice(
        contender=contender,
        case=case,
        round=number,
        at_s=at_s,
        steps_per_sample=steps,
        samples_s=samples,
        warmed_s=0.01,
        sampled_s=sampled_s,
        wall_s=sampled_s + 0.01,
        host_s=sampled_s + 0.0101,
    )


def _ending(contender: str, case: str) -> list[Record]:
    told = tuple(
        Check(name=name, error=0.001, limit=0.01, about="time")
        for name in (credibility.SAMPLES, credibility.CLOCK)
    )
    return [
        Verified(contender=contender, case=case, phase="after", passed=True, checks=told),
        Cell(
            contender=contender,
            case=case,
            stopped="all rounds done",
            rounds=ROUNDS,
            samples=ROUNDS * SAMPLES,
        ),
    ]


@cache
def _before(work: Workload, seed: int, folder: str) -> Verified:
    """The answers of float32 on this machine, looked at as the harness does."""
    assert isinstance(work, Product)
    known = reference.expected(work, "float32", seed, Cache(Path(folder)))
    made = arrays.make(work, seed)
    product = made.inputs["a"] @ made.inputs["b"]
    seen = checks.observe(work, lambda: {"product": product}, {}, seed)
    return Verified(
        contender="",
        case=work.case,
        phase="before",
        passed=True,
        checks=tuple(
            Check(name=check.name, error=check.error, limit=check.limit)
            for check in checks.compare(seen, known.entries, "before")
        ),
        arrays_sha256=known.arrays_sha256,
        answers=answers.shown(seen, known.entries, seed),
    )


def edited(lines: Sequence[Record], change: Callable[[Slice], Slice]) -> list[Record]:
    """The run with other slices."""
    return [change(line) if isinstance(line, Slice) else line for line in lines]


def scaled(by: float) -> Callable[[Slice], Slice]:
    """A slice all of whose times are so many times as long: they still agree."""

    def change(taken: Slice) -> Slice:
        names = ("warmed_s", "sampled_s", "wall_s", "host_s")
        times = {name: by * (getattr(taken, name) or 0.0) for name in names}
        samples = tuple(by * each for each in taken.samples_s)
        return structs.replace(taken, samples_s=samples, **times)

    return change


def headed(lines: Sequence[Record], **fields: object) -> list[Record]:
    """The run with another first line."""
    assert isinstance(lines[0], schema.Run)
    return [structs.replace(lines[0], **fields), *lines[1:]]


def key(folder: Path, name: str, comment: str = "") -> Path:
    """A new SSH key without a passphrase."""
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def fingerprint(key: Path) -> str:
    """As `SHA256:...`."""
    return keygen.ask(["-l", "-E", "sha256", "-f", f"{key}.pub"]).split()[1]


def listed(path: Path, *keys: Path, options: str = "") -> Path:
    """A reader's list of keys, written further."""
    with path.open("a") as file:
        for each in keys:
            file.write(f"reader@words {options} {each.with_suffix('.pub').read_text()}")
    return path
