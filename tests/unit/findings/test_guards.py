"""Guards: each is tripped by made-up records of a bad contender, and by none of an honest one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.schema import Record, Run, Runtime, Slice
from reports import context
from reports.findings import (
    device_guards,
    guards,
    noise,
    outcomes,
    plausibility,
    registry,
    steadiness,
    verification,
)
from reports.findings.finding import Finding
from reports.frame import Results, read
from tests.helpers import builders

change = msgspec.structs.replace

CPU = builders.FIVE[1]
GPU = replace(
    CPU,
    device="mps",
    device_name="Unheard GPU",
    overhead_s=200e-6,
    flop_per_s=4e12,
    bytes_per_s=1e11,
)

Guard = Callable[[Results], object]


@pytest.fixture
def results(tmp_path: Path) -> Callable[[Sequence[Record]], Results]:
    count = itertools.count()
    return lambda lines: read([builders.write(tmp_path / f"{next(count)}.jsonl", lines)])


def run(*models: builders.Model, rounds: int = 7, preset: str = "quick") -> list[Record]:
    return builders.run(models, rounds=rounds, preset=preset, special=builders.no_special)


def slices(lines: Sequence[Record], changed: Callable[[Slice], Slice]) -> list[Record]:
    return [changed(line) if isinstance(line, Slice) else line for line in lines]


def suspects(found: Results) -> list[Finding]:
    return [each for each in registry.find(context.of(found)) if each.severity == "suspect"]


HONEST = (*builders.FIVE, builders.NULL, GPU, replace(GPU, spec="jax", overhead_s=90e-6))


def test_honest_contenders_are_not_accused(results) -> None:
    watched = slices(
        run(*HONEST, rounds=20),
        lambda each: change(
            each, compilations=4, steps_in_flight=64, device_memory_bytes=2**20, sentinel_s=3e-4
        ),
    )
    found = registry.find(context.of(results(watched)))
    assert {each.severity for each in found} == {"note"}


# --- what no device can do ----------------------------------------------------------------------


def test_more_than_any_such_cpu_can_do_is_suspect(results) -> None:
    (finding,) = suspects(results(run(replace(CPU, flop_per_s=9.5e11, bytes_per_s=1e12))))
    assert "torch reaches" in finding.what
    assert "above the 0.794 that any 2-core x86_64 CPU can do in float32" in finding.what
    assert "derived: 2 cores x 64 FLOP a cycle x 6.2 GHz" in finding.what
    assert "matmul/square/2048" in finding.where


def test_inputs_that_were_never_read_are_suspect(results) -> None:
    """As of an inner product that a compiler folded: so few FLOP break no other bound."""
    (finding,) = suspects(
        results(run(replace(CPU, overhead_s=1e-7, flop_per_s=7e11, bytes_per_s=1e15)))
    )
    assert "TB/s of inputs and results, above the 2.38" in finding.what
    assert finding.where == "hackintosh/with_generation/1000000, hackintosh/product_only/1000000"


def test_the_caches_of_a_gpu_may_be_faster_than_its_memory(results) -> None:
    m2 = replace(GPU, device_name="Apple M2 Max", overhead_s=1e-5, flop_per_s=1e13)
    assert not suspects(results(run(replace(m2, bytes_per_s=4e12), preset="standard")))
    assert suspects(results(run(replace(m2, bytes_per_s=1.2e13), preset="full")))


@pytest.mark.parametrize("convolutions", [False, True, None])
def test_work_that_may_convolve_is_allowed_what_winograd_saves(
    results, convolutions: bool | None
) -> None:
    """More FLOP than any two-core CPU does: only convolutions can seem to reach that."""
    head, *rest = run(replace(CPU, flop_per_s=9.5e11))
    assert isinstance(head, Run)
    cases = tuple(change(case, convolutions=convolutions) for case in head.cases)
    found = suspects(results([change(head, cases=cases), *rest]))
    assert bool(found) == (convolutions is False)


# --- what was not worked out --------------------------------------------------------------------


def test_a_time_that_does_not_grow_with_the_work_is_suspect(results) -> None:
    lazy = replace(GPU, overhead_s=5e-3, flop_per_s=1e30, bytes_per_s=1e30)
    (finding,) = suspects(results(run(lazy, preset="standard")))
    assert "times the work that it does in" in finding.what
    assert "matmul/square/64" in finding.where


def in_flight(depth: int, single: float) -> Callable[[Slice], Slice]:
    """Slices of so many steps in flight, one of which would take `single` times as long."""
    return lambda each: change(
        each,
        steps_in_flight=depth,
        latencies_s=tuple(single * sample for sample in each.samples_s),
    )


def test_steps_in_flight_that_cost_what_one_costs_are_suspect(results) -> None:
    (finding,) = suspects(results(slices(run(GPU), in_flight(64, 64))))
    assert "for 64.0 steps in flight and" in finding.what
    for depth, single in ((64, 30), (4, 4), (1, 1)):
        assert not suspects(results(slices(run(GPU), in_flight(depth, single))))


# --- what costs more than a step ----------------------------------------------------------------


def compiled(count: Callable[[int], int | None]) -> Callable[[Slice], Slice]:
    return lambda each: change(each, compilations=count(each.round))


def test_compiling_in_every_round_is_suspect(results) -> None:
    (finding,) = suspects(results(slices(run(CPU), compiled(lambda r: 3 + 40 * r))))
    assert "compiles while it is timed: 240 times in 6 rounds of" in finding.what
    for honest in (
        lambda r: 7,
        lambda r: None,
        lambda r: 7 + (r > 2),
        lambda r: 50 if r < 4 else 9,
    ):
        assert not suspects(results(slices(run(CPU), compiled(honest))))


def first(factor: float, rounds: range) -> Callable[[Slice], Slice]:
    def slower(each: Slice) -> Slice:
        if each.round not in rounds:
            return each
        return change(each, samples_s=(factor * each.samples_s[0], *each.samples_s[1:]))

    return slower


def test_a_slow_first_sample_in_every_round_is_suspect(results) -> None:
    (finding,) = suspects(results(slices(run(CPU), first(2.5, range(7)))))
    assert "takes 2.5" in finding.what
    assert "as long for the first sample of a round" in finding.what
    for factor, rounds in ((1.5, range(7)), (5, range(3)), (2.5, range(5))):
        assert not suspects(results(slices(run(CPU), first(factor, rounds))))
    assert not suspects(results(slices(run(CPU, rounds=3), first(2.5, range(7)))))


# --- GPUs ---------------------------------------------------------------------------------------


def test_a_gpu_that_keeps_the_cpu_busy_is_suspect(results) -> None:
    bad = slices(run(CPU, GPU), lambda each: change(each, cpu_user_s=1.8 * each.sampled_s))
    (finding,) = suspects(results(bad))
    assert "torch (GPU) uses 1.9 CPU cores while its GPU is timed" in finding.what
    assert "matmul/square/64" not in finding.where  # shorter than a millisecond
    assert not suspects(results(run(CPU, GPU)))


def runtimes(lines: Sequence[Record], **changes: object) -> list[Record]:
    return [change(line, **changes) if isinstance(line, Runtime) else line for line in lines]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device": "cpu"}, "torch ran on cpu, not on mps"),
        ({"notes": ("conv2d falls back to the CPU.",)}, "says that work falls back: conv2d"),
        ({"environment": {"PYTORCH_ENABLE_MPS_FALLBACK": "1"}}, "that the GPU lacks to the CPU"),
    ],
)
def test_a_gpu_that_says_it_ran_elsewhere_is_suspect(results, changes, said) -> None:
    (finding,) = suspects(results(runtimes(run(GPU), **changes)))
    assert said in finding.what
    assert not suspects(results(runtimes(run(GPU), notes=("TF32 is off.",), environment={})))


def test_a_gpu_without_memory_is_suspect(results) -> None:
    def held(size: int | None) -> list[Record]:
        return slices(run(GPU), lambda each: change(each, device_memory_bytes=size))

    (finding,) = suspects(results(held(0)))
    assert "counts 0 bytes of device memory in every case" in finding.what
    assert not suspects(results(held(None)))
    assert not suspects(results(held(4096)))


def test_the_same_time_on_two_devices_is_suspect(results) -> None:
    fake = replace(CPU, device="mps", device_name="Unheard GPU")
    (finding,) = suspects(results(run(CPU, fake)))
    assert "torch (GPU) takes as long on the GPU as on the CPU, within 3.0 %" in finding.what
    assert not suspects(results(run(CPU, replace(fake, flop_per_s=1.1 * CPU.flop_per_s))))


# --- work that is not known ---------------------------------------------------------------------


def test_no_gpu_is_accused_of_work_whose_share_of_the_host_is_not_known(results) -> None:
    fake = replace(CPU, device="mps", device_name="Unheard GPU")
    head, *rest = run(CPU, fake)
    assert isinstance(head, Run)
    for host_work in (False, None):
        cases = tuple(change(case, host_work=host_work) for case in head.cases)
        found = suspects(results([change(head, cases=cases), *rest]))
        assert bool(found) == (host_work is False)


def test_everything_that_finds_is_asked() -> None:
    """A finding that has no row in FINDINGS would never be looked for."""
    modules = (device_guards, guards, noise, outcomes, plausibility, steadiness, verification)
    for module in modules:
        public = {f for n, f in vars(module).items() if callable(f) and not n.startswith("_")}
        own = {f for f in public if getattr(f, "__module__", "") == module.__name__}
        assert own <= set(registry.FINDINGS)
