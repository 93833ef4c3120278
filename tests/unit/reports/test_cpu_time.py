"""CPU time decides where others interrupt long steps of one thread, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from bench.schema import Runtime, Slice
from reports import content
from reports.analysis import suite_leaders
from reports.frame import read
from tests.helpers import builders
from tests.helpers.comparisons import compare

BIG, SMALL = "matmul/square/1024", "matmul/square/64"
JAX = replace(builders.FIVE[3], noise=0.3)
TWIN = replace(JAX, spec="jax==0.4.38")


def records(folder: Path, threads: int = 1, company_s: float = 0.05) -> Path:
    """Wall times that tell nothing, and CPU times of which the second's are 5 % longer."""
    draw, lines = np.random.default_rng(5), []
    for line in builders.run([JAX, TWIN], rounds=12, others_cpu_s=company_s):
        if isinstance(line, Slice):
            steps = line.steps_per_sample * len(line.samples_s)
            used_s = 0.006 * (1.05 if "==" in line.contender else 1.0)
            used_s *= float(np.exp(0.001 * draw.standard_normal()))
            line = structs.replace(line, cpu_user_s=steps * used_s, cpu_system_s=0.0)
        elif isinstance(line, Runtime):
            line = structs.replace(line, threads=threads)
        lines.append(line)
    return builders.write(folder / "records.jsonl", lines)


def rows(path: Path):
    made = content.make(read([path]))
    return {
        f"{ranking.suite}/{ranking.name}/{group.size}": group.rows[1]
        for ranking in made.sections[0].rankings
        for group in ranking.groups
    }


def test_long_steps_of_one_thread_in_company_are_told_by_cpu_time(tmp_path: Path) -> None:
    found = rows(records(tmp_path))
    big, small = found[BIG], found[SMALL]
    assert big.by_cpu
    assert suite_leaders.words(big) in ("1.05x slower by CPU time", "1.05x faster by CPU time")
    assert (small.standing, small.by_cpu) == ("unresolved", None)


@pytest.mark.parametrize(("threads", "company_s"), [(2, 0.05), (1, 0.001)])
def test_not_of_several_threads_nor_where_nobody_interrupts(
    tmp_path: Path, threads: int, company_s: float
) -> None:
    big = rows(records(tmp_path, threads, company_s))[BIG]
    assert (big.standing, big.by_cpu) == ("unresolved", None)


def test_a_comparison_says_which_time_decided(tmp_path: Path) -> None:
    path = str(records(tmp_path))
    cases = json.loads(compare(path, "--json", "-").stdout)["cases"]
    told = {one["case"]: one for one in cases}
    assert (told[BIG]["decided_by"], told[BIG]["verdict"]) == ("CPU time", "slower")
    assert told[BIG]["cpu_ratio"] == pytest.approx(1.05, rel=0.01)
    assert told[SMALL]["decided_by"] == "wall time"
    assert "slower by CPU time (1.05" in compare(path).stdout
