"""Energy by readings of power: what they come to, when they say nothing, and of which GPU."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.machine import captures
from bench.meters import energy, energy_counters, sampled_power
from bench.meters.energy_counters import Unreadable
from bench.meters.run_meters import Meters
from bench.meters.sampled_power import SampledMeter
from frameworks.interface import Device
from tests.helpers.patience import PATIENT_S

AMD = Device("mps", "gpu", "AMD Radeon Pro 5500M")
TEXT = (Path(__file__).parents[2] / "data" / "machine" / "ioreg-amd-and-intel.txt").read_text()
LOST = TEXT.replace('"Total Power(W)"=15', '"Total Power(W)"=4294967295')


@pytest.fixture
def quick(monkeypatch):
    """A hundredth of the seconds."""
    monkeypatch.setattr(sampled_power, "SETTLE_S", 0.004)
    monkeypatch.setattr(sampled_power, "EVERY_S", 0.002)
    monkeypatch.setattr(sampled_power, "LEAST_S", 0.01)


def sampled(read, said) -> SampledMeter:
    return SampledMeter("power of mps", read, said.append)


def test_mean_power_times_time_is_marked(quick, monkeypatch) -> None:
    """On a clock of its own, once there are readings enough: a busy machine makes no difference."""
    clock, enough = SimpleNamespace(now_s=5.0), threading.Event()
    for module in (energy, sampled_power):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now_s))

    def watts() -> Iterator[float]:
        for number in itertools.count():
            yield 10.0 if number % 2 else 30.0
            if number == 20:
                enough.set()

    told_w, said = watts(), []
    meter = sampled(lambda: next(told_w), said)
    meter.begin()
    assert enough.wait(PATIENT_S)
    clock.now_s += 0.2
    meter.end()
    told = meter.told(0.2)
    assert told["energy_sampled"]
    assert told["energy_j"] == pytest.approx(20 * 0.2, rel=0.1)
    assert said == []


def test_too_few_readings_tell_nothing(quick, monkeypatch) -> None:
    monkeypatch.setattr(sampled_power, "SETTLE_S", 60.0)
    meter = sampled(lambda: 15.0, [])
    meter.begin()
    time.sleep(0.02)
    meter.end()
    assert meter.told(0.02) == {"energy_j": None, "energy_sampled": False}


def test_a_sensor_that_fails_is_said_once(quick) -> None:
    asked = threading.Event()

    def gone() -> float:
        asked.set()
        raise Unreadable("gone")

    said: list[str] = []
    meter = sampled(gone, said)
    for _ in range(2):
        meter.begin()
        assert asked.wait(PATIENT_S)
        meter.end()
        assert meter.told(0.03)["energy_j"] is None
    assert said == ["power of mps is not measured any more: gone"]


@pytest.mark.parametrize(
    ("text", "watts"), [(TEXT, 15.0), ("", None), (LOST, None), (TEXT + TEXT, None)]
)
def test_power_is_that_of_the_only_gpu_that_tells_it(monkeypatch, text, watts) -> None:
    monkeypatch.setattr(captures, "of_accelerators", lambda: text)
    if watts is not None:
        assert sampled_power.amd_watts() == watts
        return
    with pytest.raises(Unreadable, match="Expected one"):
        sampled_power.amd_watts()


def test_a_run_meters_an_amd_gpu_by_its_power_and_no_other_device(monkeypatch) -> None:
    def none(*_: object) -> None:
        raise Unreadable("not here")

    for name in ("open_apple", "open_nvml", "rapl"):
        monkeypatch.setattr(energy_counters, name, none)
    monkeypatch.setattr(captures, "of_accelerators", lambda: TEXT)
    said: list[str] = []
    with Meters(said.append) as meters:
        assert meters.of(AMD, {}).sampled
        assert not meters.of(Device("cpu", "cpu", "cpu"), {}).sampled
        assert not meters.of(Device("cuda:0", "gpu", "AMD", backend="rocm"), {}).sampled
