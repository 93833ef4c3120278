"""Machines with one thing wrong, for tests of the doctor, each beside one that is close to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from bench.doctor import activity, cuda, resources, system
from bench.doctor.finding import Finding
from bench.doctor.subject import Need, Subject
from bench.machine.description import Description

GIB = 2**30

M2 = {
    "label": "Apple M2",
    "system": "Darwin",
    "release": "15.5",
    "architecture": "arm64",
    "cpu": "Apple M2",
    "cores_physical": 8,
    "gpus": [{"name": "Apple M2", "vendor": "Apple", "unified_memory": True}],
    "translated": False,
    "hypervisor": "",
}
INTEL = {
    **M2,
    "architecture": "x86_64",
    "cpu": "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz",
    "gpus": [{"name": "Radeon Pro 5300M", "vendor": "AMD", "memory_bytes": 4 * GIB}],
}
LINUX = {
    "label": "PC",
    "system": "Linux",
    "release": "6.8",
    "architecture": "x86_64",
    "cpu": "AMD Ryzen 7",
    "cores_physical": 8,
    "hypervisor": "",
}
H200 = {"name": "NVIDIA H200", "vendor": "NVIDIA", "memory_bytes": 140 * GIB}
GTX_1060 = {"name": "NVIDIA GeForce GTX 1060 6GB", "vendor": "NVIDIA", "driver": "535.183.01"}
NVIDIA = {"gpus": [{**H200, "driver": "580.95.05"}]}


def subject(machine: dict[str, Any], needs: Iterable[Need] = (), **more: Any) -> Subject:
    """A machine on which all is well but for what is said here."""
    hidden = more.pop("shadowing", ())
    told = {
        "kind": "machine",
        "format": 1,
        "machine": machine,
        "state": {},
        "python": "3.12.11",
        "python_architecture": machine.get("architecture", "arm64"),
        **more,
    }
    return Subject(msgspec.convert(told, Description), tuple(needs), hidden)


def holding(machine: dict[str, Any], environment: str = "tf", **versions: str) -> Subject:
    """A machine with one environment; `_` in a package's name stands for `-`."""
    held = {name.replace("_", "-"): version for name, version in versions.items()}
    return subject(machine, environments={environment: held})


def state(machine: dict[str, Any] = M2, **fields: Any) -> Subject:
    return subject(machine, state=fields)


def gpus(machine: dict[str, Any], *each: dict[str, Any]) -> Subject:
    return subject({**machine, "gpus": list(each)})


APPLE = {"name": "Apple M2", "vendor": "Apple"}
RADEON = {"name": "Radeon RX 580", "vendor": "AMD"}
IRIS = {"name": "Intel Iris Plus Graphics", "vendor": "Intel"}
PYTHON = [{"name": "python", "count": 2, "cpu_share": 2.5}]
NEED = Need("sweep/train/1", host_bytes=8 * GIB, device_bytes=3 * GIB)
SMALL = Need("mlp/forward/1", host_bytes=GIB, device_bytes=GIB)
ALL_READY = dict.fromkeys((*resources.ENVIRONMENT_BYTES, "dev"), "ready")
COMPAT = "SYSTEM_VERSION_COMPAT"

Check = Callable[[Subject], Iterable[Finding]]
Case = tuple[Check, str, str, Subject, Subject]
"""Check, severity, words of what it says, who has it, and who is close to it but has not."""

