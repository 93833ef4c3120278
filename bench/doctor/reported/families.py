"""Families of GPUs that facts are known of, by all names their cards are sold under and by PCI id.

A name may be spelt in any way; a Hackintosh may have made up its name or its id, so either tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.product_names import normal
from bench.schema import Gpu


@dataclass(frozen=True, kw_only=True)
class Family:
    """GPUs of one architecture."""

    title: str
    vendor: str
    names: tuple[str, ...]
    """Without the maker's."""
    device_ids: tuple[tuple[int, int], ...]
    """Of its chips: first and last of each block that holds nothing else."""
    source: str

    def holds(self, gpu: Gpu) -> bool:
        """Whether the GPU's name or its id is one of the family's."""
        if normal(gpu.name) in map(normal, self.names):
            return True
        told = re.fullmatch(r"0x([0-9a-f]{4})", gpu.device_id or "")
        number = int(told[1], 16) if told and gpu.vendor == self.vendor else -1
        return any(first <= number <= last for first, last in self.device_ids)


RDNA2 = Family(
    title="AMD's RDNA2",
    vendor="AMD",
    names=(
        # Navi 21
        *("Radeon RX 6800", "Radeon RX 6800 XT", "Radeon RX 6900 XT", "Radeon RX 6950 XT"),
        *("Radeon Pro W6800", "Radeon Pro W6800X", "Radeon Pro W6800X Duo", "Radeon Pro W6900X"),
        *("Radeon Pro V620", "Radeon Pro V620 MxGPU"),
        # Navi 22, which macOS drives with NootRX
        *("Radeon RX 6700", "Radeon RX 6700 XT", "Radeon RX 6750 XT", "Radeon RX 6750 GRE"),
        *("Radeon RX 6750 GRE 12GB", "Radeon RX 6700M", "Radeon RX 6800M", "Radeon RX 6850M XT"),
        # Navi 23
        *("Radeon RX 6600", "Radeon RX 6600 XT", "Radeon RX 6600 LE", "Radeon RX 6650 XT"),
        *("Radeon RX 6750 GRE 10GB", "Radeon RX 6600M", "Radeon RX 6600S", "Radeon RX 6650M"),
        *("Radeon RX 6650M XT", "Radeon RX 6700S", "Radeon RX 6800S"),
        *("Radeon Pro W6600", "Radeon Pro W6600M", "Radeon Pro W6600X"),
        # Navi 24
        *("Radeon RX 6300", "Radeon RX 6400", "Radeon RX 6500", "Radeon RX 6500 XT"),
        *("Radeon RX 6300M", "Radeon RX 6450M", "Radeon RX 6500M", "Radeon RX 6550M"),
        *("Radeon RX 6550S", "Radeon 6550S", "Radeon Pro W6300", "Radeon Pro W6300M"),
        *("Radeon Pro W6400", "Radeon Pro W6500M"),
    ),
    device_ids=((0x73A0, 0x73BF), (0x73C0, 0x73DF), (0x73E0, 0x73FF), (0x7420, 0x743F)),
    source="libdrm amdgpu.ids; Linux amdgpu_drv.c; Apple's support page of the Mac Pro's modules",
)
