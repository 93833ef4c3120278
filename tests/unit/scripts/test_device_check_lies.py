"""The device check's lies: that they are lies, and what is said of them."""

import dataclasses
import types

import numpy as np
import pytest

from frameworks.interface import Device, Settings, parts
from frameworks.numpy import adapter
from scripts.device_check import lies, lying, places, verdicts
from scripts.device_check.lies import BY_NAME, LIES
from scripts.device_check.verdicts import Cell
from suites import catalog
from suites.data import arrays
from suites.workload import Product


def cell(status="ok", case="matmul/square/64", lie="never_waits", device="cuda:0", **others):
    return Cell(
        part="lies-torch",
        contender=lie or "torch",
        device=device,
        device_name="GPU",
        case=case,
        status=status,
        lie=lie,
        **others,
    )


@pytest.mark.parametrize(
    ("one", "share", "verdict"),
    [
        (cell("untimed"), None, "found"),
        (cell("suspect"), (1.0, 1.1), "found"),
        (cell(), (0.5, 0.6), "missed"),
        (cell(), (0.5, 1.2), "unclear"),
        (cell(), (0.97, 1.2), "time right"),
        (cell(), None, "not tried"),
        (cell("no time"), None, "not tried"),
        (cell("failed"), None, "not tried"),
        (cell(lie="bfloat16"), (1.0, 1.0), "missed"),
        (cell(lie="on_cpu"), (1.0, 1.0), "missed"),
        (cell(lie="on_cpu", device="cpu"), (1.0, 1.0), "no lie"),
        (cell(lie="wrong_gradient"), (1.0, 1.0), "no lie"),
        (cell("no time", lie="wrong_gradient"), None, "no lie"),
        (cell("wrong", lie="wrong_gradient"), None, "accused"),
        (cell("wrong", lie="wrong_gradient", case="mlp/train/64"), None, "found"),
    ],
)
def test_a_lie_is_found_or_missed_or_none(one, share, verdict):
    assert verdicts.judged(one, share).verdict == verdict


def test_not_to_wait_is_no_lie_where_steps_return_when_they_are_done():
    assert verdicts.judged(cell(), (0.5, 0.6), late=False).verdict == "time right"
    cached = cell(lie="caches_by_input")
    assert verdicts.judged(cached, (0.5, 0.6), late=False).verdict == "missed"


def test_every_lie_has_something_that_tells_it():
    assert set(lying.LIES) == set(BY_NAME)


def test_lies_are_those_that_can_be_told_there():
    cpu = Device("cpu", "cpu", "cpu")
    gpu = Device("cuda:0", "gpu", "GPU")
    place = places.Place("torch", "torch:/x", None, (cpu,))
    on_cpu = {lie.name for lie in lies.of(place)}
    assert {lie.name for lie in LIES} - on_cpu == {"on_cpu", "tf32"}
    assert len(lies.of(dataclasses.replace(place, devices=(cpu, gpu)))) == len(LIES)
    numpy = dataclasses.replace(place, framework="numpy")
    assert "wrong_gradient" not in {lie.name for lie in lies.of(numpy)}


# --- the lies themselves --------------------------------------------------------------------


def told(lie, case="matmul/square/64"):
    """NumPy with this lie: its module, its step and how to exchange its arrays, and the arrays."""
    into = {}
    lying.install(into, "numpy", lie)
    module = types.SimpleNamespace(**into)
    module.start(Device("cpu", "cpu", "cpu"), Settings("float32", "eager"))
    workload = catalog.find("matmul", "smoke", case)
    assert isinstance(workload, Product)
    made = arrays.make(workload, 0)
    return module, *parts(module.build(workload, made)), made


def off(module, result, a, b):
    exact = a.astype(float) @ b.astype(float)
    return np.abs(module.to_numpy(result["product"]) - exact).max(axis=1) / np.abs(exact).max()


@pytest.mark.parametrize(("lie", "wrong"), [("bfloat16", 64), ("tenth_of_rows", 58)])
def test_its_answers_are_wrong(lie, wrong):
    module, step, reset, made = told(lie)
    for _ in range(2):
        assert (off(module, step(), made.ring[0]["a"], made.inputs["b"]) > 1e-4).sum() == wrong
        reset(made)()


def test_what_is_cached_is_right_until_the_arrays_are_exchanged_and_after():
    module, step, reset, made = told("caches_by_input")
    first = [step() for _ in made.ring]
    again = [step() for _ in made.ring]
    assert all(one is other for one, other in zip(first, again, strict=True))
    assert off(module, first[1], made.ring[1]["a"], made.inputs["b"]).max() < 1e-5
    reset(made)()
    assert step() is not first[0]


def test_waiting_for_the_first_waits_for_that_alone(monkeypatch):
    seen = []
    monkeypatch.setattr(adapter, "wait", seen.append)
    module, *_ = told("waits_first")
    module.wait([1, 2, 3])
    told("never_waits")[0].wait([1])
    assert seen == [[1]]
