"""What machines are doing, from captured and made text."""

from __future__ import annotations

import pynvml
import pytest

from bench.machine import accelerators, description, nvidia, state
from bench.machine.description import Description
from bench.schema import Gpu, GpuState, Machine
from tests.helpers import made_machines as made
from tests.unit.machine.test_captured import capture

STATES = {
    "M5_MAX": {
        "load": 1.25,
        "power": "mains",
        "battery": 1.0,
        "low_power": False,
        "thermal": "nominal",
        "gpu_busy": 0.07,
    },
    "MACBOOK_PRO_2019": {
        "load": 1.25,
        "power": "battery",
        "battery": 0.72,
        "low_power": True,
        "thermal": "CPU speed limit 62 %",
    },
    "H200_SERVER": {
        "cpu_hz": 3699.955e6,
        "gpu_hz": 1980e6,
        "gpu_celsius": 61,
        "gpu_busy": 0.97,
    },
    "RADEON_DESKTOP": {
        "low_power": False,
        "cpu_hz": 5200.5e6,
        "gpu_hz": 2482e6,
        "gpu_celsius": 51.0,
        "gpu_busy": 0.42,
    },
    "INTEL_LAPTOP": {"power": "battery", "battery": 0.64, "low_power": True},
    "ROSETTA": {},
}


@pytest.mark.parametrize("name", STATES)
def test_states(name: str) -> None:
    assert state.parse(made.ALL[name]) == STATES[name]


def thermal(text: str, architecture: str = "arm64") -> object:
    python = f"system: Darwin\nmachine: {architecture}"
    return state.parse({"python": python, "pmset-therm": text}).get("thermal")


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_heat_as_captured(architecture: str) -> None:
    for name in ("pmset-therm-apple-nominal.txt", "pmset-therm-intel-nominal.txt"):
        assert thermal(capture(name), architecture) == "nominal"


NO_THERMAL, NO_PERFORMANCE = made.NOMINAL.splitlines()


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
@pytest.mark.parametrize(
    "text",
    [
        *("", "junk", "pmset: error", "Error: No thermal data", NO_THERMAL, NO_PERFORMANCE),
        *("CPU_Speed_Limit = nonsense", "CPU_Speed_Limit ="),
        "CPU_Scheduler_Limit = 100\nCPU_Speed_Limit = nonsense",
        made.NOMINAL + "CPU_Speed_Limit = nonsense",
        "Thermal warning level = nonsense",
    ],
)
def test_heat_that_nothing_tells_of_is_unknown(text: str, architecture: str) -> None:
    assert thermal(text, architecture) is None


@pytest.mark.parametrize(
    ("settings", "low"),
    [
        (" powermode            0\n lowpowermode         1\n", True),
        (" lowpowermode         0\n powermode            1\n", True),
        (" lowpowermode         0\n powermode            2\n", False),
        (" powermode            junk\n", None),
    ],
)
def test_either_setting_saves_power(settings: str, low: bool | None) -> None:
    assert state.parse({"python": "system: Darwin", "pmset": settings}).get("low_power") is low


def test_the_captured_gpu_use_is_read() -> None:
    found = {"python": "system: Darwin", "accelerators": capture("ioreg-agx-m4.txt")}
    assert state.parse(found) == {"gpu_busy": 0.3}


def test_an_amd_gpus_use_is_read() -> None:
    accelerators = '"PerformanceStatistics" = {"GPU Activity(%)"=37,"Temperature(C)"=60}'
    found = {"python": "system: Darwin", "accelerators": accelerators}
    assert state.parse(found) == {"gpu_busy": 0.37, "gpu_celsius": 60}


def test_each_gpu_tells_its_own_clock_heat_power_and_fan() -> None:
    """Frameworks pass over Intel's GPU, so what it does is not the busy share of the run's."""
    text = capture("ioreg-amd-and-intel.txt")
    told = state.parse({"python": "system: Darwin", "accelerators": text})
    amd = GpuState(name="AMD Navi14", hz=48e6, celsius=57, watts=15, fan_rpm=0, busy=0.02)
    assert told.pop("gpus") == (amd, GpuState(name="Intel", busy=0.04))
    assert told == {
        "gpu_hz": 48e6,
        "gpu_celsius": 57,
        "gpu_watts": 15,
        "gpu_fan_rpm": 0,
        "gpu_busy": 0.02,
    }


