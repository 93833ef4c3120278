"""Whatever goes wrong over one cell is a record, and the next case is measured."""

import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from bench.contenders import supervisor as supervisors
from bench.meters.run_meters import Meters
from bench.plan.cost_forecast import Forecast
from bench.plan.feasibility import SpeedEstimate
from bench.plan.presets import PRESETS
from bench.run import case, cell, stopping
from bench.run.case import Case
from bench.run.resume import Checkpoint
from bench.run.session import RunContext
from bench.run.signals import Interrupts
from bench.schema import Failed
from bench.terminal.progress import Plain
from suites import catalog
from suites.verification import reference
from tests.helpers import forged_workers
from tests.helpers.forged_workers import VERBS, ForgedWorker, Tape

FIRST, SECOND = catalog.cases("matmul", "smoke")[:2]
PRESET = replace(PRESETS["smoke"], slice_s=0.001, warm_s=0.0, budget_s=0.01, time_s=None)


@pytest.fixture(scope="module")
def tape():
    return Tape()


@pytest.fixture
def visited(tape, tmp_path, monkeypatch):
    """The records of visits to two cases, where `forge` changes what a worker says."""
    monkeypatch.setattr(cell, "CONFIRMING", 0)
    cache = reference.Cache(tmp_path)

    def visit(forge=lambda verb, line: line):
        def opened(*_, **__):
            return ForgedWorker(tape, forge)

        monkeypatch.setattr(supervisors, "open_worker", opened)
        made, pace = [], SpeedEstimate(PRESET.step_limit_s)
        session = RunContext(
            preset_name="smoke",
            preset=PRESET,
            seed=0,
            cache=cache,
            record=made.append,
            progress=Plain(Console(file=io.StringIO())),
            pace=pace,
            forecast=Forecast(pace, PRESET, tmp_path / "costs.json", {}),
            interrupts=Interrupts(),
            meters=Meters(lambda line: None),
            begun=Checkpoint(tmp_path, "run"),
        )
        asked = forged_workers.supervisor(None)
        for workload in (FIRST, SECOND):
            Case(session, "matmul", workload).visit([asked], stopping.rough(PRESET))
        return made

    return visit


def ends(made):
    found = [
        [each for each in made if getattr(each, "case", "") == work.case]
        for work in (FIRST, SECOND)
    ]
    return [forged_workers.end(each) for each in found]


def once(verb, forged):
    """The first answer to that request is another one."""
    left = [forged]

    def forge(asked, line):
        return left.pop() if asked == verb and left else line

    return forge


def failed(made):
    (record,) = (each for each in made if isinstance(each, Failed))
    return record


@pytest.mark.parametrize("verb", [v for v in VERBS if v not in ("devices", "renew")])
@pytest.mark.parametrize(
    "forged",
    [b"noise\n", b"{}\n", b"", b"[" * 10**5 + b"\n"],
    ids=["noise", "empty", "none", "deep"],
)
def test_a_forged_reply_costs_its_cell_alone(visited, verb, forged):
    made = visited(once(verb, forged))
    record = failed(made)
    assert (record.case, record.stage) == (FIRST.case, "slice" if verb == "rest" else verb)
    assert "fault" not in record.reason
    assert ends(made)[1] in ("measured", "not verified")


def test_the_reply_after_an_extra_line_is_not_taken_for_another(visited):
    def doubled(verb, line):
        return line * 2 if verb == "calibrate" else line

    made = visited(doubled)
    assert ends(made) == ["failed at calibrate"] * 2
    assert all("more than it was asked" in e.reason for e in made if isinstance(e, Failed))


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    verb=st.sampled_from([v for v in VERBS if v != "devices"]),
    at=st.integers(0, 10**6),
    byte=st.integers(0, 255),
)
def test_whatever_one_byte_becomes_every_case_has_its_record(visited, verb, at, byte):
    def spoilt(asked, line):
        if asked != verb:
            return line
        where = at % len(line)
        return line[:where] + bytes([byte]) + line[where + 1 :]

    made = visited(spoilt)
    assert all(ends(made))
    assert not [each for each in made if isinstance(each, Failed) and "fault" in each.reason]


def faulty(*_, **__):
    return 1 // 0


def test_a_fault_of_the_host_over_a_cell_is_a_record_with_its_place(visited, monkeypatch):
    real, left = cell.definition_hash, [faulty]
    monkeypatch.setattr(cell, "definition_hash", lambda w: (left.pop() if left else real)(w))
    made = visited()
    record = failed(made)
    assert (record.case, record.stage) == (FIRST.case, "build")
    assert "a fault of Metalbench" in record.reason and "ZeroDivisionError" in record.reason
    assert "in faulty" in record.output_tail
    assert ends(made)[1] in ("measured", "not verified")


def test_a_fault_between_the_stages_is_one_of_every_cell(visited, monkeypatch):
    real, left = case.agreement.checks, [faulty]
    monkeypatch.setattr(case.agreement, "checks", lambda *a: (left.pop() if left else real)(*a))
    made = visited()
    record = failed(made)
    assert (record.case, record.stage) == (FIRST.case, "case")
    assert "in faulty" in record.output_tail
    assert ends(made)[1] in ("measured", "not verified")


def test_a_full_disk_is_none(visited, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cell, "definition_hash", full)
    with pytest.raises(OSError, match="No space"):
        visited()
