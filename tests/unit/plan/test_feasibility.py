"""Cells that are not attempted: too large, or predicted to be too slow."""

from dataclasses import replace
from types import SimpleNamespace

import psutil
import pynvml
import pytest

from bench.contenders.spec import Contender, parse
from bench.doctor import resources
from bench.doctor.memory_needs import needs
from bench.doctor.subject import Subject
from bench.machine import nvidia
from bench.machine.description import Description
from bench.plan import feasibility
from bench.schema import Gpu, Machine
from frameworks.interface import Device
from suites import catalog
from suites.data.arrays import RING
from suites.verification import reference
from suites.workload import Product

CPU = Contender(parse(["numpy"])[0], Device("cpu", "cpu", "cpu"), "float32", None)


def product(n):
    return Product(suite="matmul", name="square", m=n, k=n, n=n)


def test_a_case_beyond_the_free_memory_gives_both_figures(monkeypatch):
    free = psutil.virtual_memory()._replace(available=3 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert feasibility.memory_reason(product(1024), [CPU] * 5) is None
    reason = feasibility.memory_reason(product(8192), [CPU] * 5)
    assert reason == "needs about 14.0 GiB for 5 contender(s), 3.0 GiB of memory are free"


def test_a_device_of_known_memory_is_asked_too():
    gpu = Device("cuda:0", "gpu", "a card", memory_bytes=2**30)
    small = replace(CPU, device=gpu)
    assert feasibility.device_memory_reason(product(1024), small) is None
    assert "a card has 1.0 GiB" in (feasibility.device_memory_reason(product(8192), small) or "")
    assert feasibility.device_memory_reason(product(8192), CPU) is None


CARD = Device("cuda:0", "gpu", "a card", memory_bytes=2**30)
OTHER = Device("cuda:1", "gpu", "another card", memory_bytes=2**30)


@pytest.fixture
def free(monkeypatch):
    """Bytes that the driver calls free, by the name of the GPU."""
    found = {}
    monkeypatch.setattr(nvidia, "free_bytes", found.get)
    feasibility._free_at_first.cache_clear()
    yield found
    feasibility._free_at_first.cache_clear()


def test_contenders_of_one_device_are_added_up(free):
    small, far = replace(CPU, device=CARD), replace(CPU, device=OTHER)
    assert feasibility.device_memory_reason(product(4096), small, [small, far, CPU]) is None
    reason = feasibility.device_memory_reason(product(4096), small, [small, small, small, far])
    assert reason == "needs about 1.9 GiB for 3 contender(s), a card has 1.0 GiB for them"


def test_what_others_hold_of_a_device_is_not_free(free):
    small = replace(CPU, device=CARD)
    free["a card"] = 2**28
    assert "a card has 0.2 GiB" in (feasibility.device_memory_reason(product(4096), small) or "")
    free["a card"] = 2**30  # what the run itself holds later is no reason
    assert feasibility.own_bytes(CARD) == 2**28


def test_memory_that_the_framework_does_not_tell_is_the_drivers(free):
    silent = replace(CPU, device=replace(CARD, memory_bytes=None))
    assert feasibility.device_memory_reason(product(8192), silent) is None
    feasibility._free_at_first.cache_clear()
    free["a card"] = 2**30
    assert feasibility.device_memory_reason(product(8192), silent) is not None


def test_the_driver_is_asked_by_name_and_may_not_know(monkeypatch):
    cards = {"busy": ("a card", 1), "idle": ("a card", 7), "lost": ("a shared one", None)}

    def memory(handle):
        if cards[handle][1] is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return SimpleNamespace(free=cards[handle][1])

    monkeypatch.setattr(nvidia, "_handles", lambda: tuple(cards))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lambda handle: cards[handle][0])
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", memory)
    names = ("a card", "a shared one", "another")
    assert [nvidia.free_bytes(name) for name in names] == [7, None, None]


