"""Counters of energy on made-up machines: RAPL's tree, zeus's fields, NVML's GPUs."""

import sys
from types import ModuleType, SimpleNamespace

import pynvml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.meters import energy_counters
from bench.meters.energy_counters import Unreadable
from frameworks.interface import Device

CPU = Device("cpu", "cpu", "cpu")

# --- RAPL ---------------------------------------------------------------------------------------


def zone(powercap, name, *, called, energy_uj=1_000_000, range_uj=262_143_328_850):
    folder = powercap / name
    folder.mkdir(parents=True)
    for file, value in (
        ("name", called),
        ("energy_uj", energy_uj),
        ("max_energy_range_uj", range_uj),
    ):
        (folder / file).write_text(f"{value}\n")
    return folder


def spend(folder, energy_uj):
    (folder / "energy_uj").write_text(f"{energy_uj}\n")


def test_packages_are_summed_and_their_parts_left_out(tmp_path):
    first = zone(tmp_path, "intel-rapl:0", called="package-0")
    second = zone(tmp_path, "intel-rapl:1", called="package-1-die-0")
    parts = (
        zone(tmp_path, "intel-rapl:0:0", called="core"),
        zone(tmp_path, "intel-rapl:0:1", called="dram"),
        zone(tmp_path, "intel-rapl:2", called="psys"),
        zone(tmp_path, "intel-rapl-mmio:0", called="package-0"),
    )
    counter = energy_counters.rapl(tmp_path)
    begun_j = counter.read_j()
    spend(first, 3_500_000)
    spend(second, 1_250_000)
    for part in parts:
        spend(part, 99_000_000)
    assert counter.read_j() - begun_j == pytest.approx(2.75)


def test_a_counter_that_began_again_goes_on(tmp_path):
    folder = zone(tmp_path, "intel-rapl:0", called="package-0", energy_uj=990, range_uj=1000)
    counter = energy_counters.rapl(tmp_path)
    begun_j = counter.read_j()
    for energy_uj in (5, 999, 3):
        spend(folder, energy_uj)
        last_j = counter.read_j()
    assert last_j - begun_j == pytest.approx((15 + 994 + 4) / 1e6)


@given(st.lists(st.integers(0, 999), max_size=20), st.integers(0, 999))
def test_no_jump_back_loses_energy(tmp_path_factory, steps_uj, first_uj):
    powercap = tmp_path_factory.mktemp("powercap")
    made = zone(powercap, "intel-rapl:0", called="package-0", energy_uj=first_uj, range_uj=1000)
    counter = energy_counters.rapl(powercap)
    begun_j = last_j = counter.read_j()
    at_uj = first_uj
    for step_uj in steps_uj:
        at_uj = (at_uj + step_uj) % 1000
        spend(made, at_uj)
        last_j = counter.read_j()
    assert last_j - begun_j == pytest.approx(sum(steps_uj) / 1e6, abs=1e-9)


def test_a_machine_without_packages_has_no_counter(tmp_path):
    zone(tmp_path, "intel-rapl:0", called="psys")
    for powercap in (tmp_path, tmp_path / "absent"):
        with pytest.raises(Unreadable, match="no CPU package"):
            energy_counters.rapl(powercap)


@pytest.mark.parametrize("file", ["name", "energy_uj", "max_energy_range_uj"])
def test_one_unreadable_package_hides_all(tmp_path, file):
    zone(tmp_path, "intel-rapl:0", called="package-0")
    folder = zone(tmp_path, "intel-rapl:1", called="package-1")
    (folder / file).unlink()
    (folder / file).mkdir()  # unreadable for the administrator as well
    with pytest.raises(Unreadable):
        energy_counters.rapl(tmp_path)


@pytest.mark.parametrize("junk", ["", "many\n", "9" * 9999])
def test_what_is_no_number_is_unreadable(tmp_path, junk):
    folder = zone(tmp_path, "intel-rapl:0", called="package-0")
    counter = energy_counters.rapl(tmp_path)
    (folder / "energy_uj").write_text(junk)
    with pytest.raises(Unreadable, match="energy_uj"):
        counter.read_j()


def test_a_counter_that_vanished_is_unreadable(tmp_path):
    folder = zone(tmp_path, "intel-rapl:0", called="package-0")
    counter = energy_counters.rapl(tmp_path)
    (folder / "energy_uj").unlink()
    with pytest.raises(Unreadable):
        counter.read_j()


# --- Apple --------------------------------------------------------------------------------------


def metrics(**known):
    """An AppleEnergyMetrics of zeus-apple-silicon 1.1.0: every field, None where untold."""
    fields = (
        *("cpu_total_mj", "efficiency_cores_mj", "performance_cores_mj", "efficiency_cluster_mj"),
        *("performance_cluster_mj", "efficiency_core_manager_mj", "performance_core_manager_mj"),
        *("dram_mj", "gpu_mj", "gpu_sram_mj", "ane_mj"),
    )
    return SimpleNamespace(**(dict.fromkeys(fields) | known))


def monitor(*readings):
    left = iter(readings)
    return SimpleNamespace(get_cumulative_energy=lambda: next(left))


