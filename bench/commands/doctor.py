"""One visit to the doctor: whom to examine, the findings, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.doctor import compatibility, examine, show
from bench.doctor.subject import Need, Subject, pins
from bench.environments import manager
from bench.machine import description, survey
from bench.machine.description import Description
from bench.plan.presets import PRESETS
from bench.values import choices


class BadVisit(ValueError):
    """There is nobody to examine, or nothing to run; the message says what was expected."""


def run(file: Path | None, suites: Sequence[str], preset: str) -> int:
    """Print what is found: 1 if something would spoil a run, else 0.

    Raises BadVisit, words.BadWord.
    """
    preset = choices("preset", [preset], PRESETS)[0]
    subject = _here(suites, preset) if file is None else _described(file, suites, preset)
    found = examine(subject)
    show.show(subject, found, Console())
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
    except description.NotADescription as error:
        raise BadVisit(str(error)) from None
    except OSError as error:
        raise BadVisit(
            f"cannot read {file} ({error.strerror}). Expected a description of a machine: "
            "`./metalbench machine --capture FILE.json` writes one."
        ) from None
    return Subject(seen, _needs(seen, suites, preset), (), preset, pins(seen))


def _needs(seen: Description, suites: Sequence[str], preset: str) -> tuple[Need, ...]:
    from bench.doctor.memory_needs import needs  # not before `shadowing` has looked
    from suites import catalog

    try:
        return needs(seen, suites or catalog.DEFAULT, preset)
    except catalog.UnknownSuite as error:
        raise BadVisit(str(error)) from None


def shadowing(folder: Path) -> tuple[str, ...]:
    """Names in the folder that Python would import in place of a package or its own library."""
    modules = {*compatibility.MODULES, *sys.stdlib_module_names}
    found = [path.name for path in folder.glob("*.py") if path.stem in modules]
    found += [path.parent.name for path in folder.glob("*/__init__.py") if _hides(path, modules)]
    return tuple(sorted(found))


def _hides(path: Path, modules: set[str]) -> bool:
    return path.parent.name in modules
