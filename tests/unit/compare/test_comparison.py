"""Comparing: ratios that hold what is true, words that follow from them, who goes with whom."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import builders
from tests.helpers.comparisons import (
    CASE,
    JAX,
    OLD,
    SLOW,
    TORCH,
    compare,
    records,
    runs,
    told,
    verdicts,
)

# --- ratios and words -----------------------------------------------------------------------


def test_two_contenders_of_one_run_are_paired(tmp_path: Path) -> None:
    path = records(tmp_path, builders.run((SLOW, JAX), rounds=12))
    found = told(str(path), "--a", "jax==0.4.38", "--b", "jax")
    assert found["paired"]
    assert set(verdicts(found).values()) <= {"faster", "same", "unresolved"}
    one = next(one for one in found["cases"] if one["case"] == CASE)
    assert one["ratio"] == pytest.approx(1 / 1.1, rel=0.01)
    assert one["low"] < one["ratio"] < one["high"]
    assert (one["verdict"], one["rounds"], one["a"]["version"]) == ("faster", 12, "0.4.38")
    assert found["exit_code"] == 0


def test_of_several_starts_each_counts_once_and_it_is_said(tmp_path: Path) -> None:
    lines = builders.run((SLOW, JAX), rounds=24)
    path = str(records(tmp_path, builders.in_starts(lines, rounds=3)))
    one = next(one for one in told(path)["cases"] if one["case"] == CASE)
    assert (one["rounds"], one["starts"], one["verdict"]) == (24, 8, "faster")
    assert "speak of such starts" in " ".join(compare(path).stdout.split())
    few = str(records(tmp_path, builders.in_starts(lines, rounds=6), "few"))
    (settling,) = {one["more_repeats"] for one in told(few)["cases"]} - {None}
    assert settling == 2  # of four starts; six are the fewest
    assert "about n more starts may settle it" in " ".join(compare(few).stdout.split())


def test_a_run_of_two_needs_no_names(tmp_path: Path) -> None:
    path = str(records(tmp_path, builders.run((OLD, JAX, builders.NULL), rounds=7)))
    assert told(path)["cases"] == told(path, "--a", OLD.spec, "--b", "jax")["cases"]


def test_two_runs_are_unpaired_and_their_intervals_wider(tmp_path: Path) -> None:
    paired = told(str(records(tmp_path, builders.run((OLD, JAX), rounds=12), "one")))
    found = told(*runs(tmp_path, [OLD], [JAX]))
    assert not found["paired"]
    widths = [
        np.median([one["high"] / one["low"] for one in each["cases"]]) for each in (paired, found)
    ]
    assert widths[1] > widths[0]
    assert "Unpaired" in compare(str(tmp_path / "a"), str(tmp_path / "b")).stdout
    assert "Unpaired" in compare(str(tmp_path / "a"), str(tmp_path / "b"), "--markdown", "-").stdout


def test_swapping_the_sides_swaps_the_words_and_inverts_the_ratios(tmp_path: Path) -> None:
    files = runs(tmp_path, builders.FIVE, [replace(m, overhead_s=2e-5) for m in builders.FIVE])
    for there, back in (
        (told(*files), told(*reversed(files))),
        (
            told(files[0], "--a", "torch", "--b", "jax"),
            told(files[0], "--a", "jax", "--b", "torch"),
        ),
    ):
        assert {"slower", "faster"} & set(verdicts(there).values())
        swapped = {"slower": "faster", "faster": "slower"}
        for one, other in zip(
            there["cases"] + there["suites"], back["cases"] + back["suites"], strict=True
        ):
            assert one["verdict"] == swapped.get(other["verdict"], other["verdict"])
            assert one["ratio"] == pytest.approx(1 / other["ratio"])
            assert one["low"] == pytest.approx(1 / other["high"])


@pytest.mark.parametrize("noise", [0.001, 0.01, 0.3])
def test_a_contender_is_never_faster_than_itself(tmp_path: Path, noise: float) -> None:
    model = replace(JAX, noise=noise)
    found = told(*runs(tmp_path, [model], [model]))
    assert set(verdicts(found).values()) <= {"same", "unresolved"}


def test_three_rounds_tell_no_interval_and_only_large_differences(tmp_path: Path) -> None:
    far = [JAX], [replace(JAX, flop_per_s=1e9)]
    found = {
        name: runs(tmp_path / name, *both, rounds=3)
        for name, both in (("far", far), ("near", ([JAX], [SLOW])))
    }
    told_of = {name: told(*files) for name, files in found.items()}
    assert verdicts(told_of["far"])["matmul/square/1024"] == "slower"
    assert set(verdicts(told_of["near"]).values()) == {"unresolved"}
    assert all(one["more_repeats"] >= 3 for one in told_of["near"]["cases"])
    assert {one["verdict"] for one in told_of["near"]["suites"]} == {"unresolved"}
    assert not [one for each in told_of.values() for one in each["cases"] if "low" in one]
    assert "95 %" not in compare(*found["far"]).stdout


def test_a_suite_of_several_cases_has_a_mean(tmp_path: Path) -> None:
    found = told(*runs(tmp_path, [JAX], [SLOW], rounds=9), "--a", "jax", "--b", "jax==0.4.38")
    assert [(one["suite"], one["cases"]) for one in found["suites"]] == [
        *(("matmul", 3), ("hackintosh", 6), ("mlp", 2))
    ]
    ratios = [one["ratio"] for one in found["cases"] if one["suite"] == "matmul"]
    assert found["suites"][0]["ratio"] == pytest.approx(math.prod(ratios) ** (1 / 3))


@pytest.mark.parametrize(("used_s", "told_of"), [(0.1, True), (0.004, False), (None, False)])
def test_company_is_told(tmp_path: Path, used_s: float | None, told_of: bool) -> None:
    files = runs(tmp_path, [JAX], [JAX], others_cpu_s=used_s)
    shown = compare(*files).stdout
    assert ("Other programs used 1.0 cores while B ran" in shown) == told_of
    assert "while A ran" not in shown
    found = told(*files)["b"]
    assert found.get("others_cores") == (used_s and pytest.approx(used_s / 0.1))


# --- who is compared with whom --------------------------------------------------------------


def test_versions_may_differ_and_frameworks_may_not(tmp_path: Path) -> None:
    files = runs(tmp_path, [OLD, builders.FIVE[0]], [JAX, TORCH])
    found = told(*files)
    assert {one["b"]["contender"] for one in found["cases"]} == {"jax/cpu/float32"}
    lonely = {each["what"]: each["why"] for each in found["excluded"]}
    assert lonely["numpy/cpu/float32"] == "only in A"
    assert lonely["torch/cpu/float32"] == "only in B"


def test_several_that_could_be_meant_are_asked_about(tmp_path: Path) -> None:
    other = replace(OLD, spec="jax==0.5.0", version="0.5.0")
    torch = TORCH
    files = runs(tmp_path, [OLD, torch], [JAX, other, torch])
    found = told(*files)
    assert {one["a"]["contender"] for one in found["cases"]} == {"torch/cpu/float32"}
    assert "say which" in found["excluded"][0]["why"]
    assert len(told(*files, "--a", "jax==0.4.38", "--b", "jax==0.5.0")["cases"]) == 11


def test_a_device_is_a_name_too(tmp_path: Path) -> None:
    models = [
        replace(m, device=device, device_name=device)
        for m in (TORCH, JAX)
        for device in ("cpu", "mps")
    ]
    found = told(str(records(tmp_path, builders.run(models))), "--a", "cpu", "--b", "gpu")
    assert len(found["cases"]) == 22
    assert {(one["a"]["contender"], one["b"]["contender"]) for one in found["cases"]} == {
        ("torch/cpu/float32", "torch/mps/float32"),
        ("jax/cpu/float32", "jax/mps/float32"),
    }
