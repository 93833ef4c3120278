"""A machine that slows down, saves power, heats up or is at work shows in the findings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bench.schema import Record, Slice, State
from reports import context
from reports.findings import steadiness
from reports.findings.finding import Finding
from reports.frame import Results, read
from tests.helpers import builders

change = msgspec.structs.replace

Read = Callable[[Sequence[Record]], Results]


@pytest.fixture
def results(tmp_path: Path) -> Read:
    count = itertools.count()
    return lambda lines: read([builders.write(tmp_path / f"{next(count)}.jsonl", lines)])


def run(rounds: int = 7) -> list[Record]:
    models = builders.FIVE[:2]
    return builders.run(models, rounds=rounds, special=builders.no_special)


# --- sentinels ----------------------------------------------------------------------------------


def watched(
    lines: Sequence[Record], sentinel: str, of: Callable[[int, int], float]
) -> list[Record]:
    """The run with a sentinel of `of(number, count)` seconds before each slice."""
    count = sum(isinstance(line, Slice) for line in lines)
    numbers = itertools.count()
    return [
        change(line, **{sentinel: of(next(numbers), count)}) if isinstance(line, Slice) else line
        for line in lines
    ]


def noise(number: int) -> float:
    return 3e-4 * math.exp(0.03 * math.sin(37 * number))


@pytest.mark.parametrize(
    ("sentinel", "who"),
    [("sentinel_s", "the host"), ("device_sentinel_s", "the device of numpy")],
)
def test_a_machine_that_slows_down_at_times_is_busy(results: Read, sentinel: str, who: str) -> None:
    slow = watched(run(), sentinel, lambda n, _: noise(n) * (2 if n % 6 in (0, 1) else 1))
    finding, *_ = steadiness.slowed(context.of(results(slow)))
    assert finding.severity == "busy"
    assert finding.what.startswith(f"{who} was slowed down (up to 2.0x) in 3")
    assert "matmul/square/" in finding.where
    rarely = watched(run(), sentinel, lambda n, _: noise(n) * (2 if n % 15 == 0 else 1))
    assert not list(steadiness.slowed(context.of(results(rarely))))


def test_a_machine_that_slows_down_over_the_run_is_busy(results: Read) -> None:
    hot = watched(run(), "sentinel_s", lambda n, count: noise(n) * (1 + 0.18 * n / count))
    (finding,) = steadiness.slowed(context.of(results(hot)))
    assert "the host grew slower over the run" in finding.what
    assert finding.where.startswith("last: ")
    steady = watched(run(), "sentinel_s", lambda n, count: noise(n) * (1 + 0.05 * n / count))
    assert not list(steadiness.slowed(context.of(results(steady))))


def test_too_few_slices_say_nothing_of_the_machine(results: Read) -> None:
    few = watched(run(rounds=1), "sentinel_s", lambda n, _: noise(n) * (2 if n % 3 == 0 else 1))
    assert sum(isinstance(line, Slice) for line in few) < steadiness.ENOUGH_SLICES
    assert not list(steadiness.slowed(context.of(results(few))))
    assert not list(steadiness.slowed(context.of(results(run()))))


# --- states -------------------------------------------------------------------------------------


def restrained(results: Read, **fields: object) -> list[Finding]:
    fixed: dict[str, object] = {"case": "mlp/forward/64", "phase": "before", "at_s": 1.0}
    state = msgspec.convert(fixed | fields, State)
    head, *rest = run()
    return list(steadiness.restrained(context.of(results([head, state, *rest]))))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"power": "battery", "battery": 0.5}, "the machine ran on its battery"),
        ({"low_power": True}, "the machine was in its low-power mode"),
        ({"thermal": "serious"}, "heat limited the machine: serious"),
        ({"thermal": "CPU speed limit 70 %"}, "heat limited the machine: CPU speed limit 70 %"),
        ({"load": 4.0}, "up to 4 programs competed for 2 cores before a case"),
    ],
)
def test_a_machine_that_holds_itself_back_is_busy(results: Read, fields, said: str) -> None:
    (finding,) = restrained(results, **fields)
    assert (finding.severity, finding.what, finding.where) == ("busy", said, "mlp/forward/64")


@pytest.mark.parametrize(
    "fields",
    [
        {"power": "mains", "battery": 0.5, "low_power": False},
        {"thermal": "nominal"},
        {"thermal": "Nominal"},
        {"load": 2.9},
        {"phase": "after", "load": 9.0},
        {},
    ],
)
def test_a_machine_at_its_ease_is_not(results: Read, fields) -> None:
    assert restrained(results, **fields) == []


# --- drift --------------------------------------------------------------------------------------


def drifted(results: Read, growth: float, rounds: int = 24) -> list[Finding]:
    """NumPy takes longer and longer; PyTorch does not."""

    def grown(each: Slice) -> Slice:
        factor = 1 + growth * each.round / rounds * each.contender.startswith("numpy")
        return change(each, samples_s=tuple(factor * sample for sample in each.samples_s))

    lines = [grown(line) if isinstance(line, Slice) else line for line in run(rounds)]
    return list(steadiness.drifting(context.of(results(lines))))


def test_cells_that_drift_are_noisy(results: Read) -> None:
    (finding,) = drifted(results, 0.4)
    assert finding.severity == "noisy"
    assert "by more than 10 % from the first third" in finding.what
    assert "most of all numpy in " in finding.what
    assert "slower)" in finding.what
    assert finding.where.startswith("numpy ")
    assert "torch" not in finding.where


def test_a_small_drift_or_one_over_few_rounds_is_not(results: Read) -> None:
    assert drifted(results, 0.05) == []
    assert drifted(results, 0.4, rounds=12) == []


def test_noise_is_hardly_ever_taken_for_drift() -> None:
    """Heavy tails and no trend: 18 rounds, a thousand cells."""
    random = np.random.default_rng(5)
    cells = np.exp(0.1 * random.standard_t(2, (1000, 18)))
    assert sum(steadiness._change(cell) is not None for cell in cells) < 10


# --- memory -------------------------------------------------------------------------------------


def kept(results: Read, grown: Callable[[int], int], rounds: int = 8) -> list[Finding]:
    """NumPy's peak has grown by so many MiB at each round; PyTorch's has not."""

    def more(each: Slice) -> Slice:
        added = grown(each.round) * each.contender.startswith("numpy")
        return change(each, peak_resident_bytes=(300 + added) * 2**20)

    lines = [more(line) if isinstance(line, Slice) else line for line in run(rounds)]
    return list(steadiness.growing(context.of(results(lines))))


def test_memory_that_grows_from_round_to_round_is_noted(results: Read) -> None:
    (finding,) = kept(results, lambda at: 20 * at)
    assert finding.severity == "note"
    assert finding.what.startswith("the memory of numpy grows while it is timed: by 140")
    assert "torch" not in finding.where


def test_a_buffer_that_grows_once_few_rounds_or_a_few_bytes_are_not(results: Read) -> None:
    assert kept(results, lambda at: 500 * (at > 2)) == []
    assert kept(results, lambda at: 20 * at, rounds=5) == []
    assert kept(results, lambda at: at) == []
