"""What this machine is to an environment: which Pythons suit it, and what it can never have.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path


class Unavailable(Exception):
    """This platform can never have the environment; the message is the reason."""


@dataclass(frozen=True)
class Platform:
    """What decides between requirements."""

    system: str
    """`Darwin` or `Linux`; others are refused."""
    machine: str
    """`arm64` or `x86_64`, as the running Python sees it."""
    release: str = ""
    """Version of macOS, as in `15.2`; empty elsewhere."""
    nvidia: bool = False
    """Whether an NVIDIA driver is installed."""


PYTHONS = {
    # The one Python with wheels of every arm64 set.
    ("Darwin", "arm64"): ("3.12", "3.11"),
    # 3.12 has no tensorflow-metal there, 3.13 neither torch nor TensorFlow.
    ("Darwin", "x86_64"): ("3.11",),
    # Wheelhouses hold the CPU build of torch for 3.11; jax after 0.10 needs 3.12.
    ("Linux", "x86_64"): ("3.11", "3.12"),
}
"""By preference: the first is the default, the others serve a version contender that needs them."""


def here() -> Platform:
    """The platform of this process."""
    system = platform.system()
    return Platform(
        system=system,
        machine=platform.machine(),
        release=platform.mac_ver()[0],
        nvidia=system == "Linux" and _nvidia(),
    )


def pythons(where: Platform) -> tuple[str, ...]:
    """Python versions to try, in order. Raises Unavailable on an unsupported platform."""
    found = PYTHONS.get((where.system, where.machine))
    if found is None:
        expected = ", ".join(f"{system} {machine}" for system, machine in PYTHONS)
        raise Unavailable(
            f"unsupported platform. Expected one of {expected}. "
            f"Received: {where.system} {where.machine}."
        )
    return found


def check(framework: str, where: Platform) -> None:
    """Raise Unavailable if there are no packages of the framework for the platform."""
    pythons(where)
    if framework == "mlx" and (where.system, where.machine) == ("Darwin", "x86_64"):
        raise Unavailable(
            "MLX has no packages for Intel Macs and never had: it needs Apple Silicon"
        )


def _nvidia() -> bool:
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None
