"""The crossover: found where it is known to be, with an interval that holds it, or denied."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.schema import Run, Slice
from reports import content
from reports.analysis import cpu_gpu_pairs, crossover, ranking
from reports.analysis.crossover import Crossing, Point
from reports.chapters import cpu_vs_gpu
from reports.frame import read
from tests.helpers import builders

change = msgspec.structs.replace

SIZES = (100, 1000, 10_000, 100_000, 1_000_000)


def points(cpu, gpu, noise: float = 0.0, seed: int = 1, sizes=SIZES) -> list[Point]:
    """Both devices at each size by these two laws, nine noisy rounds each."""
    random = np.random.default_rng(seed)
    made = []
    for size in sizes:
        logs = math.log(gpu(size) / cpu(size)) + noise * random.standard_normal(9)
        draws = crossover.resampled(logs) if noise else None
        made.append(Point(size, cpu(size), gpu(size), float(np.median(logs)), draws))
    return made


def linear(n: int) -> float:
    return 1e-9 * n


def launched(n: int) -> float:
    return 20e-6 + 1e-10 * n


def test_straight_lines_cross_where_they_cross() -> None:
    found = crossover.find(points(linear, lambda n: 1e-7 * n**0.5))
    assert found.kind == "crosses"
    assert found.size == pytest.approx(10_000)
    assert found.low is None


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_the_interval_holds_the_truth_and_the_estimate(seed: int) -> None:
    found = crossover.find(points(linear, lambda n: 1e-7 * n**0.5, 0.05, seed))
    assert found.size is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.size <= found.high
    assert found.low / 1.1 < 10_000 < found.high * 1.1


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        found = crossover.find(points(linear, lambda n: 1e-7 * n**0.5, 0.05, seed))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 10_000 <= found.high
    assert 170 <= held <= 200


@pytest.mark.parametrize(
    ("cpu", "gpu", "kind"),
    [
        (linear, lambda n: 2 * linear(n), "cpu"),
        (lambda n: 2 * linear(n), linear, "gpu"),
        (linear, lambda n: linear(n) * (0.5 if n == 1000 else 2), "mixed"),
        (linear, launched, "crosses"),
    ],
)
def test_what_does_not_cross_is_said_not_to(cpu, gpu, kind: str) -> None:
    assert crossover.find(points(cpu, gpu)).kind == kind


def test_one_size_tells_no_crossover() -> None:
    assert crossover.find(points(linear, launched)[:1]) == Crossing("one size")


def test_an_interval_may_end_beyond_the_sizes_measured() -> None:
    """At the largest size the GPU wins by less than the noise."""
    made = points(linear, lambda n: linear(n) * (0.98 if n == SIZES[-1] else 2), 0.1)
    last = replace(made[-1], log_ratio=-0.02, draws=np.linspace(-0.14, 0.1, 2000))
    found = crossover.find([*made[:-1], last])
    assert found.kind == "crosses"
    assert found.high == math.inf


def test_rounded_times_are_as_unsure_as_their_rounding() -> None:
    draws = crossover.rounded(3.4, 3.6, 0.1, 0.1)
    assert draws is not None
    assert math.log(3.55 / 3.45) <= draws.min() < draws.max() <= math.log(3.65 / 3.35)
    assert crossover.rounded(3.4, 3.6, 0, 0) is None


def test_few_rounds_tell_no_interval() -> None:
    assert crossover.resampled(np.zeros(2)) is None


# --- measured ---------------------------------------------------------------------------------

GPU = replace(
    builders.FIVE[1], device="mps", device_name="Apple M9", overhead_s=4e-4, flop_per_s=9e12
)


def test_a_run_with_a_gpu_says_from_which_size_on_it_wins(tmp_path: Path) -> None:
    lines = builders.run((builders.FIVE[0], builders.FIVE[1], GPU))
    results = read([builders.write(tmp_path / "records.jsonl", lines)])
    made = content.make(results)
    matmul = [c for c in made.contests if c.suite == "matmul"]
    assert [c.who for c in matmul] == ["best CPU against best GPU", "torch (GPU)"]
    own = matmul[1]
    assert own.size_of == "n"
    assert 256 < (own.crossing.size or 0) < 1024
    assert (own.crossing.low or 0) < (own.crossing.size or 0) < (own.crossing.high or 0)
    said = cpu_vs_gpu.sentence(own)
    assert "the CPU is faster below n = " in said
    assert "95 % interval" in said
    chapter = next(c for c in made.chapters if c.key == "crossover")
    assert [m.at for m in chapter.parts[0].plots[0].marks] == [matmul[0].crossing.size]
    assert chapter.parts[0].data is not None


@pytest.mark.parametrize(("told", "said"), [("samples", "256 samples"), (None, "size 256")])
def test_what_sizes_count_is_what_the_record_says(tmp_path: Path, told, said: str) -> None:
    """Five training samples of `lifecycle`, or of a suite of one's own, are no batch of five."""
    head, *lines = builders.run((builders.FIVE[0], builders.FIVE[1], GPU))
    assert isinstance(head, Run)
    cases = tuple(change(case, suite="mine", size_of=told) for case in head.cases)
    path = builders.write(tmp_path / "records.jsonl", [change(head, cases=cases), *lines])
    contests = content.make(read([path])).contests
    (square,) = (c for c in contests if c.work == "mine" and c.who == "torch (GPU)")
    sentence = cpu_vs_gpu.sentence(replace(square, points=square.points[1:2]))
    assert said in sentence
    assert "batch" not in sentence


def test_a_wrong_answer_is_in_no_contest(tmp_path: Path) -> None:
    wrong = [("torch", f"matmul/square/{n}") for n in (64, 256, 1024)]
    lines = builders.run((builders.FIVE[1], GPU), wrong=wrong)
    results = read([builders.write(tmp_path / "records.jsonl", lines)])
    labels = {run: ranking.labels(results.runs[run]) for run in results.runs}
    found = cpu_gpu_pairs.find(results, dict.fromkeys(results.runs, "x"), labels)
    assert found
    assert not [c for c in found if "matmul" in c.work]


def test_without_a_gpu_the_report_says_so(tmp_path: Path) -> None:
    made = content.make(read([builders.write(tmp_path / "records.jsonl", builders.run())]))
    chapter = next(c for c in made.chapters if c.key == "crossover")
    assert chapter.parts == ()
    assert "No GPU was measured" in chapter.absent


def test_a_pair_that_has_no_round_in_common_is_said_to_have_none(tmp_path: Path) -> None:
    """As of a run whose GPU joined when the CPU's rounds were done."""
    lines = [
        change(line, round=line.round + 100)
        if isinstance(line, Slice) and line.contender == GPU.id
        else line
        for line in builders.run((builders.FIVE[0], builders.FIVE[1], GPU))
    ]
    made = content.make(read([builders.write(tmp_path / "records.jsonl", lines)]))
    assert made.contests
    said = [cpu_vs_gpu.sentence(contest) for contest in made.contests]
    assert said[1] == ("matmul, torch (GPU): no round in common, so there is nothing to compare.")
    chapter = next(c for c in made.chapters if c.key == "crossover")
    assert not chapter.parts[0].table
    assert not chapter.parts[0].plots
