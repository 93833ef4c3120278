"""The page of sustained work: what remains, its charts, and text that stays text."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from bench.commands import sustain
from bench.commands.sustain import SustainOptions
from bench.plan.options import RunOptions
from bench.schema import Record, Run, Slice, State, Verified
from bench.values import BadValue
from reports.frame import read
from reports.sustain import page, words
from reports.sustain.pace import paces
from tests.helpers import builders

change = msgspec.structs.replace
CASE = "mlp/train/64"
EVIL = "<script>alert(1)</script>|`x`"
STEADY, SLOW, LOST = (model.id for model in builders.FIVE[1:4])


def sustained(line, at_s):
    """A slice of five seconds at that time, and what the machine told before it."""
    slow = line.contender == SLOW and line.round > 40
    samples_s = tuple((4 / 3 if slow else 1) * each for each in line.samples_s)
    told = State(
        case=CASE,
        phase="during",
        at_s=at_s,
        contender=line.contender,
        gpu_hz=1.3e9 if slow else 1.4e9,
        gpu_celsius=60.0 + line.round / 10,
    )
    return told, change(line, samples_s=samples_s, wall_s=5.0, at_s=at_s, energy_j=100.0)


@pytest.fixture
def found(tmp_path):
    """Two contenders for ten minutes, of which the second comes to three quarters of its pace; and
    one whose answers were not checked afterwards."""
    lines = builders.run(builders.FIVE[1:4], rounds=120, special=builders.no_special)
    made: list[Record] = []
    at_s = 0.0
    for line in lines:
        if isinstance(line, Run):
            cases = tuple(case for case in line.cases if case.case == CASE)
            machine = change(line.machine, label=EVIL)
            settings = {**line.settings, "sustained_s": 600}
            made.append(change(line, cases=cases, settings=settings, machine=machine))
        elif getattr(line, "case", None) not in (CASE, None):
            continue
        elif isinstance(line, Slice):
            made += sustained(line, at_s)
            at_s += 5.0
        elif not (isinstance(line, Verified) and line.contender == LOST and line.phase == "after"):
            made.append(line)
    return paces(read([builders.write(tmp_path / "run.jsonl", made)]))


def test_who_slows_down_and_what_remains(found):
    said = {pace.contender: pace for pace in found.paces}
    assert {name: pace.word for name, pace in said.items()} == {STEADY: "steady", SLOW: "slows"}
    assert said[SLOW].remains == pytest.approx(0.75, rel=0.03)
    assert said[SLOW].half_at_s == pytest.approx(205, abs=10)
    assert [contender for contender, *_ in found.absent] == [LOST]
    assert words.headline(found).startswith("1 of 2 slow down under load; ")
    assert len(words.terminal(found)) == 4


def test_readings_lie_on_the_seconds_of_work(found):
    (slow,) = (pace for pace in found.paces if pace.contender == SLOW)
    power, clock, heat = slow.others
    assert (power.unit, clock.name, heat.name) == ("W", "GPU clock", "GPU temperature")
    assert power.values[0] == pytest.approx(20.0)  # 100 J in 5 s
    assert [clock.values[0], clock.values[-1]] == pytest.approx([1400, 1300])
    assert all(0 <= at <= 600 for at in heat.at_s)


def test_the_page_draws_it_and_executes_nothing(found):
    html, text = page.render(found), page.markdown(found)
    assert EVIL not in html
    assert "<script>alert" not in text
    assert html.count('<figure class="trend"') == 2 * 4  # pace, power, clock, heat
    assert "% remains</span>" in html
    assert "| GPU clock, MHz | GPU temperature, degrees C |" in text


@pytest.mark.parametrize(("minutes", "rest"), [(1.0, 60.0), (1e6, 60.0), (10.0, -1.0)])
def test_minutes_that_tell_nothing_are_refused(minutes, rest, tmp_path):
    typed = {"device": "cpu", "precision": "float32", "preset": "smoke", "out": tmp_path}
    asked = RunOptions(framework="numpy", suite="matmul", **typed)
    with pytest.raises(BadValue, match="Received: "):
        SustainOptions(asked, minutes, rest).request()
    wanted = SustainOptions(asked, 2.0, 0.0).request()
    assert len(wanted.cases) == 1
    assert wanted.settings["sustained_s"] == 120.0


def test_the_heaviest_case_that_fits_is_taken(tmp_path, monkeypatch):
    typed = {"device": "cpu", "precision": "float32", "preset": "smoke", "out": tmp_path}
    asked = RunOptions(framework="numpy", suite="matmul", **typed)
    chosen = []
    for free in (2**40, 2**25, 0):
        told = SimpleNamespace(available=free)
        monkeypatch.setattr(sustain.psutil, "virtual_memory", lambda told=told: told)
        chosen += SustainOptions(asked, 2.0, 0.0).request().cases
    assert chosen == ["matmul/square/1024", "matmul/square/256", "matmul/square/64"]
