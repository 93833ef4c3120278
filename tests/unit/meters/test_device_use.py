"""How busy a device was: means of readings, silence where there is nothing to read."""

import threading
import time
from types import SimpleNamespace

import pynvml
import pytest

from bench.meters import energy_counters
from bench.meters.device_use import DeviceUse
from bench.meters.energy_counters import Unreadable
from bench.meters.readings import Readings
from frameworks.interface import Device
from tests.helpers.patience import PATIENT_S

GPU = Device("cuda:0", "gpu", "NVIDIA H200")


def watched(busy: DeviceUse, readings: int = 3) -> float | None:
    """What it tells once it has read so often, or reads no more."""
    busy.begin()
    deadline = time.monotonic() + PATIENT_S
    while (watch := busy._watch) and watch.is_alive() and len(watch.seen) < readings:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return busy.end()


def test_the_mean_of_what_was_read_between_begin_and_end():
    shares = iter([0.2, 0.4, 0.9] * 1000)
    assert 0.2 <= watched(DeviceUse(GPU, read=lambda: next(shares), settle_s=0.0)) <= 0.9
    assert watched(DeviceUse(GPU, read=lambda: 0.75, settle_s=0.0)) == 0.75
    assert watched(DeviceUse(GPU, read=lambda: 0.0, settle_s=0.0)) == 0.0


def test_a_slice_too_short_to_be_seen_has_no_figure():
    assert watched(DeviceUse(GPU, read=lambda: 0.0), readings=0) is None


def test_readings_of_what_preceded_the_slice_do_not_count():
    begun = time.monotonic()
    busy = DeviceUse(GPU, read=lambda: float(time.monotonic() < begun + 0.1), settle_s=0.15)
    assert watched(busy) == 0.0


def test_a_counter_that_fails_is_asked_no_more():
    asked = []

    def read() -> float:
        asked.append(1)
        raise Unreadable("gone")

    busy = DeviceUse(GPU, read=read, settle_s=0.0)
    assert watched(busy) is None
    assert watched(busy) is None
    assert len(asked) == 1


def test_no_thread_is_left_even_of_a_slice_that_broke():
    busy = DeviceUse(GPU, read=lambda: 0.5, settle_s=60.0)
    busy.begin()
    assert _reading()
    busy.begin()
    assert busy.end() is None  # nothing was read yet
    assert busy.end() is None
    assert not _reading()


def _reading() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if isinstance(each, Readings)]


OTHERS = (
    Device("cpu", "cpu", "cpu"),
    Device("mps", "gpu", "Apple M2"),
    Device("cuda:0", "gpu", "AMD Instinct MI300X", backend="rocm"),
)


@pytest.mark.parametrize("device", OTHERS, ids=lambda device: device.name)
def test_nvidias_library_is_not_asked_for_other_devices(monkeypatch, device):
    asked = lambda: pytest.fail("NVML was opened")  # noqa: E731
    monkeypatch.setattr(energy_counters, "open_nvml", asked)
    assert watched(DeviceUse(device)) is None


def nvml(gpu: int | None, mig: int = 0) -> SimpleNamespace:
    """One GPU; None: it does not tell how busy it is."""

    def rates(handle: int) -> SimpleNamespace:
        if gpu is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return SimpleNamespace(gpu=gpu, memory=0)

    return SimpleNamespace(
        NVMLError=pynvml.NVMLError,
        NVML_DEVICE_MIG_ENABLE=pynvml.NVML_DEVICE_MIG_ENABLE,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda handle: "NVIDIA H200",
        nvmlDeviceGetUUID=lambda handle: "GPU-1",
        nvmlDeviceGetMigMode=lambda handle: (mig, mig),
        nvmlDeviceGetUtilizationRates=rates,
    )


def test_nvml_is_read_in_percent(monkeypatch):
    assert [name for name in vars(nvml(1)) if not hasattr(pynvml, name)] == []
    monkeypatch.setattr(energy_counters, "open_nvml", lambda: nvml(37))
    assert watched(DeviceUse(GPU, settle_s=0.0)) == pytest.approx(0.37)


@pytest.mark.parametrize("library", [nvml(None), nvml(5, pynvml.NVML_DEVICE_MIG_ENABLE)])
def test_a_gpu_that_does_not_tell_or_is_divided_has_no_figure(monkeypatch, library):
    monkeypatch.setattr(energy_counters, "open_nvml", lambda: library)
    assert watched(DeviceUse(GPU, settle_s=0.0)) is None
