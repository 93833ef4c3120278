"""NVIDIA's GPUs in a pasted text: `nvidia-smi`'s table and list, and PyTorch's own list."""

from __future__ import annotations

import re

from bench.machine import nvidia
from bench.machine.pasted.products import product

_LISTED = re.compile(r"^.{0,60}?\bGPU ([0-9]{1,2}): (.{3,80}?)(?: \(UUID: .*)?$")
_ROW = re.compile(
    r"^\|\s{1,4}([0-9]{1,2})\s{1,4}(\S.{2,60}?)(?:\s+(?:On|Off|N/A|WDDM|TCC))?\s*\|"
    r"\s*[0-9A-F]{4,8}:[0-9A-F]{2}:"
)
_USE = re.compile(
    r"([0-9]{1,3})C\s.{0,60}\|\s*[0-9]{1,7}MiB\s*/\s*([0-9]{1,7})MiB\s*\|\s*([0-9]{1,3})%"
)
_DRIVER = re.compile(r"Driver Version:\s*([0-9]{2,4}(?:\.[0-9]{1,4}){1,3})", re.IGNORECASE)


def report(lines: list[str]) -> str:
    """What `bench.machine.nvidia` reads, a line for each GPU; empty where there is none."""
    names: dict[int, str] = {}
    use: dict[int, tuple[str, ...]] = {}
    at = None
    for line in lines:
        row, used = _ROW.match(line), _USE.search(line)
        if row:
            at = int(row[1])
        listed = row or _LISTED.match(line)
        if listed and len(names) < nvidia.MOST:
            _keep(names, int(listed[1]), listed[2])
        if used and at is not None:
            use.setdefault(at, (used[1], used[2], used[3]))
    driver = next((found[1] for line in lines if (found := _DRIVER.search(line))), "[N/A]")
    return "\n".join(
        _line(name, driver, *use.get(number, ("[N/A]",) * 3))
        for number, name in sorted(names.items())
    )


def _keep(names: dict[int, str], number: int, told: str) -> None:
    """Of several names of a GPU the one that was not cut off."""
    cut = told.rstrip().endswith("...")
    name = product(re.sub(r"\S*\.\.\.$", "", told.strip()).strip())
    if name and (number not in names or (not cut and len(name) > len(names[number]))):
        names[number] = name


def _line(name: str, driver: str, celsius: str, mebibytes: str, percent: str) -> str:
    unknown = "[N/A]"
    told = {
        "name": name,
        "memory.total": mebibytes,
        "driver_version": driver,
        "temperature.gpu": celsius,
        "utilization.gpu": percent,
    }
    return ", ".join(told.get(column, unknown) for column in nvidia.COLUMNS)
