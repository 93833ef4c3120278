"""NVIDIA's GPUs and drivers that cannot run what `make bench` installs for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.doctor import compatibility
from bench.doctor.finding import Finding, quoted
from bench.doctor.subject import Subject
from bench.environments.versions import within


def old_card(subject: Subject) -> Iterator[Finding]:
    frameworks = _sets(subject)
    for gpu in dict.fromkeys(subject.usable if frameworks else ()):
        generation = _generation(gpu.name)
        if generation:
            yield Finding(
                "limits",
                f"{quoted(gpu.name)} is too old for {frameworks}.",
                f"They are built with CUDA 13, which computes on Turing (capability 7.5) and "
                f"newer; this is of the generation {generation}. They fail, or run on the CPU.",
                "Measure on a newer GPU, or the CPU alone: `make bench DEVICE=cpu`.",
                compatibility.CUDA_13_SOURCE,
            )


def old_driver(subject: Subject) -> Iterator[Finding]:
    frameworks = _sets(subject)
    drivers = (gpu.driver or "" for gpu in subject.usable if frameworks)
    for driver in dict.fromkeys(drivers):
        if within(driver, None, compatibility.CUDA_13_DRIVER):
            yield Finding(
                "limits",
                f"NVIDIA's driver {quoted(driver)} is too old for {frameworks}.",
                "They are built with CUDA 13, which needs driver "
                f"{compatibility.CUDA_13_DRIVER} or newer; with this one they fail, or "
                "run on the CPU alone.",
                f"Update NVIDIA's driver to {compatibility.CUDA_13_DRIVER} or newer, then "
                "`make doctor`. That alone does not help a GPU that is too old itself.",
                compatibility.CUDA_13_SOURCE,
            )


def _sets(subject: Subject) -> str:
    """Frameworks whose environment has CUDA 13, or will have it once it is built."""
    if not subject.linux:
        return ""
    built = subject.description.environments
    found = [
        name for name in compatibility.CUDA_13 if name not in built or any(map(_is_13, built[name]))
    ]
    return ", ".join(found)


def _is_13(package: str) -> bool:
    return re.search(r"cu(?:da-?)?13(?:-|$)", package) is not None


def _generation(name: str) -> str:
    """Of GPUs before Turing; empty for others, known or not."""
    bare = re.sub(r"^NVIDIA\s+", "", name, flags=re.IGNORECASE)
    before = compatibility.NVIDIA_BEFORE_TURING.items()
    return next(
        (generation for generation, named in before if re.match(named, bare, re.IGNORECASE)), ""
    )


CHECKS = (old_card, old_driver)
