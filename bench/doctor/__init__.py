"""What would spoil a run on a machine, and what limits it there: from its description alone."""

from __future__ import annotations

from bench.doctor import activity, companions, cuda, packages, resources, system, wrong_answers
from bench.doctor.finding import SEVERITIES, Finding
from bench.doctor.subject import Subject

SECTIONS = {
    "system": (*system.CHECKS, *cuda.CHECKS),
    "packages": (*companions.CHECKS, *packages.CHECKS),
    "wrong answers": wrong_answers.CHECKS,
    "power and load": activity.CHECKS,
    "disk and memory": resources.CHECKS,
}


def examine(subject: Subject) -> tuple[Finding, ...]:
    """All findings, the gravest first; each once."""
    found = [
        finding for checks in SECTIONS.values() for check in checks for finding in check(subject)
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: SEVERITIES.index(one.severity)))
