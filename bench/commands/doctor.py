"""The command `doctor`: whom to examine, the findings, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.doctor import examine, show
from bench.doctor.shadowing import shadowing
from bench.doctor.subject import Need, Subject, pins
from bench.environments import manager
from bench.machine import description, survey
from bench.machine.description import Description
from bench.plan.presets import PRESETS
from bench.printable import Screen
from bench.values import choices, split


def run(file: Path | None, suites: str, preset: str) -> int:
    """Print what is found: 1 if something would spoil a run, else 0. Raises UserError."""
    preset, named = choices("preset", [preset], PRESETS)[0], split(suites)
    subject = _here(named, preset) if file is None else _described(file, named, preset)
    found = examine(subject)
    show.show(subject, found, Screen())
    return 1 if any(one.severity == "spoils" for one in found) else 0


def _here(suites: Sequence[str], preset: str) -> Subject:
    hidden = shadowing(manager.CHECKOUT)
    seen = survey.here()
    # Suites import NumPy: a file that hides it would run in its place.
    needs = () if hidden else _needs(seen, suites, preset)
    return Subject(seen, needs, hidden, preset, pins(seen))


def _described(file: Path, suites: Sequence[str], preset: str) -> Subject:
    try:
        seen = description.read(file)
    except OSError as error:
        raise description.NotADescription(
            f"cannot read {file} ({error.strerror}). Expected a description of a machine: "
            f"{description.REMEDY}"
        ) from None
    return Subject(seen, _needs(seen, suites, preset), (), preset, pins(seen))


def _needs(seen: Description, suites: Sequence[str], preset: str) -> tuple[Need, ...]:
    from bench.doctor.memory_needs import needs  # not before `shadowing` has looked
    from suites import catalog

    return needs(seen, suites or catalog.DEFAULT, preset)
