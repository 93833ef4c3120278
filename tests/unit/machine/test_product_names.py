"""Names of products: all spellings of one are the same, and no two products are."""

from __future__ import annotations

import pytest

from bench import machine
from bench.product_names import normal
from reports.hardware import peaks


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("AMD Radeon PRO W6800X Duo", "Radeon Pro W6800X Duo", True),
        ("RADEON RX 6900XT", "AMD Radeon(TM) RX 6900 XT", True),
        ("NVIDIA GeForce GTX 1060 6GB", "GeForce GTX 1060 6GB", True),
        ("Intel(R) UHD Graphics 630", "Intel UHD Graphics 630", True),
        ("Radeon RX 6900 XT", "Radeon RX 6900 XTX", False),
        ("Radeon Pro 580", "Radeon RX 580", False),
        ("Apple M1", "Apple M1 Pro", False),
        ("Apple M1", "Apple M1 (Virtual)", False),
        ("AMD", "NVIDIA", False),
        ("", "-", False),
    ],
)
def test_spellings_are_one_name(name: str, other: str, same: bool) -> None:
    assert (normal(name) == normal(other)) is same


def test_a_framework_and_the_system_may_spell_a_name_differently() -> None:
    profile = '{"SPDisplaysDataType":[{"sppci_model":"AMD Radeon PRO W6800X"}]}'
    told = {"python": "system: Darwin", "system_profiler": profile}
    found = machine.parse(told, [("Radeon Pro W6800X", 2**35)])
    assert [(gpu.name, gpu.memory_bytes) for gpu in found.gpus] == [
        ("AMD Radeon PRO W6800X", 2**35)
    ]


def test_peaks_are_found_by_any_spelling() -> None:
    for name in ("AMD Radeon RX 6900 XT", "Radeon RX 6900XT", "RADEON RX 6900 xt"):
        peak = peaks.peak(name)
        assert peak is not None
        assert peak.flop_per_s == 23.04e12