def test_nvidias_driver_is_not_asked_for_a_gpu_that_rocm_calls_cuda(free):
    free[CARD.name] = 2**20
    amd = replace(CARD, backend="rocm")
    assert feasibility.own_bytes(CARD) == 2**20
    assert feasibility.own_bytes(amd) == CARD.memory_bytes


def test_on_the_host_a_gpu_of_its_own_memory_keeps_only_what_was_made(free, monkeypatch):
    left = psutil.virtual_memory()._replace(available=11 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: left)
    on_card = replace(CPU, device=CARD)
    assert feasibility.memory_reason(product(8192), [CPU] * 5) is not None
    assert feasibility.memory_reason(product(8192), [on_card] * 5) is None
    unified = replace(CPU, device=Device("metal:0", "gpu", "a chip"))
    assert feasibility.memory_reason(product(8192), [unified] * 5) is not None
    step = catalog.find("sweep", "smoke", "sweep/train/90902")
    made = feasibility.needed_bytes(step, [], 2, solved=True) - feasibility.needed_bytes(
        step, [], 1, solved=True
    )
    assert made == 4 * (90_902 + RING * 10 * 100)


def test_a_reference_that_is_solved_needs_nothing(tmp_path, monkeypatch):
    work = product(1024)
    left = psutil.virtual_memory()._replace(available=3 * work.needed_bytes("float32"))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: left)
    assert feasibility.memory_reason(work, [CPU], 0, reference.Cache(tmp_path)) is not None
    reference.expected(work, "float32", 0, reference.Cache(tmp_path))
    assert feasibility.memory_reason(work, [CPU], 0, reference.Cache(tmp_path)) is None
    assert feasibility.memory_reason(work, [CPU], 1, reference.Cache(tmp_path)) is not None


def test_the_largest_published_step_is_solved_where_it_was_published():
    """900,090,002 parameters on a machine with 64 GB."""
    assert reference.needed_bytes(catalog.find("sweep", "full", "sweep/train/900090002")) < 44e9


def test_the_doctor_adds_up_what_shares_a_gpu():
    card = Gpu(name="a card", vendor="NVIDIA", memory_bytes=2**30, driver="570.1")
    machine = Machine(label="", system="Linux", release="6", architecture="x86_64", gpus=(card,))
    description = Description(
        format=1, machine=machine, state={}, python="3.11", python_architecture="x86_64"
    )
    known = needs(description, ["matmul"], "full")
    assert {need.sharing for need in known} == {4}  # all but NumPy
    (found,) = resources.device_memory(Subject(description, known))
    assert "matmul/square/8192" in found.why
    assert "8.0 GiB for all frameworks beside each other" in found.why


@pytest.mark.parametrize(("step_limit_s", "skipped"), [(7.9, True), (8.1, False)])
def test_pace_predicts_the_next_size(step_limit_s, skipped):
    pace = feasibility.SpeedEstimate(step_limit_s)
    pace.learn(CPU, product(512), step_s=1.0)
    assert (pace.reason(CPU, product(1024)) is not None) == skipped


def test_pace_knows_nothing_of_other_kinds_of_work():
    pace = feasibility.SpeedEstimate(0.001)
    pace.learn(CPU, product(512), step_s=1.0)
    other = Product(suite="hackintosh", name="product_only", m=1, k=10, n=1)
    assert pace.reason(CPU, other) is None


def test_a_steady_step_foretells_other_work_of_its_suite():
    other = Product(suite="matmul", name="batched", m=1024, k=1024, n=1024)
    pace = feasibility.SpeedEstimate(7.9)
    pace.learn(CPU, product(512), step_s=feasibility.STEADY_S / 2)
    assert pace.reason(CPU, other) is None  # a short step may be all overhead
    pace.learn(CPU, product(512), step_s=1.0)
    assert pace.reason(CPU, other) is None  # the best speed counts, however short its step
    slow = feasibility.SpeedEstimate(7.9)
    slow.learn(CPU, product(512), step_s=1.0)
    assert "one step would take about 8 s" in slow.reason(CPU, other)
