"""Peak rates of GPUs whose makers or measurers are known, by name; read from `peaks.csv`.

Apple's names do not tell the number of cores. Where the machine's description does not either, the
row is that of the full chip, so it bounds all. Chips without a source stay out of the file; a row
that was computed says from what.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.contenders.for_reports import backend_of
from bench.product_names import normal
from bench.schema import Gpu

TABLE = Path(__file__).with_name("peaks.csv")


@dataclass(frozen=True)
class Peak:
    """Most a device can do in float32, on paper."""

    name: str
    cores: int | None
    """Of an Apple GPU; None where the name alone tells."""
    flop_per_s: float
    bytes_per_s: float
    source: str
    matrix: float = 1.0
    """Times that rate at which its matrix units work, in whatever precision they have."""

    @property
    def variant(self) -> str:
        """What the name does not tell, as in `38 cores`."""
        return f"{self.cores} cores" if self.cores else ""


def peak(device_name: str, gpus: Sequence[Gpu] = ()) -> Peak | None:
    """The row of a device of this name, however spelt, among the machine's `gpus`."""
    device_name = called(device_name, gpus)
    rows = _table().get(normal(device_name))
    if rows is None:
        return None
    cores = {gpu.cores for gpu in gpus if normal(gpu.name) == normal(device_name)}
    return next((row for row in rows if {row.cores} == cores), rows[-1])


def called(device_name: str, gpus: Sequence[Gpu]) -> str:
    """The name that the machine has for a device.

    A framework that knows its GPU only as `mps` or `metal:0` means the machine's only one: Metal's
    frameworks pass over Intel's.
    """
    if backend_of("gpu", device_name) != "metal":
        return device_name
    names = {gpu.name for gpu in gpus if "intel" not in f"{gpu.vendor} {gpu.name}".lower()}
    return names.pop() if len(names) == 1 else device_name


@cache
def _table() -> dict[str, list[Peak]]:
    """Rows by normal name, the full chip last."""
    found: dict[str, list[Peak]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(normal(row["name"]), []).append(
                Peak(
                    name=row["name"],
                    cores=int(row["cores"]) if row["cores"] else None,
                    flop_per_s=float(row["flop_per_s"]),
                    bytes_per_s=float(row["bytes_per_s"]),
                    source=row["source"],
                    matrix=float(row["matrix"] or 1),
                )
            )
    return {name: sorted(rows, key=lambda row: row.flop_per_s) for name, rows in found.items()}
