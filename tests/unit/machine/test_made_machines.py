"""Descriptions of machines that were made by hand, each held against one written by hand too."""

from __future__ import annotations

import pytest

from bench import machine
from bench.schema import CoreKind, Gpu, Machine
from tests.helpers import made_machines as made

GIB = 2**30

UHD_630 = Gpu(
    name="Intel UHD Graphics 630",
    vendor="Intel",
    kind="built-in",
    unified_memory=True,
    bus="Built-In",
    metal="GPUFamily macOS 2",
)


def amd(name: str, gibibytes: int, lanes: int = 16, **more: object) -> Gpu:
    facts = {"kind": "discrete", "metal": "GPUFamily macOS 2", "bus": "PCIe", **more}
    return Gpu(
        name=name,
        vendor="AMD",
        memory_bytes=gibibytes * GIB,
        unified_memory=False,
        lanes=lanes,
        **facts,  # type: ignore[arg-type]
    )


def mac(label: str, architecture: str = "x86_64", **facts: object) -> Machine:
    usual = {"system": "Darwin", "release": "15.2", "translated": False, "displays": 0}
    return Machine(label=label, architecture=architecture, **(usual | facts))  # type: ignore[arg-type]


MADE = {
    "M5_MAX": mac(
        "Apple M5 Max, 40-core GPU, 128 GiB",
        "arm64",
        release="26.1",
        model="Mac17,6",
        cpu="Apple M5 Max",
        cores_physical=18,
        cores_logical=18,
        memory_bytes=128 * GIB,
        gpus=(
            Gpu(
                name="Apple M5 Max",
                vendor="Apple",
                kind="built-in",
                unified_memory=True,
                cores=40,
                bus="Built-In",
                metal="Metal 4",
            ),
        ),
        core_kinds=(CoreKind(name="Super", count=6), CoreKind(name="Performance", count=12)),
        hypervisor="",
        hackintosh="no evidence",
        displays=2,
    ),
    "MACBOOK_PRO_2019": mac(
        "Intel Core i7-9750H, Intel UHD Graphics 630, AMD Radeon Pro 5500M, 16 GiB",
        model="MacBookPro16,1",
        cpu="Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz",
        cores_physical=6,
        cores_logical=12,
        memory_bytes=16 * GIB,
        gpus=(UHD_630, amd("AMD Radeon Pro 5500M", 4, 8)),
        hypervisor="",
        hackintosh="no evidence",
        displays=1,
    ),
    "HACKINTOSH_6900XT": mac(
        "Intel Core i7-8700K, AMD Radeon RX 6900 XT, 64 GiB",
        model="iMacPro1,1",
        cpu="Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz",
        cores_physical=6,
        cores_logical=12,
        memory_bytes=64 * GIB,
        gpus=(amd("AMD Radeon RX 6900 XT", 16),),
        hypervisor="",
        hackintosh="CPU impossible for the model",
        displays=1,
    ),
    "RYZEN_HACKINTOSH": mac(
        "AMD Ryzen 5 5600GT with Radeon Graphics, AMD Radeon RX 580, 32 GiB",
        model="MacPro7,1",
        cpu="AMD Ryzen 5 5600GT with Radeon Graphics",
        cores_physical=6,
        cores_logical=12,
        memory_bytes=32 * GIB,
        gpus=(amd("Radeon RX 580", 8),),
        hackintosh="CPU impossible for the model",
    ),
    "OPENCORE_MACBOOK": mac(
        "Intel Core i7-6700HQ, Intel HD Graphics 530, AMD Radeon Pro 450, 16 GiB",
        model="MacBookPro13,3",
        cpu="Intel(R) Core(TM) i7-6700HQ CPU @ 2.60GHz",
        cores_physical=4,
        cores_logical=8,
        memory_bytes=16 * GIB,
        gpus=(
            Gpu(
                name="Intel HD Graphics 530",
                vendor="Intel",
                kind="built-in",
                unified_memory=True,
                bus="Built-In",
                device_id="0x191b",
                metal="macOS GPUFamily2 v1",
            ),
            amd("AMD Radeon Pro 450", 2, 8, metal="macOS GPUFamily2 v1"),
        ),
        hackintosh="OpenCore present",
        displays=1,
    ),
    "EGPU": mac(
        "Intel Core i7-8750H, Intel UHD Graphics 630, AMD Radeon RX 560, 8 GiB",
        model="Macmini8,1",
        cpu="Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz",
        cores_physical=6,
        cores_logical=12,
        memory_bytes=8 * GIB,
        gpus=(UHD_630, amd("Radeon RX 560", 4, 4, kind="external")),
        hackintosh="no evidence",
        displays=1,
    ),
    "HOSTED_MAC": mac(
        "Apple M1 (Virtual), Apple Paravirtual device, 7 GiB",
        "arm64",
        model="VirtualMac2,1",
        cpu="Apple M1 (Virtual)",
        cores_physical=3,
        cores_logical=3,
        memory_bytes=7 * GIB,
        gpus=(Gpu(name="Apple Paravirtual device", vendor="Apple", kind="virtual"),),
        core_kinds=(CoreKind(name="level 0", count=3),),
        hypervisor="Apple",
        hackintosh="no evidence",
    ),
    "ROSETTA": mac(
        "Apple M2 Pro, 19-core GPU, 32 GiB",
        release=None,  # 10.16 is a disguise
        model="Mac14,9",
        cpu="Apple M2 Pro",
        cores_physical=12,
        cores_logical=12,
        memory_bytes=32 * GIB,
        gpus=(
            Gpu(
                name="Apple M2 Pro",
                vendor="Apple",
                kind="built-in",
                unified_memory=True,
                cores=19,
                bus="Built-In",
                metal="Metal 4",
            ),
        ),
        core_kinds=(CoreKind(name="level 0", count=8), CoreKind(name="level 1", count=4)),
        translated=True,
        hackintosh="no evidence",
    ),
    "H200_SERVER": Machine(
        label="AMD EPYC 9654 96-Core Processor, 2 x NVIDIA H200, 1511 GiB",
        system="Linux",
        release="6.8.0",
        architecture="x86_64",
        model="AS -8125GS-TNHR",
        cpu="AMD EPYC 9654 96-Core Processor",
        cores_physical=192,
        cores_logical=384,
        memory_bytes=1584853504 * 1024,
        gpus=2
        * (
            Gpu(
                name="NVIDIA H200",
                vendor="NVIDIA",
                memory_bytes=143771 * 2**20,
                kind="discrete",
                unified_memory=False,
                bus="PCIe",
                lanes=16,
                driver="580.65.06",
            ),
        ),
        hypervisor="",
        displays=0,
    ),
    "RADEON_DESKTOP": Machine(
        label="AMD Ryzen 9 7950X 16-Core Processor, AMD Radeon RX 7900 XTX, 62 GiB",
        system="Linux",
        release="6.8.0",
        architecture="x86_64",
        cpu="AMD Ryzen 9 7950X 16-Core Processor",
        memory_bytes=65536000 * 1024,
        gpus=(
            Gpu(
                name="AMD Radeon RX 7900 XTX",
                vendor="AMD",
                memory_bytes=25753026560,
                cores=96,
                bus="PCIe",
                lanes=16,
            ),
        ),
        hypervisor="",
        displays=2,
    ),
    "INTEL_LAPTOP": Machine(
        label="Intel Core i7-1165G7, 15 GiB",
        system="Linux",
        release="6.8.0",
        architecture="x86_64",
        model="XPS 13 9310",
        cpu="Intel(R) Core(TM) i7-1165G7 @ 2.80GHz",
        cores_physical=4,
        cores_logical=8,
        memory_bytes=16131276 * 1024,
        gpus=(Gpu(name="Intel 0x9a49", vendor="Intel", kind="built-in", unified_memory=True),),
        hypervisor="",
        displays=1,
    ),
}