def test_a_chip_counts_its_cpu_and_its_gpu():
    both = metrics(cpu_total_mj=1500, gpu_mj=250)
    assert energy_counters.apple(monitor(both), "cpu").read_j() == 1.5
    assert energy_counters.apple(monitor(both), "gpu").read_j() == 0.25


def test_what_a_chip_does_not_tell_is_no_zero():
    with pytest.raises(Unreadable, match="gpu_mj"):
        energy_counters.apple(monitor(metrics(cpu_total_mj=3)), "gpu").read_j()


def test_a_monitor_that_fails_or_lacks_the_call_is_unreadable():
    def fails():
        raise RuntimeError("IOReport said no")

    for broken in (SimpleNamespace(get_cumulative_energy=fails), SimpleNamespace()):
        with pytest.raises(Unreadable):
            energy_counters.apple(broken, "cpu").read_j()


def test_elsewhere_there_is_no_such_monitor(monkeypatch):
    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", None)
    with pytest.raises(Unreadable):
        energy_counters.open_apple()


def test_a_monitor_that_does_not_start_is_unreadable(monkeypatch):
    class AppleEnergyMonitor:
        def __init__(self):
            raise RuntimeError("no Energy Model channels")

    module = ModuleType("zeus_apple_silicon")
    module.AppleEnergyMonitor = AppleEnergyMonitor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", module)
    with pytest.raises(Unreadable, match="no Energy Model"):
        energy_counters.open_apple()


# --- NVIDIA -------------------------------------------------------------------------------------

UUIDS = ("GPU-8932f937-d72c", "GPU-89ffffff-0000", "GPU-12345678-abcd")


def cuda(number, name="NVIDIA Example"):
    return Device(f"cuda:{number}", "gpu", name)


def nvml(*names, energy_mj=2500, mig=None):
    """NVML with GPUs of these names; what is None is not supported there."""

    def known(value):
        if value is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return value

    return SimpleNamespace(
        NVMLError=pynvml.NVMLError,
        NVML_DEVICE_MIG_ENABLE=pynvml.NVML_DEVICE_MIG_ENABLE,
        nvmlDeviceGetCount=lambda: len(names),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda handle: names[handle],
        nvmlDeviceGetUUID=lambda handle: UUIDS[handle],
        nvmlDeviceGetMigMode=lambda handle: known(mig),
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: known(energy_mj) + 1000 * handle,
    )


def test_the_stand_in_has_the_names_of_the_real_one():
    assert [name for name in vars(nvml()) if not hasattr(pynvml, name)] == []


def test_a_gpus_energy_is_read_in_joules():
    assert energy_counters.nvidia(nvml("NVIDIA H200"), cuda(0), {}).read_j() == 2.5
    two = nvml("NVIDIA A100", "NVIDIA T4", mig=(0, 0))
    assert energy_counters.nvidia(two, cuda(0, "NVIDIA T4"), {}).read_j() == 3.5


def test_a_gpu_without_the_counter_is_unreadable():
    counter = energy_counters.nvidia(nvml("GeForce GTX 1060", energy_mj=None), cuda(0), {})
    with pytest.raises(Unreadable, match="Not Supported"):
        counter.read_j()


def test_a_part_of_a_gpu_is_not_metered():
    divided = nvml("NVIDIA A100", mig=(pynvml.NVML_DEVICE_MIG_ENABLE, 1))
    with pytest.raises(Unreadable, match="whole"):
        energy_counters.nvidia(divided, cuda(0), {})


@pytest.mark.parametrize(
    ("device", "variables", "index"),
    [
        (cuda(0, "Titan"), {}, 1),  # the one of its name, however CUDA counts
        (cuda(0, "A"), {}, None),  # one of two alike: CUDA counts the fastest first
        (cuda(1, "A"), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, 1),
        (cuda(0, "A"), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "2,0"}, 2),
        (cuda(1, "A"), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "2, 0"}, 0),
        (cuda(0, "A"), {"CUDA_VISIBLE_DEVICES": "2,0"}, None),
        (cuda(0, "A"), {"CUDA_VISIBLE_DEVICES": "GPU-12345678"}, 2),
        (cuda(0, "A"), {"CUDA_VISIBLE_DEVICES": "GPU-89"}, None),  # two begin so
        (cuda(0, "A"), {"CUDA_VISIBLE_DEVICES": "MIG-GPU-8932f937/1/0"}, None),
        (cuda(0, "A"), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "-1"}, None),
        (cuda(0, "A"), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": ""}, None),
        (cuda(9, "A"), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, None),
        (Device("cuda", "gpu", "A"), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, None),
    ],
)
def test_a_device_is_matched_only_where_that_is_certain(device, variables, index):
    assert energy_counters.nvml_index(device, ("A", "Titan", "A"), UUIDS, variables) == index


def test_the_only_gpu_is_the_one_meant():
    assert (
        energy_counters.nvml_index(cuda(0, "H200 by another name"), ("H200",), UUIDS[:1], {}) == 0
    )


def test_the_real_library_is_asked():
    """Where there is a GPU its counter runs; where there is none, that is said and no more."""
    try:
        library = energy_counters.open_nvml()
    except Unreadable as error:
        assert str(error)
        return
    try:
        assert library.nvmlDeviceGetCount() >= 0
    finally:
        energy_counters.close_nvml(library)
    energy_counters.close_nvml(library)  # a second time it was not open, which is nobody's trouble
