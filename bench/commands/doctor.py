"""The command `doctor`: whom to examine, the findings, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.doctor import examine, show
from bench.doctor.shadowing import shadowing
from bench.doctor.subject import Need, Subject, pins
from bench.environments import manager
from bench.machine import description, pasted, survey
from bench.machine.description import Description
from bench.plan.presets import PRESETS
from bench.printable import Screen, printable, tell
from bench.values import BadValue, choices, split


def run(file: Path | None, paste: bool, text: Path | None, suites: str, preset: str) -> int:
    """Print what is found: 1 if something would spoil a run, else 0. Raises UserError."""
    preset, named = choices("preset", [preset], PRESETS)[0], split(suites)
    if text is not None and not paste:
        raise BadValue(
            f"a file alone says nothing. Expected `--paste {text}` for a text somebody pasted, or "
            f"`--machine {text}` for a description. Received: {str(text)!r}"
        )
    if paste and file is not None:
        raise BadValue("Expected one machine, by --machine or by --paste. Received: both")
    screen = Screen()
    if paste:
        seen = _pasted(text)
        told = printable(_told(seen))
        screen.print(told, markup=False, highlight=False, soft_wrap=True, end="\n\n")
        # Versions that the text tells are what it is about; without any, those of the pins are.
        versions = {} if seen.environments else pins(seen)
        subject = Subject(seen, _needs(seen, named, preset), (), preset, versions)
    else:
        subject = _here(named, preset) if file is None else _described(file, named, preset)
    found = examine(subject)
    show.show(subject, found, screen)
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


def _pasted(file: Path | None) -> Description:
    """Of a file, or of what is typed or piped in; no more is read than may be understood."""
    try:
        if file is None or str(file) == "-":
            if sys.stdin.isatty():
                tell("Paste the text, then press Control-D on a line of its own.")
            told = sys.stdin.buffer.read(pasted.MAX_BYTES + 1)
        else:
            with file.open("rb") as opened:
                told = opened.read(pasted.MAX_BYTES + 1)
    except OSError as error:
        raise description.NotADescription(
            f"cannot read {file} ({error.strerror}). {pasted.EXPECTED}"
        ) from None
    return pasted.read(told.decode("utf-8", "replace"))


def _told(seen: Description) -> str:
    """What the text told and what it did not, so that silence is not taken for health."""
    machine = seen.machine
    versions = {
        name: version
        for packages in seen.environments.values()
        for name, version in packages.items()
    }
    facts = {
        "system": machine.system != "unknown",
        "CPU": machine.cpu,
        f"{len(machine.gpus)} GPU{'s' if len(machine.gpus) > 1 else ''}": machine.gpus,
        "release of the system": machine.release,
        "memory": machine.memory_bytes,
        ", ".join(f"{name} {version}" for name, version in versions.items()): versions,
        "power and load": seen.state,
    }
    lacks = {"0 GPU": "GPU", "": "packages"}
    told = ", ".join(name for name, value in facts.items() if value)
    absent = ", ".join(lacks.get(name, name) for name, value in facts.items() if not value)
    return f"Told by the text: {told}." + (f" Not told: {absent}." if absent else "")


def _needs(seen: Description, suites: Sequence[str], preset: str) -> tuple[Need, ...]:
    from bench.doctor.memory_needs import needs  # not before `shadowing` has looked
    from suites import catalog

    return needs(seen, suites or catalog.DEFAULT, preset)
