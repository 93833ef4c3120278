"""What system_profiler prints as text: sections stay apart, also where indentation was lost."""

from __future__ import annotations

import pytest

from bench import machine
from bench.schema import CoreKind

GIB = 2**30

OLD_TEXT = """\
Graphics/Displays:

    Radeon RX Vega 64:

      Chipset Model: Radeon RX Vega 64
      Type: GPU
      Bus: PCIe
      PCIe Lane Width: x16
      VRAM (Dynamic, Max): 16368 MB
      Vendor: AMD (0x1002)
      Device ID: 0x687F
      Metal: Supported, feature set macOS GPUFamily2 v1

Hardware:

    Hardware Overview:

      Model Name: iMac Pro
      Model Identifier: iMacPro1,1
      Processor Name: 10-Core Intel Xeon W
      Total Number of Cores: 10
      Memory: 64 GB
      Serial Number (system): C02ZK0ABLVDQ

Software:

      Memory: 8 GB
"""


@pytest.mark.parametrize("text", [OLD_TEXT, "\n".join(map(str.strip, OLD_TEXT.splitlines()))])
def test_an_old_systems_text_keeps_gpus_and_hardware_apart(text: str) -> None:
    found = machine.parse({"python": "system: Darwin", "system_profiler": text})
    (gpu,) = found.gpus
    assert (gpu.memory_bytes, gpu.unified_memory) == (16368 * 2**20, False)
    assert (gpu.cores, gpu.device_id) == (None, "0x687f")
    assert (found.model, found.cpu) == ("iMacPro1,1", "10-Core Intel Xeon W")
    assert (found.cores_physical, found.memory_bytes) == (10, 64 * GIB)


def test_cores_of_two_kinds_are_counted_in_the_text_form() -> None:
    text = (
        "Hardware:\n\n    Hardware Overview:\n\n      Chip: Apple M1 Max\n"
        "      Total Number of Cores: 10 (8 performance and 2 efficiency)\n"
    )
    found = machine.parse({"python": "system: Darwin", "system_profiler": text})
    assert (found.cpu, found.cores_physical) == ("Apple M1 Max", 10)
    assert found.core_kinds == (
        CoreKind(name="Performance", count=8),
        CoreKind(name="Efficiency", count=2),
    )
