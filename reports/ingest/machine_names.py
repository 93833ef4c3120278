"""Machines told apart, named, and grouped by the family of their GPUs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from bench.machine.identity import facts
from bench.schema import Run
from reports.formatting import plain

FAMILIES = ("Apple", "AMD Metal", "NVIDIA", "other GPU", "no GPU")
"""By their GPUs, in the order of reports."""

_APPLE = re.compile(r"\bapple\b|\bM\d( Pro| Max| Ultra)?\b", re.IGNORECASE)
_AMD = re.compile(r"\b(amd|radeon|gfx\d+)\b", re.IGNORECASE)
_NVIDIA = re.compile(r"\b(nvidia|geforce|quadro|tesla|gtx|rtx|cuda|[ahb]\d00)\b", re.IGNORECASE)


def names(runs: Mapping[str, Run]) -> dict[str, str]:
    """What to call the machine of each run: machines that differ get names that differ."""
    known: dict[tuple[object, ...], str] = {}
    taken = Counter[str]()
    for run in runs.values():
        own = tuple(facts(run.machine).items())
        if own not in known:
            label = plain(run.machine.label, 80) or "a machine without a name"
            taken[label] += 1
            known[own] = label if taken[label] == 1 else f"{label} ({taken[label]})"
    return {name: known[tuple(facts(run.machine).items())] for name, run in runs.items()}


def places(machines: Mapping[str, str]) -> dict[str, str]:
    """What to call each run on these machines: the machine; with the run where one had several."""
    several = len(set(machines.values())) < len(machines)
    return {
        run: plain(f"{machine}, run {run}" if several else machine, 160)
        for run, machine in machines.items()
    }


def family(gpus: Sequence[str], system: str = "") -> str:
    """The family of a machine with these GPUs."""
    for name in gpus:
        if _NVIDIA.search(name):
            return "NVIDIA"
        if _AMD.search(name):
            return "AMD Metal" if system in ("", "Darwin") else "other GPU"
        if _APPLE.search(name) or (system == "Darwin" and name.startswith("mps")):
            return "Apple"
    return "other GPU" if gpus else "no GPU"
