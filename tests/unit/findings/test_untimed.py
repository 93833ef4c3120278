"""Times beyond belief are untimed, the doubtful suspect, and honest GPUs neither."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.schema import Record, Run, Slice
from reports import context
from reports.findings import registry
from reports.findings.finding import Finding
from reports.frame import Results, read
from reports.verdicts import off_device
from tests.helpers import builders

change = msgspec.structs.replace

CPU = builders.FIVE[1]
GPU = replace(
    CPU,
    device="cuda:0",
    device_name="NVIDIA H100 80GB HBM3",
    overhead_s=20e-6,
    flop_per_s=5e13,
    bytes_per_s=2e12,
)
FAKE = replace(CPU, device="cuda:0", device_name="NVIDIA H100 80GB HBM3", flop_per_s=1e11)
"""Computes on the CPU; most of its steps last a millisecond or more."""


@pytest.fixture
def results(tmp_path: Path) -> Callable[[Sequence[Record]], Results]:
    count = itertools.count()
    return lambda lines: read([builders.write(tmp_path / f"{next(count)}.jsonl", lines)])


def run(*models: builders.Model, preset: str = "quick") -> list[Record]:
    return builders.run(models, preset=preset, special=builders.no_special)


def slices(
    lines: Sequence[Record], changed: Callable[[Slice], Slice], of: builders.Model = FAKE
) -> list[Record]:
    return [
        changed(line) if isinstance(line, Slice) and line.contender == of.id else line
        for line in lines
    ]


def told(found: Results, severity: str) -> list[Finding]:
    return [each for each in registry.find(context.of(found)) if each.severity == severity]


def untimed(found: Results) -> set[tuple[str, str]]:
    cells = found.cells[found.cells["status"] == "untimed"]
    assert not cells["verified"].any()
    return set(zip(cells["contender"], cells["case"], strict=True))


# --- a step alone -------------------------------------------------------------------------------


def alone(share: float, rounds: int = 99) -> Callable[[Slice], Slice]:
    """Single steps take that share of a step among many, in the first rounds."""
    return lambda each: change(
        each,
        steps_per_sample=max(2, each.steps_per_sample),
        latencies_s=(share * min(each.samples_s),) if each.round < rounds else each.latencies_s,
    )


@pytest.mark.parametrize(
    ("share", "rounds", "guilty"),
    [(0.5, 99, True), (0.65, 4, True), (0.85, 99, False), (1.0, 99, False), (0.2, 3, False)],
)
def test_a_step_alone_cannot_take_less_than_among_others(results, share, rounds, guilty) -> None:
    found = told(results(slices(run(GPU), alone(share, rounds), GPU)), "suspect")
    assert bool(found) == guilty
    if guilty:
        assert "of torch alone takes less than a step among many" in found[0].what
        assert f"{100 * share:.0f}" in found[0].what


def test_rounds_that_spread_need_a_clearer_difference(results) -> None:
    """A noisy device's rounds of 0.4 to 1: its median is low by chance."""
    rng = random.Random(1)

    def noisy(each: Slice) -> Slice:
        share = 0.62 * math.exp(rng.gauss(0, 0.4))
        best_s = min(each.samples_s)
        return change(each, steps_per_sample=2, latencies_s=(share * best_s,))

    assert not told(results(slices(run(GPU), noisy, GPU)), "suspect")


def test_steps_one_by_one_and_those_of_a_cpu_are_not_asked(results) -> None:
    single = lambda each: change(alone(0.5)(each), steps_per_sample=1)  # noqa: E731
    assert not told(results(slices(run(GPU), single, GPU)), "suspect")
    assert not told(results(slices(run(CPU), alone(0.5), CPU)), "suspect")


# --- elsewhere than claimed ---------------------------------------------------------------------


def seen(
    busy: float | None = None,
    cores: float = 1.0,
    host_cores: float | None = None,
    memory: int | None = 2**20,
) -> Callable[[Slice], Slice]:
    """What counters say of a slice: the driver's, the worker's own of its CPU time, the host's,
    which is so many ticks ahead at most."""
    ticks_s = off_device.TICKS_S

    def changed(each: Slice) -> Slice:
        assert each.sampled_s is not None
        return change(
            each,
            device_busy=busy,
            cpu_user_s=cores * each.sampled_s,
            cpu_system_s=0.0,
            host_s=each.wall_s,
            host_cpu_s=None if host_cores is None else host_cores * (each.wall_s or 0.0) + ticks_s,
            device_memory_bytes=memory,
        )

    return changed