def test_a_sensor_that_cannot_be_read_is_unknown() -> None:
    text = '"PerformanceStatistics" = {"Temperature(C)"=0,"Total Power(W)"=4294967295,"x"=1}'
    assert accelerators.read(text) == ()
    assert accelerators.read(text.replace('"x"', '"GPU Activity(%)"')) == (GpuState(busy=0.01),)


def test_several_gpus_of_one_kind_are_told_apart_by_their_order() -> None:
    one = "+-o AMDRadeonX6000_AMDNavi21GraphicsAccelerator  <class X>\n    {\n"
    text = "".join(
        f'{one}      "PerformanceStatistics" = {{"GPU Activity(%)"={busy},"Total Power(W)"=9}}\n'
        for busy in (3, 90, 4)
    )
    told = state.parse({"python": "system: Darwin", "accelerators": text})
    assert [gpu.busy for gpu in told["gpus"]] == [0.03, 0.9, 0.04]
    assert told["gpu_busy"] == 0.9


def test_a_description_keeps_what_each_gpu_tells(tmp_path) -> None:
    found = {"python": "system: Darwin", "accelerators": capture("ioreg-amd-and-intel.txt")}
    written = Description(
        format=1,
        machine=Machine(label="a Mac", system="Darwin"),
        state=state.parse(found),
        python="3.11",
        python_architecture="x86_64",
    )
    description.write(tmp_path / "mac.json", written)
    assert description.read(tmp_path / "mac.json") == written


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CPU_Scheduler_Limit = 50\nCPU_Speed_Limit = 100", "CPU scheduler limit 50 %"),
        ("CPU_Scheduler_Limit = 100\nCPU_Speed_Limit = 62", "CPU speed limit 62 %"),
        (
            "thermal warning level set to 1\nCPU_Scheduler_Limit = 100\nCPU_Speed_Limit = 100",
            "thermal warning level 1",
        ),
        ("2026-08-20 Thermal Warning Level = 12", "thermal warning level 12"),
        (f"{NO_THERMAL}\nPerformance warning level\t= 2", "performance warning level 2"),
        ("Thermal level\nThermal warning level = 0\nCPU_Speed_Limit = 100", "nominal"),
        (made.NOMINAL + "CPU_Speed_Limit = 80\nCPU_Scheduler_Limit = junk", "CPU speed limit 80 %"),
    ],
)
@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_heat_is_told_by_the_lowest_limit_or_a_warning(
    text: str, told: str, architecture: str
) -> None:
    assert thermal(text, architecture) == told


def test_a_lost_gpu_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def handle(index: int) -> int:
        if index == 0:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return index

    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 3)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", handle)
    assert nvidia._handles.__wrapped__() == (1, 2)


def test_a_charger_counts_and_an_unplugged_one_does_not() -> None:
    plugged = made.INTEL_LAPTOP["power_supply"].replace("online: 0", "online: 1")
    assert state.parse(made.linux(power_supply=plugged))["power"] == "mains"


def test_nvidias_report_may_lack_anything() -> None:
    assert nvidia.read("NVIDIA GB10, [N/A], 580.95.05, [N/A], [N/A], 40, 3")[0].gpu == Gpu(
        name="NVIDIA GB10", vendor="NVIDIA", driver="580.95.05"
    )
    assert nvidia.read("NVIDIA-SMI has failed because it couldn't communicate") == ()


def test_nvml_has_every_name_that_is_used() -> None:
    questions = nvidia._questions()
    assert len(questions) == len(nvidia.COLUMNS)
    # No handle: NVML refuses, where a name it lacks would be an AttributeError.
    assert [nvidia._ask(question, None) for question in questions[3:]] == [None] * 4
