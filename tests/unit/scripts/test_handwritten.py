"""The race against hand-written models says where ours is too slow, and its exit code says so."""

import types

import pytest

from bench.worker import measure
from frameworks.numpy import adapter
from scripts.handwritten import __main__ as rivals
from suites.layers import Linear
from suites.workload import Forward

WORK = Forward(suite="t", name="linear", model=Linear(4, 2), input_shape=(2, 4))


@pytest.fixture
def rival(monkeypatch):
    """One that needs so long for a step, on a clock on which ours takes 5 ms to wait for."""
    now = types.SimpleNamespace(s=0.0)

    def spend(seconds):
        now.s += seconds

    monkeypatch.setattr(measure, "perf_counter_ns", lambda: round(now.s * 1e9))
    monkeypatch.setattr(adapter, "wait", lambda outputs: spend(0.005))
    return lambda takes_s: types.SimpleNamespace(
        count=lambda model: 10, forward=lambda model, x: lambda: spend(takes_s)
    )


@pytest.mark.parametrize(("takes_s", "marked"), [(0.0, True), (0.05, False)])
def test_a_ratio_below_what_is_expected_is_marked(rival, capsys, takes_s, marked):
    ratio = rivals.race(adapter, rival(takes_s), None, WORK, rounds=3)
    (line,) = capsys.readouterr().out.splitlines()
    assert (ratio < rivals.EXPECTED) == marked
    assert line.endswith("below 0.97") == marked
    assert "build (s)" in rivals.HEAD
    assert float(line.split()[2]) < 1


@pytest.mark.parametrize(("takes_s", "code"), [(0.0, 1), (0.05, 0)])
def test_the_exit_code_tells(rival, monkeypatch, takes_s, code):
    theirs = types.SimpleNamespace(**vars(rival(takes_s)), MODELS={"linear": lambda: None})
    modules = {"frameworks.numpy.adapter": adapter, "scripts.handwritten.numpy": theirs}
    monkeypatch.setattr(rivals.importlib, "import_module", modules.__getitem__)
    monkeypatch.setattr(rivals, "workloads", lambda name, small: [WORK])
    with pytest.raises(SystemExit) as done:
        rivals.main("numpy", 1, 3)
    assert done.value.code == code
