"""What failed checks make of a cell: wrong, untimed or withdrawn, in words and in every ranking."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from bench.schema import Check, Record, Skipped, Verified
from reports import content, context
from reports.compare import fail_on, sides
from reports.compare.comparison import compare
from reports.content import Content
from reports.findings import omissions, registry
from reports.findings.finding import Finding
from reports.frame import Results, read
from reports.verdicts import failed_checks
from tests.helpers import builders

CASE, OTHER = "matmul/square/256", "matmul/square/1024"
JAX, TF = "jax/cpu/float32", "tf/cpu/float32"
LATE = Check(name="work left after wait", error=3.0, limit=1.0, about="time")
OLD = Check(name="seconds of work left after wait", error=4e-4, limit=1e-4)
FALSE = Check(name="rows", error=8.2, limit=0.2)
RIGHT = Check(name="rows", error=0.1, limit=0.2)


@pytest.fixture
def results(tmp_path: Path) -> Callable[[Sequence[Record]], Results]:
    count = itertools.count()
    return lambda lines: read([builders.write(tmp_path / f"{next(count)}.jsonl", lines)])


def failing(
    *checks: Check, contender: str = JAX, case: str = CASE, lines: Sequence[Record] = ()
) -> list[Record]:
    """A run in which these are the checks of a cell after timing."""
    passed = all((c.error or 0) <= (c.limit or 0) and not c.problem for c in checks)
    return [
        msgspec.structs.replace(line, checks=checks, passed=passed)
        if isinstance(line, Verified)
        and (line.contender, line.case, line.phase) == (contender, case, "after")
        else line
        for line in lines or builders.run(special=builders.no_special)
    ]


def status(found: Results, contender: str = JAX, case: str = CASE) -> str:
    (cell,) = (
        cell
        for cells in found.rows.values()
        for cell in cells
        if (cell.contender, cell.case) == (contender, case)
    )
    assert cell.verified is (cell.status == "ok")
    return cell.status


def told(found: Results, severity: str) -> list[Finding]:
    return [each for each in registry.find(context.of(found)) if each.severity == severity]


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ((RIGHT,), "ok"),
        ((RIGHT, LATE), "untimed"),
        ((RIGHT, OLD), "untimed"),
        ((LATE, OLD), "untimed"),
        ((FALSE, LATE), "wrong"),
        ((FALSE,), "wrong"),
        ((), "wrong"),
        ((Check(name="rows", problem="not finite"), LATE), "wrong"),
        ((Check(name="rows"),), "wrong"),
        ((Check(name="clock", problem="it stood still", about="time"),), "untimed"),
        ((Check(name="gradient", problem="never came", error=0.0, limit=1.0),), "wrong"),
    ],
)
def test_only_checks_of_time_leave_the_answers_alone(results, checks, expected) -> None:
    assert status(results(failing(*checks))) == expected


def test_a_look_that_says_it_failed_proves_nothing_by_checks_that_pass(results) -> None:
    lines = [
        msgspec.structs.replace(line, passed=False)
        if isinstance(line, Verified) and line.contender == JAX
        else line
        for line in builders.run()
    ]
    assert status(results(lines)) == "wrong"


def test_wrong_before_untimed_whatever_the_order_of_looks(results) -> None:
    lines = [
        msgspec.structs.replace(line, checks=(LATE,), passed=False)
        if isinstance(line, Verified) and (line.contender, line.phase) == (JAX, "before")
        else line
        for line in failing(FALSE)
    ]
    assert status(results(lines)) == "wrong"
    assert status(results(lines), case=OTHER) == "untimed"


# --- untimed ----------------------------------------------------------------------------------


def made(found: Results) -> Content:
    return content.make(found)


def test_an_untimed_cell_is_in_no_ranking_and_is_told(results) -> None:
    found = results(failing(RIGHT, LATE))
    (finding,) = told(found, "untimed")
    assert finding.what == (
        "the time of jax is not credible: work left after wait: 3.0x the limit (3 > 1)"
    )
    assert finding.where == CASE
    report = made(found)
    assert "1 untimed" in report.summary
    (group,) = (g for g in report.sections[0].rankings[0].groups if g.size == 256)
    assert group.missing == {"jax": "untimed"}
    assert "jax" not in {row.label for row in group.rows}


def test_findings_are_ordered_wrong_untimed_failed_withdrawn(results) -> None:
    def some(model: builders.Model, workload: object) -> Record | None:
        return withdrawn(model, workload) or builders.usual_troubles(model, workload)  # type: ignore[arg-type]

    lines = failing(LATE, lines=builders.run(special=some))
    lines = failing(FALSE, contender=TF, lines=lines)
    found = [each.severity for each in registry.find(context.of(results(lines)))]
    assert found[:4] == ["wrong", "untimed", "failed", "withdrawn"]


def test_a_comparison_with_an_untimed_cell_fails(tmp_path: Path) -> None:
    sound = builders.write(tmp_path / "a.jsonl", builders.run(special=builders.no_special))
    second = builders.run(special=builders.no_special, name="20261120-111500-cd34")
    late = builders.write(tmp_path / "b.jsonl", failing(LATE, lines=second))

    def outcome(second: Path) -> tuple[int, list[str]]:
        a, b = sides.load(sound, second, JAX, JAX)
        found = compare(a, b, threshold=0.01, named=True)
        return fail_on.outcome(found, ()).exit_code, [one.why for one in found.excluded]

    assert outcome(builders.write(tmp_path / "c.jsonl", second)) == (0, [])
    code, why = outcome(late)
    assert code == 1
    assert why[0].startswith("untimed: work left after wait: 3.0x the limit")


# --- withdrawn --------------------------------------------------------------------------------

REASON = "the loss of the reference's own solution is not finite after 2 of 10 steps"


def withdrawn(model: builders.Model, workload: object) -> Record | None:
    case = getattr(workload, "case", "")
    if case != "mlp/train/64":
        return None
    return Skipped(contender=model.id, case=case, reason=REASON, withdrawn=True)


def test_what_cannot_be_checked_is_withdrawn_and_counts_as_no_trouble(results) -> None:
    found = results(builders.run(special=withdrawn))
    assert status(found, case="mlp/train/64") == "withdrawn"
    (finding,) = told(found, "withdrawn")
    assert finding.what == f"mlp/train/64: answers cannot be checked: {REASON}"
    assert finding.where.startswith("numpy, ") and "jax" in finding.where
    assert not told(found, "wrong") + told(found, "failed") + told(found, "untimed")
    assert not omissions.find(context.of(found))
    assert "5 withdrawn" in made(found).summary


def test_a_plain_skip_is_no_finding(results) -> None:
    found = results(builders.run())
    assert status(found, "numpy/cpu/float32", "mlp/train/64") == "skipped"
    assert not told(found, "withdrawn")
    assert omissions.find(context.of(found))


# --- words ------------------------------------------------------------------------------------


def words(*checks: Check) -> str:
    return failed_checks.words(
        Verified(contender=JAX, case=CASE, phase="before", passed=False, checks=checks)
    )


def test_mistakes_are_told_by_their_factor_largest_first() -> None:
    checks = (
        RIGHT,
        Check(name="loss", error=3.0, limit=1.0),
        Check(name="gradient of 2.bias", error=8.2, limit=0.2),
        Check(name="gradient of 0.bias", error=0.5, limit=0.1),
        Check(name="output", error=2.0, limit=1.0),
        LATE,
    )
    assert words(*checks) == (
        "gradient of 2.bias is off by 41x the limit, gradient of 0.bias is off by 5.0x the "
        "limit, loss is off by 3.0x the limit, and 1 more (before timing)"
    )


def test_problems_without_a_number_come_first() -> None:
    said = words(FALSE, Check(name="output", problem="not finite"))
    assert said == "output: not finite, rows is off by 41x the limit (before timing)"
    assert words(FALSE, Check(name="repeated", error=0.5, limit=0.0)).startswith(
        "repeated is off by 0.5, and no error is allowed, rows"
    )
    assert words() == "not proven right before timing"


def test_the_worst_cell_is_found_first(results) -> None:
    lines = failing(FALSE, contender=TF)
    lines = failing(Check(name="rows", error=900.0, limit=1.0), lines=lines)
    assert [each.what.split()[0] for each in told(results(lines), "wrong")] == ["jax", "tf"]
    lines = failing(Check(name="rows", problem="never came"), contender=TF, lines=lines)
    assert [each.what.split()[0] for each in told(results(lines), "wrong")] == ["tf", "jax"]


# --- reach ------------------------------------------------------------------------------------


def test_how_far_answers_were_checked_is_a_note(results) -> None:
    reach = "answers were checked over 1 of 10 epochs"
    lines = [
        msgspec.structs.replace(line, reach=reach)
        if isinstance(line, Verified) and line.case == CASE and line.contender in (JAX, TF)
        else line
        for line in builders.run()
    ]
    found = [each for each in told(results(lines), "note") if reach in each.what]
    assert [(each.what, each.where) for each in found] == [(f"{reach}: {CASE}", "tf, jax")]
    assert not [each for each in told(results(builders.run()), "note") if "checked" in each.what]
