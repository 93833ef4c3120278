"""Cells that are not attempted: too large, or predicted to be too slow."""

from dataclasses import replace

import psutil
import pytest

from bench import limits
from bench.contenders import Contender, Device, parse
from suites.workload import Product

CPU = Contender(parse(["numpy"])[0], Device("cpu", "cpu", "cpu"), "float32", None)


def product(n):
    return Product(suite="matmul", name="square", m=n, k=n, n=n)


def test_a_case_beyond_the_free_memory_gives_both_figures(monkeypatch):
    free = psutil.virtual_memory()._replace(available=3 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert limits.memory_reason(product(1024), [CPU] * 5) is None
    reason = limits.memory_reason(product(8192), [CPU] * 5)
    assert reason == "needs about 10.0 GiB for 5 contender(s), 3.0 GiB of memory are free"


def test_a_device_of_known_memory_is_asked_too():
    gpu = Device("cuda:0", "gpu", "a card", memory_bytes=2**30)
    small = replace(CPU, device=gpu)
    assert limits.device_memory_reason(product(1024), small) is None
    assert "a card has 1.0 GiB" in (limits.device_memory_reason(product(8192), small) or "")
    assert limits.device_memory_reason(product(8192), CPU) is None


@pytest.mark.parametrize(("step_limit_s", "skipped"), [(7.9, True), (8.1, False)])
def test_pace_predicts_the_next_size(step_limit_s, skipped):
    pace = limits.Pace(step_limit_s)
    pace.learn(CPU, product(512), step_s=1.0)
    assert (pace.reason(CPU, product(1024)) is not None) == skipped


def test_pace_knows_nothing_of_other_kinds_of_work():
    pace = limits.Pace(0.001)
    pace.learn(CPU, product(512), step_s=1.0)
    other = Product(suite="hackintosh", name="product_only", m=1, k=10, n=1)
    assert pace.reason(CPU, other) is None


def test_a_steady_step_foretells_other_work_of_its_suite():
    other = Product(suite="matmul", name="batched", m=1024, k=1024, n=1024)
    pace = limits.Pace(7.9)
    pace.learn(CPU, product(512), step_s=limits.STEADY_S / 2)
    assert pace.reason(CPU, other) is None  # a short step may be all overhead
    pace.learn(CPU, product(512), step_s=1.0)
    assert pace.reason(CPU, other) is None  # the best speed counts, however short its step
    slow = limits.Pace(7.9)
    slow.learn(CPU, product(512), step_s=1.0)
    assert "one step would take about 8 s" in slow.reason(CPU, other)
