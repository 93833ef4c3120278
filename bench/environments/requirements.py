"""Which packages an environment holds: its name, and the requirement lines the name stands for.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.environments.platforms import JAX_MPS, Platform, series, tensorflow_metal
from bench.environments.versions import within
from frameworks import FRAMEWORKS, FrameworkInfo
from suites.errors import UserError

NAMES = ("host", *FRAMEWORKS, "fleet", "dev")
"""Every environment but the version contenders and the spare ones."""

VARIANTS = {
    f"{row.name}-{variant}": (row, variant)
    for row in FRAMEWORKS.values()
    for variant in row.variants
}
"""By the name of an environment: the framework of which it is a variant, and that one's word."""

SPARE = (*VARIANTS, "dev-jax", "dev-power")
"""Environments of a variant (`jax:metal`) and of single scripts: made where they are named, and
never because of `all`."""


@dataclass(frozen=True)
class Bound:
    """What versions before `below` cannot stand beside."""

    framework: str
    below: str
    requirement: str
    source: str


BOUNDS = (
    Bound("torch", "2.3", "numpy<2", "pytorch#132179: 2.3.0 is the first that accepts NumPy 2"),
    Bound("jax", "0.4.26", "numpy<2", "change log of jaxlib 0.4.26: supports NumPy 2.0"),
    Bound("jax", "0.4.26", "scipy<1.13", "ROCm/jax#62: scipy 1.13 has no linalg.tril"),
    Bound("tf", "2.18", "numpy<2", "release notes of TensorFlow 2.18: built for NumPy 2.0"),
)
"""Their own metadata have no such bound, or had none in some releases. They count always: a mirror
or a folder of wheels tells no dates, and where there are dates they change nothing."""

_CONTENDER = re.compile(
    r"(?P<base>[a-z]+)(?:\+(?P<package>[a-z0-9]+(?:-[a-z0-9]+)*))?=="
    r"(?P<version>nightly|[0-9]+(?:\.[0-9]+){0,4}(?:(?:a|b|rc)[0-9]+)?(?:\.(?:post|dev)[0-9]+)?"
    r"(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?)"
    r"(?:-(?P<digest>[0-9a-f]{12}))?"
)
_LONGEST = 64

DIGEST = 12
"""Digits of a wheel's sha256 in the name of its environment."""

NIGHTLY = "nightly"
"""The version that stands for the newest build of a framework's makers."""
_LINE = re.compile(
    r"(?P<package>[A-Za-z0-9._-]+)(?P<extras>\[[^\]]*\])?\s*"
    r"(?P<pin>[^;\s]*)\s*(?P<marker>;.*)?"
)


class NoNightly(UserError):
    """A framework of which nobody publishes a build every night."""


@dataclass(frozen=True)
class Name:
    """An environment's name, checked: safe as the name of a folder."""

    base: str
    """One of `NAMES` or `SPARE`."""
    version: str | None = None
    """The framework's version in a version contender, as in `jax==0.4.38`, or `nightly`; the
    package's, where there is one."""
    digest: str = ""
    """The first digits of a wheel's sha256, where it is installed from a file."""
    wheel: Path | None = field(default=None, compare=False)
    """That file; None also where only the environment is named that was made from it."""
    package: str = ""
    """What an adapter from outside measures, installed beside the base's packages."""

    def __str__(self) -> str:
        package = f"+{self.package}" if self.package else ""
        version = f"=={self.version}" if self.version else ""
        return self.base + package + version + (f"-{self.digest}" if self.digest else "")

    @property
    def asked(self) -> bool:
        """Whether a user asked for the version, so that nothing of it is known beforehand."""
        return self.version is not None

    @property
    def nightly(self) -> bool:
        return self.version == NIGHTLY

    @property
    def packages(self) -> tuple[str, ...]:
        """Distributions of which one has the version that was asked for; the first is the usual."""
        return (self.package,) if self.package else FRAMEWORKS[self.base].packages

    @property
    def framework(self) -> FrameworkInfo | None:
        """The framework that is measured in it; None of an environment for other work."""
        return VARIANTS[self.base][0] if self.base in VARIANTS else FRAMEWORKS.get(self.base)

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment variables that must stand before its framework's import."""
        if self.base in VARIANTS:
            row, variant = VARIANTS[self.base]
            return {**row.variables, **row.variants[variant]}
        return self.framework.variables if self.framework else {}


HOST = Name("host")
"""The harness itself."""

