"""NVIDIA's GPUs: asked through NVML in the form `nvidia-smi` prints, and read from that form."""

from __future__ import annotations

import contextlib
import csv
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.machine import parsing
from bench.product_names import normal
from bench.schema import Gpu

COLUMNS = (
    *("name", "memory.total", "driver_version", "pcie.link.width.max"),
    *("clocks.sm", "temperature.gpu", "utilization.gpu"),
)
COMMAND = ("nvidia-smi", f"--query-gpu={','.join(COLUMNS)}", "--format=csv,noheader,nounits")
"""Prints a line for each GPU: MiB, MHz, degrees Celsius and percent, `[N/A]` for unknown."""

MOST = 64


@dataclass(frozen=True)
class Seen:
    """A GPU and what it was doing."""

    gpu: Gpu
    hz: float | None
    celsius: float | None
    busy: float | None
    """Share of time in which it had work."""


def read(text: str) -> tuple[Seen, ...]:
    """Every GPU of such a report."""
    lines = text.splitlines()[:MOST]
    rows = ([cell.strip() for cell in row] for row in csv.reader(lines, skipinitialspace=True))
    with contextlib.suppress(csv.Error):
        return tuple(seen for row in rows for seen in _seen(row))
    return ()


def _seen(row: list[str]) -> Iterator[Seen]:
    name = parsing.name(row[0]) if len(row) == len(COLUMNS) else None
    if name is None:
        return
    mebibytes, lanes, mhz, celsius, percent = map(parsing.count, (row[1], *row[3:]))
    gpu = Gpu(
        name=name,
        vendor="NVIDIA",
        memory_bytes=mebibytes * 2**20 if mebibytes else None,
        kind="discrete" if lanes and mebibytes else None,
        # Where the GPU has no memory of its own the driver says N/A.
        unified_memory=False if mebibytes else None,
        bus="PCIe" if lanes else None,
        lanes=lanes or None,
        driver=parsing.version(row[2]),
    )
    busy = percent / 100 if percent is not None and percent <= 100 else None
    yield Seen(gpu, mhz * 1e6 if mhz else None, celsius, busy)


def report() -> str:
    """The report as NVML gives it; empty where there is no NVIDIA driver."""
    lines = []
    for handle in _handles():
        cells = [_ask(question, handle) for question in _questions()]
        lines.append(", ".join("[N/A]" if cell is None else str(cell) for cell in cells))
    return "\n".join(lines)


def free_bytes(name: str) -> int | None:
    """Memory that nothing holds of the GPU of this name, the freest of several alike; None where
    that is unknown, or the GPU has no memory of its own."""
    import pynvml

    names = ((one, normal(str(_ask(pynvml.nvmlDeviceGetName, one)))) for one in _handles())
    alike = (one for one, told in names if told == normal(name))
    found = (_ask(lambda one: pynvml.nvmlDeviceGetMemoryInfo(one).free, one) for one in alike)
    return max((int(free) for free in found if free is not None), default=None)


@functools.cache
def _handles() -> tuple[Any, ...]:
    """NVML's handle of every GPU; it stays open, because opening it takes long."""
    import pynvml

    try:
        pynvml.nvmlInit()
        number = min(pynvml.nvmlDeviceGetCount(), MOST)
    except pynvml.NVMLError:
        return ()
    handles = []
    for index in range(number):
        with contextlib.suppress(pynvml.NVMLError):  # a lost one does not hide the others
            handles.append(pynvml.nvmlDeviceGetHandleByIndex(index))
    return tuple(handles)


def _ask(question: Callable[[Any], Any], handle: Any) -> Any:
    import pynvml

    try:
        answer = question(handle)
    except pynvml.NVMLError:
        return None
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


@functools.cache
def _questions() -> tuple[Callable[[Any], Any], ...]:
    """What fills each column."""
    import pynvml as nvml

    return (
        nvml.nvmlDeviceGetName,
        lambda handle: nvml.nvmlDeviceGetMemoryInfo(handle).total // 2**20,
        lambda _: nvml.nvmlSystemGetDriverVersion(),
        nvml.nvmlDeviceGetMaxPcieLinkWidth,
        lambda handle: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        lambda handle: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
        lambda handle: nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
    )
