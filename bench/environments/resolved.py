"""What a version was resolved to: packages with their sizes, times and sha256, as uv tells them.

Standard library and Python 3.9 only, but for `tomllib`: only the host makes such environments.
"""

from __future__ import annotations

import datetime
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.environments.platforms import Platform
from bench.environments.stamped_folder import BuildFailed

_CUDA = ("nvidia-", "cuda-")


@dataclass(frozen=True)
class Wanted:
    """What is to be resolved."""

    name: str
    """As in `torch==2.2.2`."""
    packages: tuple[str, ...]
    """Distributions of which one is the framework."""
    lines: tuple[str, ...]
    """Requirements; the framework's own is exact."""
    where: Platform
    target: str = ""
    """uv's word for another platform than this one."""
    bounds: tuple[str, ...] = ()
    """What companions must keep to, if they come along at all."""
    index: str = ""
    """Address or folder to look in first; empty for none."""
    prereleases: tuple[str, ...] = ()
    """Companions that may be pre-releases too, as the version itself may."""
    backend_chosen: bool = False
    """Whether the user has said which build of PyTorch it is to be, in UV_TORCH_BACKEND."""
    found_elsewhere: bool = False
    """Whether the user named folders of wheels."""


@dataclass(frozen=True)
class Package:
    """One package that would be installed."""

    version: str
    size_bytes: int = 0
    """Of its wheel; 0 where the index does not say."""
    uploaded: datetime.datetime | None = None
    hashes: tuple[str, ...] = ()
    """sha256 of the wheels of which one is taken; empty where the index does not say."""


@dataclass(frozen=True)
class Resolved:
    """The outcome."""

    lock: Path
    """As uv wrote it: every package with its address, time and sha256."""
    packages: Mapping[str, Package] = field(default_factory=dict)
    until: datetime.datetime | None = None
    """No companion is newer; None where the version's upload is not known."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Those with which uv found it."""

    @property
    def size_bytes(self) -> int:
        """Of everything that is downloaded."""
        return sum(package.size_bytes for package in self.packages.values())

    def install(self, wanted: Wanted) -> list[str]:
        """Arguments with which uv installs exactly this, each wheel checked against its sha256.

        Not from the lock itself, whose addresses uv asks again even where its cache has the wheel.
        """
        files = {
            package_of(line): line.partition(" ;")[0] for line in wanted.lines if " @ " in line
        }
        listed = self.lock.with_name("locked.txt")
        lines = [
            " ".join(
                [files.get(name, f"{name}=={package.version}")]
                + [f"--hash=sha256:{one}" for one in package.hashes]
            )
            for name, package in self.packages.items()
        ]
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        known = all(package.hashes for package in self.packages.values())
        checked = ["--require-hashes"] if known else []
        return [*checked, *index_options(wanted.index), "--no-deps", "--requirements", str(listed)]

    @property
    def cuda(self) -> list[str]:
        """NVIDIA's libraries among the packages."""
        return [name for name in self.packages if name.startswith(_CUDA)]


def index_options(index: str) -> list[str]:
    """How uv is told of INDEX: what it lacks comes from the usual index."""
    if not index:
        return []
    if "://" not in index:
        return ["--find-links", index]
    return ["--index", index, "--index-strategy", "unsafe-first-match"]


def read(lock: Path) -> dict[str, Package]:
    """The packages of a lock that uv wrote. Raises BuildFailed on a Python that reads no TOML."""
    if sys.version_info < (3, 11):
        raise BuildFailed(
            "a version that was asked for is resolved by the host's Python, 3.11 or newer. "
            "Try `./metalbench env build NAME==VERSION`."
        )
    import tomllib

    told = tomllib.loads(lock.read_text(encoding="utf-8"))
    return {entry["name"]: _read_package(entry) for entry in told.get("packages", [])}


def _read_package(entry: Mapping[str, Any]) -> Package:
    wheels = [*entry.get("wheels", []), *filter(None, [entry.get("archive")])]
    times = [wheel["upload-time"] for wheel in wheels if "upload-time" in wheel]
    return Package(
        str(entry.get("version", "")),
        max((wheel.get("size", 0) for wheel in wheels), default=0),
        max(times, default=None),
        tuple(wheel["hashes"]["sha256"] for wheel in wheels if "sha256" in wheel.get("hashes", {})),
    )


def package_of(line: str) -> str:
    return re.split(r"[\[=<>@;\s]", line, maxsplit=1)[0].lower()
