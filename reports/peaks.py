"""Peak rates of GPUs whose makers or measurers are known, by exact name; read from `peaks.csv`.

Apple's names do not tell the number of cores: the row is that of the full chip, so it bounds all.
Chips without a source stay out of the file.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("peaks.csv")


@dataclass(frozen=True)
class Peak:
    """Most a device can do in float32, on paper."""

    name: str
    variant: str
    flop_per_s: float
    bytes_per_s: float
    source: str


def peak(device_name: str) -> Peak | None:
    """The row of a device called exactly so; some systems leave the maker's `AMD` off."""
    known = _table()
    return known.get(device_name) or known.get(f"AMD {device_name}")


@cache
def _table() -> dict[str, Peak]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Peak(
                name=row["name"],
                variant=row["variant"],
                flop_per_s=float(row["flop_per_s"]),
                bytes_per_s=float(row["bytes_per_s"]),
                source=row["source"],
            )
            for row in csv.DictReader(file)
        }
