"""How far cells lie above the physical bound of their device: what no honest work reaches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.schema import Run
from reports.formatting import digits
from reports.hardware import physical_limits

WINOGRAD = 4.0
"""Convolutions may take that much less FLOP than is counted (Lavin & Gray, arXiv:1509.09308). No
algorithm in use saves any elsewhere. Work of which a record does not say it may convolve."""

BOOST = 1.2
"""Times the peak at a card's rated clock that it may honestly reach: AMD's and NVIDIA's raise
their clock beyond it as far as heat and power allow, and makers of cards sell them with higher
ones. Apple's GPUs do not."""


def beyond(cells: pd.DataFrame, runs: Mapping[str, Run]) -> pd.DataFrame:
    """The cells that exceed their device's bound; `excess` says how many times, and
    `excess_flop` by their arithmetic alone."""
    cells = _bounded(cells, runs)
    work = cells["flop_per_s"] / np.where(cells["convolutions"].fillna(True), WINOGRAD, 1.0)
    flop = work / cells["bound"].map(lambda bound: _boost(bound) * bound.flop_per_s)
    moved = (cells["traffic_bytes"] - cells["bound"].map(lambda bound: bound.cached_bytes)).clip(0)
    traffic = moved / cells["time_s"] / cells["bound"].map(lambda b: b.bytes_per_s or np.inf)
    traffic = traffic.fillna(0)
    excess = np.maximum(flop, traffic)
    cells = cells.assign(excess=excess, excess_flop=flop, by_flop=flop >= traffic)
    return cells[cells["excess"] > 1]


def words(cells: pd.DataFrame) -> str:
    """What the worst of these cells reaches, and what its device can do."""
    worst = cells.loc[cells["excess"].idxmax()]
    bound = worst["bound"]
    if worst["by_flop"]:
        boost = _boost(bound)
        rate, most = worst["flop_per_s"], boost * bound.flop_per_s
        at = f" at {boost:g} times its rated clock" if boost > 1 else ""
        unit, source = "TFLOP/s", bound.flop_source
        can = f"can do in {worst['precision']}{at}"
    else:
        rate, most = worst["bytes_per_s"], bound.bytes_per_s
        unit, source = "TB/s of inputs and results", bound.bytes_source
        can = "can move"
    return (
        f"reaches {digits(rate / 1e12)} {unit}, above the {digits(most / 1e12)} that "
        f"{bound.name} {can} ({source})"
    )


def _boost(bound: physical_limits.Bound) -> float:
    return BOOST if bound.name.startswith(("AMD ", "NVIDIA ")) else 1.0


def _bounded(cells: pd.DataFrame, runs: Mapping[str, Run]) -> pd.DataFrame:
    """Cells on devices with a physical bound, and that."""
    columns = ("run", "device_kind", "device_name", "precision")
    devices = list(zip(*(cells[column] for column in columns), strict=True))
    known = {
        (run, kind, name, precision): physical_limits.bound(
            kind, name, runs[run].machine, precision
        )
        for run, kind, name, precision in set(devices)
    }
    cells = cells.assign(bound=pd.Series([known[d] for d in devices], cells.index, object))
    return cells[cells["bound"].notna()]