CASES: list[Case] = [
    (
        *(system.unsupported, "spoils", "Received: Linux aarch64"),
        *(subject({**LINUX, "architecture": "aarch64"}), subject(LINUX)),
    ),
    (
        *(system.python_too_old, "spoils", "3.8.2"),
        *(subject(M2, python="3.8.2"), subject(M2, python="3.11.0")),
    ),
    (
        *(system.python_too_old, "limits", "3.9.6"),
        *(subject(M2, python="3.9.6"), subject(M2, python="3.13.1")),
    ),
    (
        *(system.rosetta, "spoils", "Rosetta"),
        *(subject({**INTEL, "cpu": "Apple M2", "translated": True}), subject(INTEL)),
    ),
    (
        *(system.rosetta, "spoils", "Rosetta"),
        *(subject(M2, python_architecture="x86_64"), subject(M2)),
    ),
    (
        *(system.version_compat, "spoils", COMPAT),
        *(subject(M2, variables={COMPAT: "1"}), subject(M2, variables={COMPAT: "0"})),
    ),
    (
        *(system.version_compat, "limits", "told as 10.16"),
        *(subject({**INTEL, "release": "10.16"}), subject({**INTEL, "release": "10.15.7"})),
    ),
    (
        *(system.version_compat, "limits", "told as 16.0"),
        *(subject({**M2, "release": "16.0"}), subject({**M2, "release": "26.0"})),
    ),
    (
        *(system.version_compat, "limits", "release of this macOS is unknown"),
        *(subject({**M2, "release": None}), subject({**LINUX, "release": None})),
    ),
    (
        *(system.macos_too_old, "limits", "12.2.1"),
        *(subject({**INTEL, "release": "12.2.1"}), subject({**INTEL, "release": "12.3"})),
    ),
    (
        *(system.virtual, "spoils", "virtual machine (Apple)"),
        *(subject({**M2, "hypervisor": "Apple"}), subject(M2)),
    ),
    (
        *(system.virtual, "limits", "virtual machine (KVM)"),
        *(subject({**LINUX, "hypervisor": "KVM"}), subject(LINUX)),
    ),
    (
        *(system.old_apple_silicon, "limits", "PyTorch stays at 2.8.0"),
        *(subject({**M2, "release": "13.7"}), subject({**M2, "release": "14.0"})),
    ),
    (
        *(system.old_apple_silicon, "limits", "MLX stays at 0.29.3"),
        *(subject({**M2, "release": "13.7"}), subject({**M2, "release": "12.6"})),
    ),
    (
        *(system.old_apple_silicon, "limits", "MLX cannot be had"),
        *(subject({**M2, "release": "12.6"}), subject({**M2, "release": "11.7"})),
    ),
    (system.intel_mac, "limits", "MLX cannot be had", subject(INTEL), subject(M2)),
    (
        *(system.foreign_cpu, "limits", "MKL"),
        *(subject({**INTEL, "cpu": "AMD Ryzen 5 5600GT"}), subject(LINUX)),
    ),
    (
        *(system.no_metal_gpu, "limits", "Iris"),
        *(gpus(INTEL, IRIS), gpus(INTEL, IRIS, RADEON)),
    ),
    (
        *(system.several_gpus, "note", "2 x Radeon RX 580"),
        *(gpus(INTEL, RADEON, RADEON), gpus(INTEL, IRIS, RADEON)),
    ),
    (
        *(system.no_nvidia_driver, "limits", "without NVIDIA's driver"),
        *(gpus(LINUX, H200), subject({**LINUX, **NVIDIA})),
    ),
    (
        *(cuda.old_card, "limits", "GTX 1060 6GB is too old for torch, jax, mlx"),
        *(gpus(LINUX, GTX_1060), gpus(LINUX, {**GTX_1060, "name": "NVIDIA GeForce GTX 1660 Ti"})),
    ),
    (
        *(cuda.old_card, "limits", "too old for jax, mlx."),
        *(
            subject({**LINUX, "gpus": [GTX_1060]}, environments={"torch": {"torch": "2.7.0"}}),
            subject({**LINUX, **NVIDIA}),
        ),
    ),
    (
        *(cuda.old_driver, "limits", "driver 535.183.01 is too old for torch, jax, mlx"),
        *(gpus(LINUX, GTX_1060), gpus(LINUX, {**GTX_1060, "driver": "580.65.06"})),
    ),
    (system.no_rocm, "note", "ROCm", gpus(LINUX, RADEON), gpus(INTEL, RADEON)),
    (
        *(system.narrow_bus, "note", "external, 4 lanes"),
        *(gpus(INTEL, {**RADEON, "kind": "external", "lanes": 4}), gpus(INTEL, RADEON)),
    ),
    (
        *(system.hackintosh, "note", "OpenCore"),
        *(subject({**INTEL, "hackintosh": "OpenCore present"}), subject(INTEL)),
    ),
    (
        *(system.hackintosh, "note", "Hackintosh"),
        *(
            subject({**INTEL, "hackintosh": "CPU impossible for the model"}),
            subject({**INTEL, "hackintosh": "no evidence"}),
        ),
    ),
    (
        *(system.unread, "note", "could be read"),
        *(subject({**M2, "notes": ["No GPU."]}), subject(M2)),
    ),
    (activity.battery, "spoils", "battery", state(power="battery"), state(power="mains")),
    (activity.low_power, "spoils", "saves power", state(low_power=True), state(low_power=False)),
    (
        *(activity.background, "spoils", "efficiency cores alone"),
        *(state(background=True), state(background=False)),
    ),
    (
        *(activity.background, "limits", "waits for all other programs"),
        *(state(INTEL, background=True), state(INTEL, background=False)),
    ),
    (
        *(activity.heat, "spoils", "CPU speed limit 62 %"),
        *(state(thermal="CPU speed limit 62 %"), state(thermal="nominal")),
    ),
    (activity.busy_gpu, "spoils", "80 %", state(gpu_busy=0.8), state(gpu_busy=0.05)),
    (
        *(activity.heavy_programs, "spoils", "python (2.5)"),
        *(subject(M2, heavy_processes=PYTHON), subject(M2)),
    ),
    (
        *(activity.heavy_programs, "limits", "8% of the CPU"),
        *(
            subject({**M2, "cores_physical": 32}, heavy_processes=PYTHON),
            subject({**M2, "cores_physical": 64}, heavy_processes=PYTHON),
        ),
    ),
    (activity.load, "limits", "9.5 on 8 core", state(load=9.5), state(load=1.5)),
    (
        *(resources.disk, "spoils", "2.0 GiB of disk"),
        *(
            subject(LINUX, disk_free_bytes=2 * GIB),
            subject(LINUX, disk_free_bytes=2 * GIB, environment_states=ALL_READY),
        ),
    ),
    (
        *(resources.memory, "limits", "1 of 2 cases"),
        *(
            subject(M2, [NEED, SMALL], memory_free_bytes=4 * GIB),
            subject(M2, [NEED, SMALL], memory_free_bytes=9 * GIB),
        ),
    ),
    (
        *(resources.memory, "spoils", "1 of 1 cases"),
        *(subject(M2, [NEED], memory_free_bytes=4 * GIB), subject(M2, memory_free_bytes=GIB)),
    ),
    (
        *(resources.device_memory, "limits", "140.0 GiB of NVIDIA H200"),
        *(
            subject({**LINUX, **NVIDIA}, [Need("a/b/1", GIB, 150 * GIB)]),
            subject({**LINUX, "gpus": [H200]}, [Need("a/b/1", GIB, 150 * GIB)]),
        ),
    ),
    (
        *(resources.device_memory, "limits", "4.0 GiB of Radeon Pro 5300M"),
        *(subject(INTEL, [Need("a/b/1", GIB, 5 * GIB)]), subject(INTEL, [NEED])),
    ),
]
