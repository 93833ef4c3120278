"""A wheel on this disk as a contender: whether it can be installed here is said before it is."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from bench.environments import platforms
from bench.environments.requirements import DIGEST, Name
from frameworks import FrameworkInfo
from suites.catalog import typed_path
from suites.errors import UserError

_PART = 2**20


class NotInstallable(UserError):
    """No wheel of this framework for this machine; the message says why."""


def environment(facts: FrameworkInfo, word: str) -> Name:
    """The environment for the wheel at a path, which must be for here. Raises NotInstallable."""
    path = typed_path(word)
    if not path.is_file():  # a pipe would be read without end
        raise NotInstallable(f"there is no wheel at {word}. Expected the path of a file.")
    version, tags = _of_name(facts, path)
    pythons = [*platforms.pythons(platforms.here()), *platforms.OTHER_PYTHONS]
    _check_tags(path, tags, pythons)
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while part := file.read(_PART):
                digest.update(part)
        if not zipfile.is_zipfile(path):
            raise NotInstallable(f"{word} is no wheel: it is not a zip archive. Is it whole?")
    except OSError as error:
        raise NotInstallable(f"cannot read the wheel {word}: {error.strerror}") from None
    return Name(facts.name, version, digest.hexdigest()[:DIGEST], path)


def _of_name(facts: FrameworkInfo, path: Path) -> tuple[str, frozenset[Tag]]:
    try:
        distribution, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise NotInstallable(
            f"{path.name} is no wheel's name ({error}). Expected NAME-VERSION-PYTHON-ABI-SYSTEM"
            ".whl, as it was built."
        ) from None
    nightly = facts.nightly.packages.values() if facts.nightly else ()
    own = {canonicalize_name(name) for name in (*facts.packages, *nightly)}
    if distribution not in own:
        raise NotInstallable(
            f"{path.name} is a wheel of {distribution}. Expected one of {', '.join(sorted(own))}."
        )
    return str(version), tags


def _check_tags(path: Path, tags: frozenset[Tag], pythons: Iterable[str]) -> None:
    """Raise NotInstallable where neither the system nor one of the Pythons fits."""
    here = platforms.here()
    systems = [*platform_tags()]
    if not any(tag.platform in (*systems, "any") for tag in tags):
        received = ", ".join(sorted({tag.platform for tag in tags}))
        raise NotInstallable(
            f"{path.name} is for another system. Expected one for {here.system} {here.machine}, "
            f"as in {systems[0]}. Received: {received}."
        )
    numbers = [tuple(int(part) for part in python.split(".")) for python in pythons]
    fitting = {tag for python in numbers for tag in _tags(python, systems)}
    if not fitting & tags:
        received = ", ".join(sorted({f"{tag.interpreter}-{tag.abi}" for tag in tags}))
        words = ", ".join(f"cp{major}{minor}" for major, minor, *_ in sorted(numbers))
        raise NotInstallable(
            f"{path.name} is for another Python. Expected one of {words}. Received: {received}."
        )


def _tags(python: tuple[int, ...], systems: list[str]) -> Iterable[Tag]:
    yield from cpython_tags(python, platforms=systems)
    yield from compatible_tags(python, f"cp{python[0]}{python[1]}", systems)
