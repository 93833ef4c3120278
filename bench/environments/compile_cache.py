"""Where a framework's compiled programs are kept for later processes of the same environment.

In the worker, which knows its packages. A folder belongs to one set of versions on one machine and
processor, whose native code another may not be able to run; all together are bounded.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from frameworks import FRAMEWORKS
from suites.data.cache_files import bound, write
from suites.data.folder_sums import drop_damaged

ROOT = Path(__file__).resolve().parents[2] / ".cache" / "compiled"

LIBRARIES = ("*.so", "lib/*.so*", "lib/*.dylib")
"""Where in its packages a framework has them."""

MOST_BYTES = 2**31
"""Of all folders. Beyond it the files that were written first go, until half is left."""


ROOM_BYTES = 2**26
"""Free on the disk, below which nothing is kept: frameworks fail where theirs is full."""

CPUINFO = Path("/proc/cpuinfo")

TOLD = ("model name", "flags", "CPU implementer", "CPU part", "Features")
"""What Linux says of a processor: the first two on x86_64, the others on arm64."""

SYSCTLS = ("machdep.cpu.brand_string", "machdep.cpu.features", "machdep.cpu.leaf7_features")
"""What macOS says; Apple Silicon's name alone."""

SYSCTL_S = 1.0


def folder(framework: str, packages: Iterable[str], root: Path = ROOT) -> str | None:
    """The folder of these packages here, without what was damaged; None where none can be made or
    there is no room."""
    here = (platform.python_version(), platform.machine(), platform.node(), processor())
    known = (*here, sys.prefix, *libraries(framework), *sorted(packages))
    stamp = hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]
    found = root / f"{framework}-{stamp}"
    bound(root, MOST_BYTES)
    try:
        found.mkdir(parents=True, exist_ok=True)
        write(root / f".room-{os.getpid()}", b"\0" * 2**16)  # read-only, or full
        (root / f".room-{os.getpid()}").unlink()
        if shutil.disk_usage(found).free < ROOM_BYTES:
            return None
    except OSError:
        return None
    drop_damaged(found)
    return str(found)


def libraries(framework: str) -> list[str]:
    """The framework's own libraries, each with when it was written and its bytes. Whoever builds it
    from source has new ones under one version."""
    found = []
    for module in FRAMEWORKS[framework].modules if framework in FRAMEWORKS else ():
        spec = importlib.util.find_spec(module)
        for place in (spec and spec.submodule_search_locations) or ():
            for pattern in LIBRARIES:
                for path in Path(place).glob(pattern):
                    told = path.stat()
                    found.append(f"{path.name} {told.st_mtime_ns} {told.st_size}")
    return sorted(found)


def processor(system: str = sys.platform, cpuinfo: Path = CPUINFO) -> str:
    """The CPU's model and features, as far as the system tells them; takes milliseconds."""
    told = ""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = _of_macos() if system == "darwin" else _of_linux(cpuinfo)
    return told or platform.processor()


def _of_linux(cpuinfo: Path) -> str:
    """Of the first processor; reading on would ask each of hundreds for its clock."""
    told = {}
    with cpuinfo.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if not line.strip():
                break
            told[name.strip()] = value.strip()
    return "\n".join(f"{name}: {told[name]}" for name in TOLD if name in told)


def _of_macos() -> str:
    """Names that this Mac does not know are left out (`-i`)."""
    command = ["/usr/sbin/sysctl", "-i", *SYSCTLS]
    asked = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=SYSCTL_S, check=False
    )
    return asked.stdout.strip()
