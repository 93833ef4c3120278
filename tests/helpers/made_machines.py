"""Captures of machines that no file in tests/data/machine shows: made by hand, key by key, after
what such machines are known to print. Serial numbers and names in them are invented."""

from __future__ import annotations

import json
from typing import Any

Made = dict[str, str]

HARDWARE = {
    "_name": "hardware_overview",
    "platform_UUID": "E465E3CB-0162-5E0E-9CEA-FED57C72BE74",
    "provisioning_UDID": "00008112-000251423E78201E",
    "serial_number": "D5XQV1FMFJ",
}
FREE_CONNECTOR = {"_name": "display_connector", "spdisplays_status": "spdisplays_not_connected"}
DISPLAY = {"_name": "Color LCD", "_spdisplays_display-serial-number": "fd626d62"}
NOMINAL = (
    "Note: No thermal warning level has been recorded\n"
    "Note: No performance warning level has been recorded\n"
)


def profile(gpus: list[dict[str, Any]], **hardware: Any) -> str:
    """What `system_profiler -json` prints."""
    entries = {"SPDisplaysDataType": gpus, "SPHardwareDataType": [HARDWARE | hardware]}
    return json.dumps(entries, indent=2)


def apple_gpu(name: str, cores: str, **more: Any) -> dict[str, Any]:
    return {
        "_name": name,
        "spdisplays_mtlgpufamilysupport": "spdisplays_metal4",
        "spdisplays_vendor": "sppci_vendor_Apple",
        "sppci_bus": "spdisplays_builtin",
        "sppci_cores": cores,
        "sppci_device_type": "spdisplays_gpu",
        "sppci_model": name,
        **more,
    }


def amd_gpu(name: str, memory: str, **more: Any) -> dict[str, Any]:
    return {
        "_name": name,
        "spdisplays_metalfamily": "spdisplays_mtlgpufamilymac2",
        "spdisplays_pcie_width": "x16",
        "spdisplays_rom-revision": "113-D4120500-101",
        "spdisplays_vendor": "sppci_vendor_amd",
        "spdisplays_vram": memory,
        "sppci_bus": "spdisplays_pcie_device",
        "sppci_device_type": "spdisplays_gpu",
        "sppci_model": name,
        **more,
    }


UHD_630 = {
    "_name": "kHW_IntelUHDGraphics630Item",
    "_spdisplays_vram": "1536 MB",
    "spdisplays_metalfamily": "spdisplays_mtlgpufamilymac2",
    "spdisplays_ndrvs": [DISPLAY],
    "spdisplays_vendor": "Intel",
    "spdisplays_vram_shared": "1536 MB",
    "sppci_bus": "spdisplays_builtin",
    "sppci_device_type": "spdisplays_gpu",
    "sppci_model": "Intel UHD Graphics 630",
}


def mac(profiler: str, sysctl: str, **more: str) -> Made:
    architecture = "x86_64" if "Intel" in sysctl or "AMD" in sysctl else "arm64"
    python = f"system: Darwin\nmachine: {architecture}\nrelease: 15.2\nload: 1.25\n"
    return {"python": python, "system_profiler": profiler, "sysctl": sysctl, **more}


M5_MAX = mac(
    profile([apple_gpu("Apple M5 Max", "40", spdisplays_ndrvs=[DISPLAY, DISPLAY])]),
    "machdep.cpu.brand_string: Apple M5 Max\nhw.model: Mac17,6\nhw.memsize: 137438953472\n"
    "hw.physicalcpu: 18\nhw.logicalcpu: 18\nhw.optional.arm64: 1\nhw.nperflevels: 2\n"
    "sysctl.proc_translated: 0\nkern.hv_vmm_present: 0\n"
    "hw.perflevel0.physicalcpu: 6\nhw.perflevel0.name: Super\n"
    "hw.perflevel1.physicalcpu: 12\nhw.perflevel1.name: Performance\n",
    **{
        "sw_vers": "ProductName:\t\tmacOS\nProductVersion:\t\t26.1\nBuildVersion:\t\t25B78\n",
        "ioreg": '    "model" = "Apple M5 Max"\n    "gpu-core-count" = 40\n',
        "pmset": "System-wide power settings:\nCurrently in use:\n powermode            0\n",
        "pmset-batt": "Now drawing from 'AC Power'\n -InternalBattery-0 (id=22478947)\t100%; "
        "charged; 0:00 remaining present: true\n",
        "pmset-therm": NOMINAL,
        "accelerators": '"PerformanceStatistics" = {"Device Utilization %"=7,"recoveryCount"=0}\n',
    },
)

