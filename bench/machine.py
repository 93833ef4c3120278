"""What computer this is, without anything that identifies its owner."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

import psutil

from bench.schema import Gpu, Machine


def describe(gpus: Iterable[tuple[str, int | None]] = ()) -> Machine:
    """This machine; `gpus` are the names and memory sizes the frameworks reported."""
    cpu, memory = _cpu(), psutil.virtual_memory().total
    found = tuple(Gpu(name=name, memory_bytes=size) for name, size in dict(gpus).items())
    parts = [cpu or platform.machine(), *(gpu.name for gpu in found)]
    parts.append(f"{memory / 2**30:.0f} GiB")
    return Machine(
        label=", ".join(parts),
        system=platform.system(),
        release=platform.mac_ver()[0] or platform.release(),
        architecture=platform.machine(),
        model=_sysctl("hw.model"),
        cpu=cpu,
        cores_physical=psutil.cpu_count(logical=False),
        cores_logical=psutil.cpu_count(),
        memory_bytes=memory,
        gpus=found,
    )


def _cpu() -> str | None:
    if platform.system() == "Darwin":
        return _sysctl("machdep.cpu.brand_string")
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None)


def _sysctl(name: str) -> str | None:
    """A value of macOS's kernel; None elsewhere and where it has no such name."""
    if platform.system() != "Darwin":
        return None
    command = ["/usr/sbin/sysctl", "-n", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