@pytest.mark.parametrize("name", made.ALL)
def test_made_machines(name: str) -> None:
    assert machine.parse(made.ALL[name]) == MADE[name]


# --- what frameworks report -----------------------------------------------------------------


def test_frameworks_complete_what_the_system_knows() -> None:
    found = machine.parse(made.RYZEN_HACKINTOSH, [("AMD Radeon RX 580", 7 * GIB), ("mps", None)])
    assert found.gpus == MADE["RYZEN_HACKINTOSH"].gpus
    lost = made.H200_SERVER | {"nvidia": ""}
    found = machine.parse(lost, [("NVIDIA H200", 150 * GIB), ("NVIDIA H100", None)])
    assert [gpu.name for gpu in found.gpus] == ["NVIDIA 0x2335", "NVIDIA H200", "NVIDIA H100"]
    assert found.gpus[1].memory_bytes == 150 * GIB
    unified = machine.parse(made.M5_MAX, [("Apple M5 Max", 100 * GIB)])
    assert unified == MADE["M5_MAX"]


def test_a_device_id_names_a_gpu_where_nothing_else_does() -> None:
    assert machine.parse({"python": "system: Linux"}, [("cuda:0", 5)]).gpus == (
        Gpu(name="cuda:0", memory_bytes=5),
    )
