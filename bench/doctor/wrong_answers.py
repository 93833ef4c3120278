"""Combinations of GPU, system and version that are known to give wrong answers."""

from __future__ import annotations

from collections.abc import Iterator

from bench.doctor.compatibility import WRONG_ANSWERS, Known
from bench.doctor.finding import Finding, quoted
from bench.doctor.subject import Subject
from bench.environments.versions import within


def known(subject: Subject) -> Iterator[Finding]:
    """A finding for each package that is touched, however many environments hold it."""
    if not subject.mac or not _gpu_can_run(subject):
        return
    for one in WRONG_ANSWERS:
        held = {packages[one.package] for _, packages in subject.having(one.package)}
        versions = [version for version in sorted(held) if _runs(one, version, subject)]
        if versions and _applies(one, subject):
            yield Finding(
                one.severity,
                f"{one.package} {', '.join(map(quoted, versions[:3]))}: {one.what}.",
                f"{one.why[:1].upper()}{one.why[1:]}.",
                _do(one),
                one.issue,
            )


def _runs(one: Known, version: str, subject: Subject) -> bool:
    """Whether the version is touched, and can use the GPU here at all."""
    if one.package == "torch" and subject.without_mps(version):
        return False
    return within(version, *one.versions)


def _applies(one: Known, subject: Subject) -> bool:
    cpu = subject.description.machine.cpu or ""
    names = {_bare(gpu.name) for gpu in subject.description.machine.gpus}
    return (
        (one.macos is None or subject.macos(*one.macos))
        and (one.chips is None or any(_begins(cpu, chip) for chip in one.chips))
        and (
            one.gpus is None
            or (bool(subject.gpus("AMD")) if one.gpus == "AMD" else bool(names & set(one.gpus)))
        )
    )


def _gpu_can_run(subject: Subject) -> bool:
    gpus = subject.description.machine.gpus
    return not gpus or any(gpu.vendor != "Intel" for gpu in gpus)


def _begins(cpu: str, chip: str) -> bool:
    """`Apple M1 Pro` begins with `Apple M1`; `Apple M10` does not."""
    return f"{cpu} ".startswith(f"{chip} ")


def _bare(name: str) -> str:
    return name.removeprefix("AMD ")


def _do(one: Known) -> str:
    if one.do:
        return one.do
    if one.severity == "note":
        return "Nothing, unless a suite of your own does this: no built-in one does."
    if one.severity == "limits":
        return "Nothing: cells are verified, and a wrong one is ranked nowhere."
    framework = {"torch": "torch", "tensorflow-metal": "tf"}.get(one.package, "jax")
    return f"`make bench FRAMEWORK={framework} DEVICE=cpu` measures what is right."


CHECKS = (known,)