@pytest.mark.parametrize(
    "honest",
    [
        {},
        {"busy": 1.0, "cores": 0.4},
        {"busy": 0.3, "cores": 1.05},
        {"busy": 0.03, "cores": 1.0},  # tiny kernels behind a slow dispatch
        {"busy": 0.03, "cores": 1.3},  # and a runtime with threads of its own
        {"cores": 1.3, "host_cores": 1.4},
    ],
)
def test_an_honest_gpu_is_not_accused(results, honest) -> None:
    found = results(slices(run(FAKE), seen(**honest)))
    assert not untimed(found)
    assert not told(found, "suspect")


@pytest.mark.parametrize(
    ("sign", "said"),
    [
        ({"busy": 0.0}, "left its GPU without work, 0 % busy by its driver's count"),
        ({"busy": 0.005}, "left its GPU without work, 0.50 % busy"),
        ({"cores": 1.9}, "uses 1.9 CPU cores while its GPU is timed"),
        ({"cores": 0.1, "host_cores": 1.8}, "uses 1.8 CPU cores while its GPU is timed"),
        ({"memory": 0}, "counts 0 bytes of device memory in every case"),
    ],
)
def test_one_sure_sign_is_suspect_and_ranks(results, sign, said) -> None:
    found = results(slices(run(FAKE), seen(**sign)))
    (finding,) = told(found, "suspect")
    assert said in finding.what
    assert finding.cells
    assert not untimed(found)


@pytest.mark.parametrize(
    "two",
    [
        {"busy": 0.0, "cores": 1.9},
        {"busy": 0.0, "cores": 1.2},
        {"busy": 0.03, "cores": 1.9},
        {"busy": 0.0, "memory": 0},
        {"cores": 1.9, "memory": 0},
        {"cores": 1.2, "memory": 0},
    ],
)
def test_two_signs_are_untimed_throughout(results, two) -> None:
    """Short steps too, in which nothing could be seen: all long ones ran on the CPU."""
    found = results(slices(run(FAKE), seen(**two)))
    assert untimed(found) == set(zip(found.cells["contender"], found.cells["case"], strict=True))
    (finding,) = told(found, "untimed")
    assert "it ran on the CPU, by all that can be seen: it " in finding.what
    assert not told(found, "suspect")


def test_work_that_fell_back_alone_is_untimed_alone(results) -> None:
    def changed(each: Slice) -> Slice:
        fell = each.case == "mlp/train/1024"
        return (seen(busy=0.0, cores=1.9) if fell else seen(busy=0.9))(each)

    assert untimed(results(slices(run(FAKE), changed))) == {(FAKE.id, "mlp/train/1024")}


def test_the_time_of_the_cpu_and_an_idle_gpu_are_two_signs(results) -> None:
    lines = run(CPU, replace(FAKE, flop_per_s=CPU.flop_per_s))
    assert not untimed(results(lines))
    found = results(slices(lines, seen(busy=0.02)))
    assert {contender for contender, _ in untimed(found)} == {FAKE.id}


def test_a_counter_that_saw_little_proves_nothing(results) -> None:
    brief = slices(
        run(FAKE),
        lambda each: change(seen(busy=0.0)(each), sampled_s=0.001, cpu_user_s=0.0005),
    )
    assert not told(results(brief), "suspect")
    seldom = slices(run(FAKE), lambda each: seen(busy=0.0 if each.round < 3 else 0.6)(each))
    assert not told(results(seldom), "suspect")


def test_a_tick_in_a_request_of_milliseconds_is_no_core(results) -> None:
    ticks = lambda each: change(seen()(each), host_s=0.004, host_cpu_s=off_device.TICKS_S)  # noqa: E731
    assert not told(results(slices(run(FAKE), ticks)), "suspect")
    longer = lambda each: change(seen()(each), host_s=0.04, host_cpu_s=0.09)  # noqa: E731
    assert told(results(slices(run(FAKE), longer)), "suspect")


def test_arrays_made_for_an_audit_are_no_work_of_the_step(results) -> None:
    audited = slices(
        run(FAKE), lambda each: change(seen(host_cores=2.0)(each), audit_s=0.01, audit_steps=4)
    )
    assert not told(results(audited), "suspect")


def test_work_of_the_host_by_intention_is_not_looked_at(results) -> None:
    head, *lines = slices(run(FAKE), seen(busy=0.0, cores=1.9))
    assert isinstance(head, Run)
    for changes in ({"host_work": True}, {"host_work": None}):
        cases = tuple(change(case, **changes) for case in head.cases)
        found = results([change(head, cases=cases), *lines])
        assert not untimed(found)
        assert not told(found, "suspect")
