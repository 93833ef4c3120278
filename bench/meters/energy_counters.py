"""Counters of energy: Apple's, NVIDIA's, and RAPL of Intel and AMD, in joules since some time;
and NVIDIA's of being busy.

Apple: zeus-apple-silicon reads the chip's own estimates through IOReport, in mJ; windows under
10 ms are quantisation noise (its README). NVIDIA: NVML counts mJ since the driver was loaded and
brings the count up to date every 20 to 100 ms (PETSc, PetscLogGpuEnergyMeter). RAPL: Linux's
powercap counts uJ of a package, every 1 ms (Intel and AMD alike), and starts again from 0 beyond
`max_energy_range_uj`; since Linux 5.10 only the administrator may read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frameworks.interface import Device

POWERCAP = Path("/sys/class/powercap")


class Unreadable(Exception):
    """A counter that gives no figure; the message says why."""


@dataclass(frozen=True)
class Counter:
    """A running count of joules; only differences mean something."""

    name: str
    least_s: float
    """Shortest span whose difference is more than noise: ten times what the source calls noise."""
    read_j: Callable[[], float]
    """Raises Unreadable."""


# --- Apple --------------------------------------------------------------------------------------

_APPLE_FIELDS = {"cpu": "cpu_total_mj", "gpu": "gpu_mj"}


def open_apple() -> Any:
    """The monitor of an Apple chip. Raises Unreadable anywhere else."""
    try:
        from zeus_apple_silicon import AppleEnergyMonitor

        return AppleEnergyMonitor()
    except (ImportError, RuntimeError) as error:
        raise Unreadable(str(error)) from error


def apple(monitor: Any, kind: str) -> Counter:
    """The chip's CPU or GPU, by zeus's AppleEnergyMonitor."""
    field = _APPLE_FIELDS[kind]

    def read_j() -> float:
        try:
            value = getattr(monitor.get_cumulative_energy(), field)
        except (AttributeError, RuntimeError) as error:
            raise Unreadable(str(error)) from error
        if value is None:  # zeus's word for what this chip does not tell
            raise Unreadable(f"the chip tells no {field}")
        return float(value) / 1e3

    return Counter(f"energy of the chip's {kind.upper()}", 0.1, read_j)


# --- NVIDIA -------------------------------------------------------------------------------------


def open_nvml() -> Any:
    """NVML, initialised. Raises Unreadable where it is not installed or finds no driver."""
    try:
        import pynvml
    except ImportError as error:
        raise Unreadable(str(error)) from error
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise Unreadable(str(error)) from error
    return pynvml


def close_nvml(nvml: Any) -> None:
    try:
        nvml.nvmlShutdown()
    except nvml.NVMLError:
        return  # the driver is gone, and what was open with it


def nvidia(nvml: Any, device: Device, variables: Mapping[str, str]) -> Counter:
    """The whole GPU that the device is. Raises Unreadable where that is not certain."""
    handle = _whole_gpu(nvml, device, variables)

    def read_j() -> float:
        try:
            return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3
        except nvml.NVMLError as error:
            raise Unreadable(str(error)) from error

    return Counter(f"energy of {device.id}", 1.0, read_j)


def nvidia_busy(nvml: Any, device: Device, variables: Mapping[str, str]) -> Callable[[], float]:
    """Reads the share of time in which that GPU had work lately. Raises Unreadable, like what it
    returns."""
    handle = _whole_gpu(nvml, device, variables)

    def read() -> float:
        try:
            return min(1.0, float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100)
        except nvml.NVMLError as error:
            raise Unreadable(str(error)) from error

    return read


def _whole_gpu(nvml: Any, device: Device, variables: Mapping[str, str]) -> Any:
    """NVML's handle of the device. Raises Unreadable where it is not certain which that is."""
    try:
        handles = [
            nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())
        ]
        names = [nvml.nvmlDeviceGetName(handle) for handle in handles]
        uuids = [nvml.nvmlDeviceGetUUID(handle) for handle in handles]
    except nvml.NVMLError as error:
        raise Unreadable(str(error)) from error
    index = nvml_index(device, names, uuids, variables)
    if index is None or _divided(nvml, handles[index]):
        raise Unreadable(f"no GPU is certain to be {device.id}, whole")
    return handles[index]


def nvml_index(
    device: Device, names: Sequence[str], uuids: Sequence[str], variables: Mapping[str, str]
) -> int | None:
    """Which of NVML's GPUs a framework's `cuda:N` is; None where that is not certain.

    NVML numbers them by PCI bus. CUDA does so only with CUDA_DEVICE_ORDER=PCI_BUS_ID, and counts
    those that CUDA_VISIBLE_DEVICES names, by number or by the beginning of a UUID (CUDA
    programming guide, environment variables).
    """
    if len(names) == 1:
        return 0
    alike = [index for index, name in enumerate(names) if name == device.name]
    if len(alike) == 1:
        return alike[0]
    ordinal = re.fullmatch(r"cuda:(\d{1,4})", device.id)
    visible = variables.get("CUDA_VISIBLE_DEVICES")
    words = [str(n) for n in range(len(names))] if visible is None else visible.split(",")
    if not ordinal or int(ordinal[1]) >= len(words):
        return None
    word = words[int(ordinal[1])].strip()
    if word.startswith("GPU-"):
        found = [index for index, uuid in enumerate(uuids) if uuid.startswith(word)]
    else:
        by_bus = variables.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
        found = [index for index in range(len(names)) if by_bus and word == str(index)]
    return found[0] if len(found) == 1 else None


def _divided(nvml: Any, handle: Any) -> bool:
    """Whether it is shared out by MIG: the counter is that of all parts."""
    try:
        return bool(nvml.nvmlDeviceGetMigMode(handle)[0] == nvml.NVML_DEVICE_MIG_ENABLE)
    except nvml.NVMLError:
        return False  # it has no such mode


# --- RAPL ---------------------------------------------------------------------------------------


def rapl(powercap: Path = POWERCAP) -> Counter:
    """All CPU packages together. Raises Unreadable where one of them is not readable."""
    packages = [_Package(zone) for zone in sorted(powercap.glob("intel-rapl:*")) if _whole(zone)]
    if not packages:
        raise Unreadable(f"{powercap} has no CPU package")
    return Counter(
        "energy of the CPU", 0.1, lambda: sum(package.read_uj() for package in packages) / 1e6
    )


def _whole(zone: Path) -> bool:
    """Whether it is a package, not a part of one (`core`, `dram`) nor the platform (`psys`)."""
    try:
        return (zone / "name").read_text().startswith("package")
    except OSError as error:
        raise Unreadable(str(error)) from error


class _Package:
    """A zone's counter, without its jumps back to 0."""

    def __init__(self, zone: Path) -> None:
        self._path = zone / "energy_uj"
        self._range_uj = _integer(zone / "max_energy_range_uj")
        self._last_uj = self._total_uj = _integer(self._path)

    def read_uj(self) -> int:
        now_uj = _integer(self._path)
        used_uj = now_uj - self._last_uj
        self._total_uj += used_uj if used_uj >= 0 else used_uj + self._range_uj
        self._last_uj = now_uj
        return self._total_uj


def _integer(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error
