"""Comparing what was not made alike: refused with what differs, or marked where that was asked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bench.schema import Run, Runtime, State
from tests.helpers import builders
from tests.helpers.comparisons import (
    CASE,
    JAX,
    TORCH,
    changed,
    compare,
    records,
    runs,
    told,
    two,
    verdicts,
)

# --- what is never compared in silence ------------------------------------------------------


SETTINGS = {"preset": "smoke", "seed": 0, "threads": None, "preset_slice_s": 0.1}


@pytest.mark.parametrize(
    ("word", "values", "named"),
    [
        ("machines", {"machine": structs.replace(builders.MACHINE, cpu="Other")}, "CPU"),
        ("machines", {"machine": structs.replace(builders.MACHINE, translated=True)}, "Rosetta"),
        ("machines", {"machine": structs.replace(builders.MACHINE, hypervisor="KVM")}, "virtual"),
        ("settings", {"settings": SETTINGS | {"threads": 2}}, "threads: A not given, B 2"),
        ("settings", {"settings": SETTINGS | {"preset_slice_s": 0.2}}, "preset_slice_s"),
        ("settings", {"settings": SETTINGS | {"seed": 1}}, "seed"),
    ],
)
def test_runs_that_were_not_made_alike_are_refused(
    tmp_path: Path, word: str, values: dict[str, Any], named: str
) -> None:
    files = two(tmp_path, changed(builders.run([JAX]), settings=SETTINGS), **values)
    done = compare(*files)
    assert done.exit_code == 2
    assert named in done.stderr
    assert f"--across {word}" in done.stderr
    found = told(*files, "--across", word)
    assert any(named in each for each in found["across"])
    for output in ([], ["--markdown", "-"]):
        assert "although it differs" in compare(*files, "--across", word, *output).stdout


def test_updates_and_battery_are_said_and_refuse_nothing(tmp_path: Path) -> None:
    head, *rest = builders.run([JAX])
    newer = structs.replace(builders.MACHINE, release="6.2.0")
    state = State(case=CASE, phase="before", at_s=0.0, power="battery")
    lines = [structs.replace(head, machine=newer, run="other"), state, *rest]
    files = [str(records(tmp_path, builders.run([JAX]))), str(records(tmp_path, lines, "b"))]
    for output in ([], ["--markdown", "-"]):
        said = " ".join(compare(*files, *output).stdout.split())
        assert re.search(r"Differs too: system: A 6\.1\.0, B 6\.2\.0", said.replace("\\", ""))
        assert "B ran on battery" in said


def test_how_long_was_measured_may_differ(tmp_path: Path) -> None:
    longer = {"preset": "full", "preset_target": 0.005, "preset_max_rounds": 300}
    lines = changed(builders.run([JAX]), settings=SETTINGS)
    assert told(*two(tmp_path, lines, settings=SETTINGS | longer))["across"] == []


@pytest.mark.parametrize(
    "values", [{"threads": 4}, {"environment": {"OMP_NUM_THREADS": "1"}}, {"threads": 1}]
)
def test_contenders_that_ran_otherwise_are_refused(tmp_path: Path, values: dict[str, Any]) -> None:
    lines = builders.run([JAX, TORCH])
    other = [
        structs.replace(line, **values)
        if isinstance(line, Runtime) and line.contender.startswith("jax")
        else line
        for line in changed(lines, run="other")
    ]
    files = [str(records(tmp_path, lines)), str(records(tmp_path, other, "b"))]
    found = told(*files)
    assert {one["a"]["contender"] for one in found["cases"]} == {"torch/cpu/float32"}
    assert any("--across settings" in each["why"] for each in found["excluded"])
    assert found["exit_code"] == 1
    assert len(told(*files, "--across", "settings")["cases"]) == 22


@pytest.mark.parametrize(
    ("versions", "older"), [((None, "0.1.0"), "A"), (("0.1.0", None), "B"), (("0.1.0",) * 2, "")]
)
def test_a_hash_that_is_too_old_to_tell_says_so(
    tmp_path: Path, versions: tuple[str | None, str | None], older: str
) -> None:
    lines = changed(builders.run([JAX]), version=versions[0])
    head = lines[0]
    assert isinstance(head, Run)
    first, *rest = head.cases
    cases = (structs.replace(first, definition_sha256="f" * 64), *rest)
    (excluded,) = told(*two(tmp_path, lines, cases=cases, version=versions[1]))["excluded"]
    assert (f"{older} is too old to tell" in excluded["why"]) == bool(older)
    assert ("too old" in excluded["why"]) == bool(older)


def test_other_work_never_has_a_ratio(tmp_path: Path) -> None:
    lines = builders.run([JAX])
    head = lines[0]
    assert isinstance(head, Run)
    first, *rest = head.cases
    cases = (structs.replace(first, definition_sha256="f" * 64), *rest)
    found = told(*two(tmp_path, lines, cases=cases))
    assert first.case not in verdicts(found)
    assert "did different work" in found["excluded"][0]["why"]
    assert found["exit_code"] == 1
    every = tuple(structs.replace(case, definition_sha256="f" * 64) for case in head.cases)
    done = compare(*two(tmp_path / "all", lines, cases=every), "--across", "machines,settings")
    assert (done.exit_code, "different work" in done.stderr) == (2, True)


def test_precisions_are_compared_only_when_asked(tmp_path: Path) -> None:
    half = replace(JAX, precision="bfloat16")
    files = runs(tmp_path, [JAX], [half])
    done = compare(*files)
    assert (done.exit_code, "only in A" in done.stderr) == (2, True)
    named = compare(*files, "--a", "float32", "--b", "bfloat16")
    assert (named.exit_code, "--across precisions" in named.stderr) == (2, True)
    assert "precision: A float32, B bfloat16" in told(*files, "--across", "precisions")["across"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Expected a second run"),
        (("--a", "jax"), "Expected a second run"),
        (("--a", "t", "--b", "jax"), "more than one spec"),
        (("--a", "nonesuch", "--b", "jax"), "no contender"),
        (("--a", "jax", "--b", "jax"), "both A and B"),
        (("--fail-on", "sloer"), "no such limit"),
        (("--fail-on", "slower:x"), "not a percentage"),
        (("--fail-on", "unresolved:3%"), "no such limit"),
        (("--threshold", "0"), "not a percentage"),
        (("--across", "planets"), "no such difference"),
        (("--json", "-", "--markdown", "-"), "standard output"),
        (("--json", "records.jsonl"), "record file"),
    ],
)
def test_what_cannot_be_done_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = compare(str(records(tmp_path, builders.run())), *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Expected" in done.stderr
    assert "Traceback" not in done.output
