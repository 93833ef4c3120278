"""Meters: what they tell of a slice, when they keep silent, and that they fail only once."""

from types import SimpleNamespace

import pynvml
import pytest

from bench.meters import energy, energy_counters
from bench.meters.energy import Meter
from bench.meters.energy_counters import Counter, Unreadable
from bench.meters.run_meters import Meters
from frameworks.interface import Device

CPU, GPU = Device("cpu", "cpu", "cpu"), Device("mps", "gpu", "Apple M2")


class Machine:
    """Its clock and its counter go on as a test says; `broken` makes the counter unreadable."""

    def __init__(self, monkeypatch):
        self.at_s, self.used_j, self.broken, self.reads = 100.0, 7.0, False, 0
        monkeypatch.setattr(energy, "time", SimpleNamespace(monotonic=lambda: self.at_s))

    def read_j(self):
        self.reads += 1
        if self.broken:
            raise Unreadable("gone")
        return self.used_j

    def works(self, seconds, joules):
        self.at_s += seconds
        self.used_j += joules


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


@pytest.fixture
def said():
    return []


@pytest.fixture
def meter(machine, said):
    return Meter(Counter("energy of the CPU", 0.1, machine.read_j), said.append)


def test_joules_of_a_slice(machine, meter, said):
    meter.begin()
    machine.works(0.2, 3.0)
    meter.end()
    machine.works(5.0, 90.0)  # what comes after is not the slice's
    assert meter.joules(0.19) == pytest.approx(3.0)
    assert said == []


@pytest.mark.parametrize(
    ("span_s", "worked_s", "joules"),
    [
        (0.09, 0.09, 2.0),  # shorter than the counter can tell
        (0.5, 0.4, 2.0),  # a fifth of it was not the slice
        (0.5, None, 2.0),
        (0.5, 0.5, 0.0),  # the counter stood still
        (0.5, 0.5, -2.0),  # it was set back
    ],
)
def test_what_means_nothing_is_absent(machine, meter, span_s, worked_s, joules):
    meter.begin()
    machine.works(span_s, joules)
    meter.end()
    assert meter.joules(worked_s) is None


def test_a_slice_that_broke_leaves_nothing_for_the_next(machine, meter):
    meter.begin()
    machine.works(0.2, 3.0)
    meter.end()
    meter.begin()
    assert meter.joules(0.2) is None


def test_a_failure_is_said_once_and_ends_the_metering(machine, meter, said):
    meter.begin()
    machine.broken = True
    machine.works(0.2, 3.0)
    meter.end()
    assert meter.joules(0.2) is None
    machine.broken, machine.reads = False, 0
    meter.begin()
    machine.works(0.2, 3.0)
    meter.end()
    assert meter.joules(0.2) is None
    assert said == ["energy of the CPU is not measured any more: gone"]
    assert machine.reads == 0


def test_without_a_counter_nothing_is_known(said):
    meter = Meter(None, said.append)
    meter.begin()
    meter.end()
    assert meter.joules(1.0) is None
    assert meter.slice_s(0.04, limit_s=1.0) == 0.04
    assert said == []


def test_a_slice_is_made_long_enough_within_its_limit(meter):
    assert meter.slice_s(0.04, limit_s=1.0) == pytest.approx(0.11)
    assert meter.slice_s(0.2, limit_s=1.0) == 0.2
    assert meter.slice_s(0.04, limit_s=0.1) == 0.04


# --- a run's meters -------------------------------------------------------------------------------


def fails(*_):
    raise Unreadable("not here")


@pytest.fixture
def nothing(monkeypatch):
    for name in ("open_apple", "open_nvml", "rapl"):
        monkeypatch.setattr(energy_counters, name, fails)


def test_a_machine_without_counters_has_silent_meters(nothing, said):
    with Meters(said.append) as meters:
        for device in (CPU, GPU, Device("cuda:0", "gpu", "NVIDIA H200")):
            meter = meters.of(device, {})
            meter.begin()
            meter.end()
            assert meter.joules(1.0) is None
    assert said == []


def test_nvidias_library_is_not_asked_for_a_gpu_that_rocm_calls_cuda(nothing, monkeypatch, said):
    asked = []
    monkeypatch.setattr(energy_counters, "open_nvml", lambda: asked.append(1) or fails())
    with Meters(said.append) as meters:
        meters.of(Device("cuda:0", "gpu", "AMD Instinct MI300X", backend="rocm"), {})
        assert asked == []
        meters.of(Device("cuda:0", "gpu", "NVIDIA H200"), {})
    assert asked == [1]


def test_this_machine_has_meters_that_work_or_keep_silent(said):
    """Real counters where there are any; no library or permission is nobody's trouble."""
    with Meters(said.append) as meters:
        for device in (CPU, GPU, Device("cuda:0", "gpu", "NVIDIA H200")):
            meter = meters.of(device, {})
            meter.begin()
            meter.end()
            assert meter.joules(1e-3) is None
    assert said == []


def test_an_apple_chip_is_opened_once_for_both_devices(nothing, monkeypatch, said):
    opened = []
    chip = SimpleNamespace(
        get_cumulative_energy=lambda: SimpleNamespace(cpu_total_mj=5, gpu_mj=None)
    )
    monkeypatch.setattr(energy_counters, "open_apple", lambda: opened.append(1) or chip)
    with Meters(said.append) as meters:
        assert meters.of(CPU, {}) is meters.of(CPU, {})
        assert meters.of(CPU, {}).slice_s(0.04, 1.0) > 0.1
        assert meters.of(GPU, {}).slice_s(0.04, 1.0) == 0.04  # the chip tells nothing of its GPU
    assert opened == [1]
    assert said == []


def test_a_cpu_that_is_not_apples_is_metered_by_rapl(nothing, monkeypatch, said):
    monkeypatch.setattr(
        energy_counters, "rapl", lambda: Counter("energy of the CPU", 0.1, lambda: 1.0)
    )
    with Meters(said.append) as meters:
        assert meters.of(CPU, {}).slice_s(0.04, 1.0) > 0.1
        assert meters.of(GPU, {}).slice_s(0.04, 1.0) == 0.04


def test_nvml_is_opened_once_and_closed(nothing, monkeypatch, said):
    calls = []
    library = SimpleNamespace(
        NVMLError=pynvml.NVMLError,
        NVML_DEVICE_MIG_ENABLE=pynvml.NVML_DEVICE_MIG_ENABLE,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda handle: f"GPU {handle}",
        nvmlDeviceGetUUID=lambda handle: f"GPU-{handle}",
        nvmlDeviceGetMigMode=lambda handle: (0, 0),
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: 1000,
        nvmlShutdown=lambda: calls.append("closed"),
    )
    monkeypatch.setattr(energy_counters, "open_nvml", lambda: calls.append("opened") or library)
    with Meters(said.append) as meters:
        for number in (0, 1):
            meter = meters.of(Device(f"cuda:{number}", "gpu", f"GPU {number}"), {})
            assert meter.slice_s(0.1, limit_s=1.5) == pytest.approx(1.1)
        assert calls == ["opened"]
    assert calls == ["opened", "closed"]