MACBOOK_PRO_2019 = mac(
    profile(
        [UHD_630, amd_gpu("AMD Radeon Pro 5500M", "4 GB", spdisplays_pcie_width="x8")],
        machine_model="MacBookPro16,1",
        cpu_type="6-Core Intel Core i7",
        number_processors=6,
        physical_memory="16 GB",
    ),
    "machdep.cpu.brand_string: Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz\n"
    "hw.model: MacBookPro16,1\nhw.memsize: 17179869184\nhw.physicalcpu: 6\nhw.logicalcpu: 12\n"
    "kern.hv_vmm_present: 0\n",
    **{
        "pmset": " lowpowermode         1\n sleep                1 "
        "(sleep prevented by coreaudiod)\n",
        "pmset-batt": "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4653155)\t72%; "
        "discharging; 3:15 remaining present: true\n",
        "pmset-therm": NOMINAL
        + "2026-08-20 05:08:37 -0700 CPU Power notify\n\tCPU_Scheduler_Limit \t= 80\n"
        "\tCPU_Available_CPUs \t= 12\n\tCPU_Speed_Limit \t= 62\n",
    },
)

HACKINTOSH_6900XT = mac(
    profile(
        [
            amd_gpu(
                "AMD Radeon RX 6900 XT",
                "16 GB",
                spdisplays_ndrvs=[FREE_CONNECTOR, DISPLAY, FREE_CONNECTOR],
            )
        ]
    ),
    "machdep.cpu.brand_string: Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz\nhw.model: iMacPro1,1\n"
    "hw.memsize: 68719476736\nhw.physicalcpu: 6\nhw.logicalcpu: 12\nkern.hv_vmm_present: 0\n",
    nvram="4D1FDA02-38C7-4A6A-9CC6-4BCCA8B30102:opencore-version\tREL-069-2021-05-03\n",
)

RYZEN_HACKINTOSH = mac(
    profile([amd_gpu("Radeon RX 580", "8 GB", spdisplays_vendor="AMD (0x1002)")]),
    "machdep.cpu.brand_string: AMD Ryzen 5 5600GT with Radeon Graphics\nhw.model: MacPro7,1\n"
    "hw.memsize: 34359738368\nhw.physicalcpu: 6\nhw.logicalcpu: 12\n",
)

OPENCORE_MACBOOK = mac(
    """\
Graphics/Displays:

    Intel HD Graphics 530:

      Chipset Model: Intel HD Graphics 530
      Type: GPU
      Bus: Built-In
      VRAM (Dynamic, Max): 1536 MB
      Vendor: Intel
      Device ID: 0x191b
      gMux Version: 4.0.29 [3.2.8]
      Metal: Supported, feature set macOS GPUFamily2 v1
      Displays:
        Color LCD:
          Display Type: Built-In Retina LCD
          Chipset Model: Intel HD Graphics 530
          Resolution: 2880 x 1800 Retina
          Online: Yes

    Radeon Pro 450:

      Chipset Model: AMD Radeon Pro 450
      Type: GPU
      Bus: PCIe
      PCIe Lane Width: x8
      VRAM (Total): 2 GB
      Vendor: AMD (0x1002)
      ROM Revision: 113-C980AF-908
      Metal: Supported, feature set macOS GPUFamily2 v1

Hardware:

    Hardware Overview:

      Model Identifier: MacBookPro13,3
      Serial Number (system): C02ZK0ABLVDQ
      Hardware UUID: E465E3CB-0162-5E0E-9CEA-FED57C72BE74
""",
    "machdep.cpu.brand_string: Intel(R) Core(TM) i7-6700HQ CPU @ 2.60GHz\n"
    "hw.model: MacBookPro13,3\nhw.memsize: 17179869184\nhw.physicalcpu: 4\nhw.logicalcpu: 8\n",
    nvram="4D1FDA02-38C7-4A6A-9CC6-4BCCA8B30102:opencore-version\tUNK-000-0000-00-00\n",
)

EGPU = mac(
    profile(
        [
            UHD_630 | {"spdisplays_ndrvs": [DISPLAY, {"spdisplays_online": "spdisplays_no"}]},
            amd_gpu(
                "Radeon RX 560",
                "4 Go",  # as a French system says it
                sppci_device_type="spdisplays_egpu",
                spdisplays_pcie_width="x4",
            ),
        ]
    ),
    "machdep.cpu.brand_string: Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz\nhw.model: Macmini8,1\n"
    "hw.memsize: 8589934592\nhw.physicalcpu: 6\nhw.logicalcpu: 12\n",
)

HOSTED_MAC = mac(
    profile([{"_name": "Apple Paravirtual device", "sppci_model": "Apple Paravirtual device"}]),
    "machdep.cpu.brand_string: Apple M1 (Virtual)\nhw.model: VirtualMac2,1\n"
    "hw.memsize: 7516192768\nhw.physicalcpu: 3\nhw.logicalcpu: 3\nsysctl.proc_translated: 0\n"
    "hw.perflevel0.physicalcpu: 3\nkern.hv_vmm_present: 1\n",
)

ROSETTA = mac(
    profile(
        [apple_gpu("Apple M2 Pro", "19")],
        chip_type="Apple M2 Pro",
        machine_model="Mac14,9",
        number_processors="proc 12:8:4",
        physical_memory="32 GB",
    ),
    "machdep.cpu.brand_string: VirtualApple @ 2.50GHz\nsysctl.proc_translated: 1\n"
    "hw.perflevel0.physicalcpu: 8\nhw.perflevel1.physicalcpu: 4\n",
) | {"python": "system: Darwin\nmachine: x86_64\nrelease: 10.16\nlogical: 12\n"}

