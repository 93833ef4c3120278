"""Packages of one environment that do not suit one another."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from packaging.requirements import Requirement

from bench.doctor import compatibility
from bench.doctor.finding import Finding, quoted
from bench.doctor.subject import Subject
from bench.environments.platforms import TENSORFLOW_METAL
from bench.environments.requirements import BOUNDS
from bench.environments.versions import series, within
from frameworks import FRAMEWORKS

_FAILS = {
    "numpy": "arrays cannot be handed over, and every cell fails with an error such as `Numpy is "
    "not available`",
    "scipy": "importing it fails, because newer ones lack what it imports",
}
"""What comes of a companion that is too new."""


def companions(subject: Subject) -> Iterator[Finding]:
    """A package beside a framework of an age that cannot have known it."""
    for bound in BOUNDS:
        wanted = Requirement(bound.requirement)
        below = str(wanted.specifier).removeprefix("<")
        for framework in FRAMEWORKS[bound.framework].packages:
            for name, packages in subject.having(framework, wanted.name):
                version, beside = packages[framework], packages[wanted.name]
                if not within(version, None, bound.below) or not within(beside, below, None):
                    continue
                contender = shlex.quote(f"{bound.framework}=={version.partition('+')[0]}")
                yield Finding(
                    "spoils",
                    f"{framework} {quoted(version)} does not work with {wanted.name} "
                    f"{quoted(beside)} ({name}).",
                    f"It was built for {wanted.name} before {below}: {_FAILS[wanted.name]}.",
                    f"It needs {bound.requirement}: `./metalbench env remove {shlex.quote(name)}`, "
                    f"then `make bench FRAMEWORK={contender}` installs both.",
                    bound.source,
                )


def metal_pair(subject: Subject) -> Iterator[Finding]:
    """The plugin declares no requirement, so no installer sees that the pair does not fit."""
    for name, packages in subject.having("tensorflow-metal"):
        plugin = packages["tensorflow-metal"]
        version = packages.get("tensorflow") or packages.get("tensorflow-macos") or ""
        known = next((each for each in TENSORFLOW_METAL if each.line == series(plugin)), None)
        if known and known.breaks_from and within(version, known.breaks_from, None):
            yield Finding(
                "spoils",
                f"tensorflow-metal {quoted(plugin)} does not load in TensorFlow "
                f"{quoted(version)} ({name}).",
                "Importing TensorFlow itself fails, with `symbol not found in flat namespace` or "
                "`Library not loaded`.",
                f"`./metalbench env remove {shlex.quote(name)}`, then "
                "`make bench FRAMEWORK=tf`, whose pair loads.",
                known.source,
            )
        elif not known or series(version) not in known.loads_in:
            yield Finding(
                "limits",
                f"Nobody has said that tensorflow-metal {quoted(plugin)} loads in TensorFlow "
                f"{quoted(version) or 'of unknown version'} ({name}).",
                "The pair is not in the plugin's table; importing TensorFlow may fail.",
                "`make bench FRAMEWORK=tf` takes a pair that loads.",
                "tensorflow-metal 1.2.0 metadata",
            )


def jax_pairs(subject: Subject) -> Iterator[Finding]:
    for name, packages in subject.having("jax-mps"):
        if series(packages.get("jaxlib", "")) != series(packages["jax-mps"]):
            yield Finding(
                "limits",
                f"jax-mps {quoted(packages['jax-mps'])} does not go with jaxlib "
                f"{quoted(packages.get('jaxlib', 'of unknown version'))} ({name}).",
                "Each of its lines takes one line of jaxlib; 0.11 takes 0.11 alone.",
                "`make bench FRAMEWORK=jax` takes a pair that fits.",
                "jax-mps 0.11.1 metadata",
            )


def collisions(subject: Subject) -> Iterator[Finding]:
    for one, other, why, source in compatibility.COLLISIONS:
        for name, packages in subject.having(one, other):
            if one == "tensorflow" and packages[one] == packages[other]:
                continue
            yield Finding(
                "spoils",
                f"{one} and {other} stand beside each other in {name}.",
                f"They collide: {why}; which of them runs is chance.",
                f"`./metalbench env remove {shlex.quote(name)}`, then `make bench`.",
                source,
            )


CHECKS = (companions, metal_pair, jax_pairs, collisions)
