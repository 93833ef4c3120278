"""What is remembered between runs: whatever else is found in its place counts as nothing."""

import json
import os

import pytest

from bench.plan import cost_forecast, suite_counts
from bench.plan.feasibility import SpeedEstimate
from bench.plan.presets import PRESETS
from suites import catalog

WORK = catalog.cases("matmul", "smoke")[0]


def forecast(path):
    preset = PRESETS["smoke"]
    return cost_forecast.Forecast(SpeedEstimate(preset.step_limit_s), preset, path, {})


def learned(path):
    made = forecast(path)
    made.learn_reference(WORK, 7.0)
    made.save()
    return path.read_bytes()


SPOILT = {
    "a bit": lambda path: path.write_bytes(b"\xff" + path.read_bytes()[1:]),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "a number": lambda path: path.write_text("1"),
    "deep": lambda path: path.write_text("[" * 100_000),
    "no numbers": lambda path: path.write_text(json.dumps(dict.fromkeys("abc", "x"))),
    "endless": lambda path: os.truncate(path, 2**40),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_spoilt_costs_are_forgotten_and_learned_anew(tmp_path, spoil):
    path = tmp_path / "costs.json"
    whole = learned(path)
    assert forecast(path).reference_s(WORK) == 7.0
    spoil(path)
    assert forecast(path).reference_s(WORK) != 7.0
    assert learned(path) == whole


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_spoilt_counts_are_counted_anew(tmp_path, monkeypatch, spoil):
    counted = [suite_counts.SuiteCount("mlp", "a title", {"quick": 3})]
    monkeypatch.setattr(suite_counts, "_counted", lambda: counted)
    assert suite_counts.all_of_them(tmp_path) == counted
    path = tmp_path / "suite_counts.json"
    whole = path.read_bytes()
    spoil(path)
    assert suite_counts.all_of_them(tmp_path) == counted
    assert path.read_bytes() == whole


def test_costs_that_cannot_be_kept_leave_nothing_and_end_nothing(tmp_path):
    path = tmp_path / "costs.json"
    path.mkdir()
    forecast(path).save()
    assert [each.name for each in tmp_path.iterdir()] == ["costs.json"]