BOOT = Name("boot")
"""Holds uv itself; made by `bench.boot` and not among `NAMES`."""


def parse(text: str) -> Name:
    """The name in `text`, also of a variant as FRAMEWORK takes it (`jax:metal`). Raises UserError
    for anything else."""
    variant = text.replace(":", "-")
    if text in (*NAMES, *SPARE) or variant in VARIANTS:
        return Name(variant)
    found = _CONTENDER.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or found["base"] not in FRAMEWORKS:
        raise UserError(
            f"no such environment. Expected one of {', '.join(NAMES)}, or a framework with a "
            f"version, as in jax==0.4.38. Received: {text[: 2 * _LONGEST]!r}."
        )
    package = found["package"] or ""
    if found["version"] == NIGHTLY and (package or FRAMEWORKS[found["base"]].nightly is None):
        of = package or found["base"]
        raise NoNightly(f"no nightly of {of} is published. Received: {text!r}.")
    return Name(found["base"], found["version"], found["digest"] or "", package=package)


def lines(folder: Path, name: Name, where: Platform) -> list[str]:
    """The requirement lines of the environment, from the files in `folder`.

    A version contender has its framework at that version, a plugin at the version that goes with
    it, and the other packages at any version that suits it; extras and markers stay. Raises
    Unavailable where no plugin goes with it.
    """
    pinned = read(file(folder, name.base, where), where)
    if name.version is None:
        return list(pinned)
    if name.package:
        return [f"{name.package}=={name.version}", *packages(list(pinned))]
    return [free for line in pinned for free in _freed(line, name.base, name.version, where)]


def resolvable(requirements: Sequence[str], name: Name) -> Iterator[str]:
    """The lines as an installer takes them: a wheel's file in place of its version.

    Apart from `lines`, since these decide whether an environment is as it should be, and a file may
    lie anywhere.
    """
    for line in requirements:
        part = _split(line)
        if name.wheel is None or part["package"] not in FRAMEWORKS[name.base].packages:
            yield line
            continue
        distribution = name.wheel.name.partition("-")[0].replace("_", "-")
        file = name.wheel.resolve().as_uri()
        yield f"{distribution}{part['extras'] or ''} @ {file} {part['marker'] or ''}".strip()


def bounds(name: Name) -> list[str]:
    """Requirement lines that hold the companions of its version back."""
    return [
        bound.requirement
        for bound in BOUNDS
        if bound.framework == name.base
        and not name.package
        and within(name.version, None, bound.below)
    ]


def packages(requirements: list[str]) -> list[str]:
    """Names of the packages that requirement lines ask for, each once."""
    return list(dict.fromkeys(_split(line)["package"].lower() for line in requirements))


def file(folder: Path, base: str, where: Platform) -> Path:
    """The file for this kind of machine, if there is one, else the plain one.

    What PEP 508 markers can tell apart stands in one file; they know neither the release of macOS
    nor whether there is an NVIDIA driver.
    """
    own = folder / f"{base}{where.flavour}.txt"
    return own if own.is_file() else folder / f"{base}.txt"


def read(path: Path, where: Platform | None = None) -> Iterator[str]:
    """The requirement lines of a file and of those it takes in, for `where` if it is given."""
    for text in path.read_text(encoding="utf-8").splitlines():
        line = re.sub(r"(^|\s)#.*", "", text).strip()
        if line.startswith("-r "):
            other = path.parent / line[3:].strip()
            yield from read(file(path.parent, other.stem, where) if where else other, where)
        elif line:
            yield line


def _freed(text: str, base: str, version: str, where: Platform) -> Iterator[str]:
    part, row = _split(text), FRAMEWORKS[base]
    package, pin = part["package"], ""
    if row.nightly and version == NIGHTLY and package in (*row.packages, *row.nightly.companions):
        package, pin = row.nightly.packages.get(package, package), ">=0.dev0"
    elif package in row.packages:
        pin = f"=={version}"
    elif package == "jaxlib":
        # It may be older than jax and never newer: some numbers exist of jax alone.
        pin = f"<={version.partition('+')[0]}"
    elif package == "tensorflow-metal" and where.system == "Darwin":
        pin = f"=={tensorflow_metal(version, where)}"
    elif package == "jax-mps" and series(version) not in JAX_MPS:
        return  # then on the CPU alone
    yield f"{package}{part['extras'] or ''}{pin} {part['marker'] or ''}".strip()


def _split(line: str) -> re.Match[str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not a requirement line: {line!r}")
    return found