# --- Linux ----------------------------------------------------------------------------------


def lscpu(*fields: tuple[str, str], nested: bool = False) -> str:
    """What `lscpu -J` prints; newer versions nest."""
    parts: list[dict[str, Any]] = [{"field": f"{key}:", "data": data} for key, data in fields]
    if nested:
        parts = [{**parts[0], "children": parts[1:]}]
    return json.dumps({"lscpu": parts}, indent=3)


def linux(**captures: str) -> Made:
    return {"python": "system: Linux\nmachine: x86_64\nrelease: 6.8.0-51-generic\n", **captures}


H200_SERVER = linux(
    lscpu=lscpu(
        ("Vendor ID", "AuthenticAMD"),
        ("Model name", "AMD EPYC 9654 96-Core Processor"),
        ("CPU(s)", "384"),
        ("Thread(s) per core", "2"),
        ("Core(s) per socket", "96"),
        ("Socket(s)", "2"),
        ("Flags", "fpu vme avx2 avx512f"),
        nested=True,
    ),
    meminfo="MemTotal:       1584853504 kB\nMemFree:        900000000 kB\n",
    dmi="sys_vendor: Supermicro\nproduct_name: AS -8125GS-TNHR\nproduct_serial: S512345X8901234\n",
    nvidia="NVIDIA H200, 143771, 580.65.06, 16, 1980, 61, 97\n"
    "NVIDIA H200, 143771, 580.65.06, 16, 345, 33, 0\n",
    drm="card0/device/vendor: 0x1a03\ncard0/device/device: 0x2000\n"
    "card1/device/vendor: 0x10de\ncard1/device/device: 0x2335\ncard0-VGA-1/status: disconnected\n",
    cpuinfo="processor\t: 0\ncpu MHz\t\t: 1500.000\n\nprocessor\t: 1\ncpu MHz\t\t: 3699.955\n",
)

RADEON_DESKTOP = linux(
    **{
        "cpuinfo": "model name\t: AMD Ryzen 9 7950X 16-Core Processor\nflags\t\t: fpu avx2\n"
        "cpu MHz\t\t: 5200.5\n",
        "meminfo": "MemTotal:       65536000 kB\n",
        "dmi": "sys_vendor: To Be Filled By O.E.M.\nproduct_name: To Be Filled By O.E.M.\n",
        "drm": "card1/device/vendor: 0x1002\ncard1/device/device: 0x744C\n"
        "card1/device/max_link_width: 16\ncard1/device/mem_info_vram_total: 25753026560\n"
        "card1/device/uevent: DRIVER=amdgpu PCI_ID=1002:744C PCI_SLOT_NAME=0000:03:00.0\n"
        "card1-DP-1/status: connected\ncard1-DP-2/status: connected\n"
        "card1-HDMI-A-1/status: disconnected\n",
        "kfd": "0/properties: simd_count 0 simd_per_cu 0 location_id 0 domain 0\n"
        "1/properties: simd_count 192 simd_per_cu 2 location_id 768 domain 0 "
        "unique_id 1322621071234\n",
        "rocm-smi": '{"card0": {"Card Series": "AMD Radeon RX 7900 XTX", '
        '"Serial Number": "1a2b3c4d5e"}}',
        "power_supply": "hidpp_battery_0/type: Battery\nhidpp_battery_0/scope: Device\n"
        "hidpp_battery_0/capacity: 20\nhidpp_battery_0/status: Discharging\n",
        "amdgpu": "card1/device/gpu_busy_percent: 42\n"
        "card1/device/hwmon/hwmon2/temp1_input: 51000\n"
        "card1/device/hwmon/hwmon2/freq1_input: 2482000000\n",
        "acpi": "balanced\n",
    }
)

INTEL_LAPTOP = linux(
    lscpu=lscpu(
        ("Model name", "Intel(R) Core(TM) i7-1165G7 @ 2.80GHz"),
        ("CPU(s)", "8"),
        ("Core(s) per socket", "4"),
        ("Socket(s)", "1"),
        ("Flags", "fpu vmx avx512f"),
    ),
    meminfo="MemTotal:       16131276 kB\n",
    dmi="sys_vendor: Dell Inc.\nproduct_name: XPS 13 9310\n",
    drm="card0/device/vendor: 0x8086\ncard0/device/device: 0x9a49\n"
    "card0/device/uevent: DRIVER=i915 PCI_SLOT_NAME=0000:00:02.0\ncard0-eDP-1/status: connected\n",
    power_supply="AC/type: Mains\nAC/online: 0\nBAT0/type: Battery\nBAT0/capacity: 64\n"
    "BAT0/status: Discharging\nBAT0/serial_number: 41167\n",
    acpi="low-power\n",
)

ALL = {
    name: made
    for name, made in list(globals().items())
    if isinstance(made, dict) and "python" in made
}
