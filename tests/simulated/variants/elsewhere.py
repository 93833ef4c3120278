"""Lies about the device: the work is done on the CPU, and the device that is claimed has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from frameworks.interface import Memory
from tests.simulated.variants.honest import Honest

if TYPE_CHECKING:
    from tests.simulated.adapter import Placed


class OnTheCPU(Honest):
    """Computes on two cores; nothing lies in the device's memory."""

    elsewhere = True
    driver = "Simulated GPU, idle"
    cores: ClassVar[float] = 2.0

    def do(self, placed: Placed) -> Any:
        return placed.compute(self.cores)

    def memory(self, counted: Memory) -> Memory:
        return Memory(0, 0)


class OnOneCore(OnTheCPU):
    """Computes on one core, as one that dispatches and waits uses too, and counts memory that it
    does not need: only the device's driver can tell."""

    cores = 1.0

    def memory(self, counted: Memory) -> Memory:
        return counted
