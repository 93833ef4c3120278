"""Findings against one contender stand together, largest first; commands and advice once."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.schema import Check, Verified
from reports import context
from reports.findings import glance, grouped, registry
from reports.findings.finding import Finding
from reports.frame import read
from reports.verdicts import failed_checks
from tests.helpers import builders
from tests.unit.findings.test_verification import CASE, FALSE, JAX, TF, failing

REPEAT = "./metalbench run"


def finding(severity: str, about: str = "", effect: float = 0.0, brief: str = "") -> Finding:
    action = "Close other programs."
    return Finding(
        severity, f"{about} {effect}", "", action, about=about, effect=effect, command=REPEAT,
        brief=brief,
    )  # fmt: skip


def test_what_is_known_against_one_is_one_group() -> None:
    every = [finding("wrong", "tf", 3.0), finding("wrong", "jax", 2.0), finding("wrong", "tf", 1.0)]
    first, second = grouped.grouped(every)
    assert [one.effect for one in first.findings] == [3.0, 1.0]
    assert (first.actions, first.commands) == (("Close other programs.",), (REPEAT,))
    assert (second.actions, second.commands) == (("Close other programs.",), ())


def test_what_is_nobodys_fault_stands_by_itself() -> None:
    assert len(grouped.grouped([finding("busy"), finding("busy"), finding("wrong")])) == 3


def test_a_glance_names_whose_figures_not_to_quote_then_what_weakens_all() -> None:
    every = [
        finding("wrong", "tf"),
        finding("wrong", "tf"),
        finding("suspect", "jax"),
        *(finding("busy", brief=f"cause {n}") for n in range(5)),
    ]
    assert glance.sentences(every) == (
        "Answers of tf are wrong; times of jax are doubtful. "
        "Cause 0; cause 1; cause 2; 2 more."
    )  # fmt: skip
    assert glance.sentences([]) == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("change of features.1.running_mean", "batch-norm mean"),
        ("change of 2.weight", "weights"),
        ("gradient of 0.bias", "gradient of biases"),
        ("rows", "rows"),
        ("losses of learning", "losses of learning"),
    ],
)
def test_parameters_of_one_kind_are_one_check(name: str, said: str) -> None:
    look = Verified(
        contender=JAX, case=CASE, phase="after", passed=False, checks=(Check(name, 8.6e-9, 6.6e-9),)
    )
    worst = failed_checks.worst([look])
    assert worst is not None
    named = "" if name == said else f"{name}: "
    assert (worst.check, worst.said) == (said, f"{named}8.6e-09 > 6.6e-09")
    assert math.isclose(worst.factor, 8.6 / 6.6)


def test_one_check_of_one_contender_is_one_finding_however_many_cases(tmp_path: Path) -> None:
    lines = failing(FALSE, lines=failing(FALSE, case="matmul/square/64"))
    lines = failing(Check(name="rows", error=900.0, limit=1.0), contender=TF, lines=lines)
    found = [
        each
        for each in registry.find(context.of(read([builders.write(tmp_path / "a.jsonl", lines)])))
        if each.severity == "wrong"
    ]
    assert [each.about for each in found] == ["tf", "jax"]
    assert found[0].what == "tf is wrong by 900x the limit: rows (9e+02 > 1)"
    assert found[1].what.startswith("jax is wrong by up to 41x the limit: rows (")
    assert set(found[1].where.split(", ")) == {CASE, "matmul/square/64"}
    assert found[1].command.startswith("make bench FRAMEWORK=jax SUITE=matmul ")


def test_all_severities_are_known(tmp_path: Path) -> None:
    found = registry.find(context.of(read([builders.write(tmp_path / "a.jsonl", builders.run())])))
    assert {each.severity for each in found} <= set(registry.SEVERITIES)
