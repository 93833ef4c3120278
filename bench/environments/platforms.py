"""What this machine is to an environment: which Pythons suit it, and what it can never have.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
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

    @property
    def flavour(self) -> str:
        """Ending of the requirements files that go before the plain ones here; mostly empty."""
        if self.system == "Darwin" and self.before(14):
            return f"-{self.machine}-macos13"
        return "-cuda" if self.nvidia else ""

    def before(self, *release: int) -> bool:
        """Whether this is a macOS older than that release; not if its release is unknown."""
        own = () if disguised(self.release) else _numbers(self.release)[: len(release)]
        return bool(own) and own < release


PYTHONS = {
    # The one Python with wheels of every arm64 set.
    ("Darwin", "arm64"): ("3.12", "3.11"),
    # 3.12 has no tensorflow-metal there, 3.13 neither torch nor TensorFlow.
    ("Darwin", "x86_64"): ("3.11",),
    # Wheelhouses hold the CPU build of torch for 3.11; jax after 0.10 needs 3.12.
    ("Linux", "x86_64"): ("3.11", "3.12"),
}
"""By preference: the first is the default, the others serve a version contender that needs them."""

OTHER_PYTHONS = ("3.13", "3.10")
"""What a version contender is built with where the preferred ones have no wheel of it."""


@dataclass(frozen=True)
class MetalPlugin:
    """A line of tensorflow-metal."""

    line: str
    """Its first two numbers."""
    loads_in: tuple[str, ...]
    """TensorFlow's lines in which it is known to load."""
    breaks_from: str | None = None
    """TensorFlow's line from which on importing the pair fails; None where nobody has said so."""
    source: str = ""
    """Of that."""
    wheels: bool = True
    """Whether there are wheels for the Pythons above."""

    @property
    def version(self) -> str:
        """The release that is installed."""
        return f"{self.line}.0"


TENSORFLOW_METAL = (
    MetalPlugin("0.5", ("2.9",), wheels=False),
    MetalPlugin("0.6", ("2.10",), wheels=False),
    MetalPlugin("0.7", ("2.11",), wheels=False),
    MetalPlugin("0.8", ("2.12",)),
    MetalPlugin("1.0", ("2.13",), "2.14", "tensorflow-metal 1.0.0 wheel"),
    MetalPlugin(
        "1.1", ("2.14", "2.15", "2.16", "2.17"), "2.18", "tensorflow#81987, tensorflow#84167"
    ),
    MetalPlugin(
        "1.2",
        ("2.16", "2.18", "2.19"),
        "2.20",
        "tensorflow-metal 1.2.0 wheel: TensorFlow 2.20 lacks symbols it binds",
    ),
)
"""Which plugin loads in which TensorFlow: the table in the metadata of 1.2.0, for 2.16 with 1.2
tensorflow#92686, for 2.19 keras#21108. Of several the first is installed. The plugin declares no
requirement, so no installer would notice a pair that does not fit."""

CPU_ALONE = {("Darwin", "x86_64"): ("jax",)}
"""Frameworks whose packages for a platform have no GPU, though others have."""

JAX_MPS = ("0.10", "0.11")
"""The lines of jax that a jax-mps for our Pythons accepts."""


def here() -> Platform:
    """The platform of this process."""
    system = platform.system()
    return Platform(
        system=system,
        machine=platform.machine(),
        release=macos() if system == "Darwin" else "",
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
    if where.before(12):
        raise Unavailable(f"it needs macOS 12 or newer. Received: macOS {where.release}.")
    return found


def check(framework: str, where: Platform, version: str | None = None) -> None:
    """Raise Unavailable if the platform can never have this framework, or this version of it."""
    pythons(where)
    mac, intel = where.system == "Darwin", where.machine == "x86_64"
    if framework == "mlx" and mac and intel:
        raise Unavailable("MLX needs Apple Silicon: it has never had packages for Intel Macs")
    if framework == "mlx" and where.before(13):
        raise Unavailable(f"MLX needs macOS 13 or newer. Received: macOS {where.release}.")
    if framework == "jax-metal" and not mac:
        raise Unavailable("jax-metal is a plugin of macOS alone. Without it: FRAMEWORK=jax")
    if framework == "jax-metal" and where.before(14, 4):
        raise Unavailable(
            f"jax-metal 0.1.1 needs macOS 14.4 or newer. Received: macOS {where.release}."
        )
    if framework == "tf" and mac and version:
        tensorflow_metal(version, where)


def without_gpu(where: Platform) -> tuple[str, ...]:
    """Frameworks that can use a GPU elsewhere and never here."""
    return CPU_ALONE.get((where.system, where.machine), ())


def tensorflow_metal(version: str, where: Platform) -> str:
    """The version of tensorflow-metal that loads in this TensorFlow on a Mac.

    Raises Unavailable where none does: importing TensorFlow itself would then fail.
    """
    loading = (
        each for each in TENSORFLOW_METAL if each.wheels and series(version) in each.loads_in
    )
    plugin = next((each.version for each in loading), None)
    intel = where.machine == "x86_64"
    if plugin is None or (intel and _numbers(plugin) > (1, 0, 0)):
        raise Unavailable(
            f"no tensorflow-metal loads in TensorFlow {version} on this Mac. Expected TensorFlow "
            f"2.12 to {'2.13' if intel else '2.19'}, as in tf=={'2.13.1' if intel else '2.18.1'}."
        )
    if intel and plugin == "1.0.0" and where.before(14):
        raise Unavailable(
            "tensorflow-metal 1.0.0 for Intel is tagged for macOS 12 and built for 14. Expected "
            f"TensorFlow 2.12, as in tf==2.12.1. Received: macOS {where.release}."
        )
    return plugin


def series(version: str) -> str:
    """First two numbers of a version: `0.11` of `0.11.2`."""
    return ".".join(version.split(".")[:2])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def macos() -> str:
    """The release of macOS; empty where only a disguise is told."""
    return next((told for told in _releases() if _numbers(told) and not disguised(told)), "")


def _releases() -> Iterator[str]:
    # With no variable that makes it tell an older one.
    yield _said(["/usr/bin/sw_vers", "-productVersion"], {})
    yield platform.mac_ver()[0]
    # As Python's own library `packaging` does: a Python so started is told the truth.
    python = "import platform; print(platform.mac_ver()[0])"
    yield _said([sys.executable, "-sS", "-c", python], {"SYSTEM_VERSION_COMPAT": "0"})


def disguised(release: str) -> bool:
    """Whether macOS tells this release to programs built against an older SDK: 10.16 is any from
    11 on, 16 any from 26 on (python/cpython#135675). No macOS was ever called so."""
    return _numbers(release)[:2] == (10, 16) or _numbers(release)[:1] == (16,)


def _said(command: list[str], environment: dict[str, str]) -> str:
    """What a command prints; empty if it is not there, fails or hangs."""
    try:
        said = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=True,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()


def _nvidia() -> bool:
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None
