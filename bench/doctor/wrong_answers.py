"""Combinations of GPU, system, version and execution that are known to give wrong answers."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bench.doctor import compatibility
from bench.doctor.finding import Finding, counted, quoted
from bench.doctor.reported import WRONG_ANSWERS
from bench.doctor.reported.families import Family
from bench.doctor.reported.known import UNREPORTED_MACOS, Known
from bench.doctor.subject import Subject, pins
from bench.environments.versions import within
from bench.schema import Gpu
from frameworks import FRAMEWORKS

_CONTENDERS = {"tensorflow-metal": "tf", "jax-mps": "jax", "jax-metal": "jax:metal"}
"""What is named on the command line to measure a package, where it is not its own name."""


def known(subject: Subject) -> Iterator[Finding]:
    """A finding for each package that is touched, however many environments hold it."""
    if not subject.mac or not _gpu_can_run(subject):
        return
    for one in WRONG_ANSWERS:
        versions = _touched(one, subject)
        if versions and _applies(one, subject, subject.release):
            name = f"{one.package}@{one.execution}" if one.execution else one.package
            yield Finding(
                one.severity,
                f"{name} {', '.join(map(quoted, versions[:3]))}: {one.what}.",
                f"{one.why[:1].upper()}{one.why[1:]}.{_concerned(one, subject)}",
                _do(one, subject),
                one.issue,
            )


def unreported(subject: Subject) -> Iterator[Finding]:
    """A system that is newer than what is known: it may have the faults of the one before."""
    if not subject.macos(UNREPORTED_MACOS, None) or not _gpu_can_run(subject):
        return
    rows = [row for row in WRONG_ANSWERS if row.macos and row.macos[1] == UNREPORTED_MACOS]
    before = (row for row in rows if row.macos and _applies(row, subject, row.macos[0] or ""))
    issues = ", ".join(row.issue for row in before if _touched(row, subject))
    yield Finding(
        "note",
        f"Nothing is known yet of wrong answers under macOS {quoted(subject.release)}.",
        f"Reports speak of releases before {UNREPORTED_MACOS} and of its betas. "
        + (
            f"What was wrong under the last one and would touch this machine: {issues}; nobody "
            "has said whether it still is."
            if issues
            else "Of those before, none would touch this machine."
        ),
        "Nothing: cells are verified, and a wrong one is ranked nowhere.",
    )


def _touched(one: Known, subject: Subject) -> list[str]:
    """Versions in environments here that the row speaks of and that can use the GPU."""
    held = {
        packages[one.package]
        for _, packages in subject.having(one.package)
        if one.beside is None or within(packages.get(one.beside[0]), *one.beside[1])
    }
    return [
        version
        for version in sorted(held)
        if within(version, *one.versions)
        and not (one.package == "torch" and subject.without_mps(version))
    ]


def _applies(one: Known, subject: Subject, release: str) -> bool:
    cpu = subject.description.machine.cpu or ""
    return (
        (one.macos is None or within(release, *one.macos))
        and (one.chips is None or any(_begins(cpu, chip) for chip in one.chips))
        and (one.gpus is None or bool(_gpus(one, subject)))
    )


def _gpus(one: Known, subject: Subject) -> list[Gpu]:
    """Those that the row speaks of by name; none where it speaks of all."""
    if isinstance(one.gpus, Family):
        return [gpu for gpu in subject.description.machine.gpus if one.gpus.holds(gpu)]
    return list(subject.gpus(one.gpus)) if one.gpus else []


def _concerned(one: Known, subject: Subject) -> str:
    names = [gpu.name for gpu in _gpus(one, subject)]
    return f" Here: {counted(names)}." if names else ""


def _gpu_can_run(subject: Subject) -> bool:
    gpus = subject.description.machine.gpus
    return not gpus or any(gpu.vendor != "Intel" for gpu in gpus)


def _begins(cpu: str, chip: str) -> bool:
    """`Apple M1 Pro` begins with `Apple M1`; `Apple M10` does not."""
    return f"{cpu} ".startswith(f"{chip} ")


def _do(one: Known, subject: Subject) -> str:
    if one.do:
        return one.do
    contender = _CONTENDERS.get(one.package, one.package)
    if one.severity == "note":
        return "Nothing, unless a suite of your own does this: no built-in one does."
    mended = _mended(one, contender, subject)
    if one.execution:
        usual = FRAMEWORKS[contender].executions[0]
        right = f"`make bench FRAMEWORK={contender}` runs {usual}, in which it is right"
        return f"{right}; {mended}." if mended else f"{right}."
    if one.severity == "limits":
        verified = "cells are verified, and a wrong one is ranked nowhere."
        return f"{mended[:1].upper()}{mended[1:]}; {verified}" if mended else f"Nothing: {verified}"
    right = f"`make bench FRAMEWORK={contender} DEVICE=cpu` measures what is right"
    return f"{right}; {mended}." if mended else f"{right}."


def _mended(one: Known, contender: str, subject: Subject) -> str:
    """How to get the mend; empty where there is none for this machine."""
    below = one.versions[1]
    if below is None:
        return ""
    bare = msgspec.structs.replace(subject.description, environments={})
    pin = pins(bare).get(contender, {}).get(one.package, "")
    if within(pin, below, None):
        return f"`make bench FRAMEWORK={contender}` takes {pin}, which has it mended"
    for package, first, _, needed, _, _ in compatibility.WHEEL_NEEDS:
        if package == one.package and within(below, first, None) and subject.macos(None, needed):
            return f"{below} has it mended and needs macOS {needed.partition('.')[0]}: update macOS"
    return ""


CHECKS = (known, unreported)
