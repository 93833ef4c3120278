"""What stands above a run: the machine, the versions that will run, and what would spoil it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from bench.contenders.spec import Spec
from bench.doctor import examine
from bench.doctor.shadowing import shadowing
from bench.doctor.subject import Subject, pins
from bench.environments import manager
from bench.machine import survey
from bench.printable import printable

_TITLE = "metalbench"
_INDENT = " " * (len(_TITLE) + 2)
_MOST_SPOILS = 3


def lines(specs: Sequence[Spec], preset: str, width: int) -> Iterator[str]:
    """The header's lines; looks at the machine for half a second. Nothing is built or changed."""
    seen = survey.here()
    # The cases' memory is left out: it would take seconds to work out.
    subject = Subject(seen, (), shadowing(manager.CHECKOUT), preset, pins(seen))
    yield from told(subject, specs, width)


def told(subject: Subject, specs: Sequence[Spec], width: int) -> Iterator[str]:
    """The header of a machine already looked at."""
    yield f"{_TITLE}  {_machine(subject)}"[:width]
    versions = [_versioned(subject, spec) for spec in specs]
    # Names and their versions stay together, as two spaces between them tell.
    yield from _wrapped([version.replace(" ", "\0") for version in versions], width)
    spoils = [one.what for one in examine(subject) if one.severity == "spoils"]
    for what in spoils[:_MOST_SPOILS]:
        yield from textwrap.wrap(
            printable(what), width, initial_indent="! ", subsequent_indent="  "
        )
    if len(spoils) > _MOST_SPOILS:
        yield f"! and {len(spoils) - _MOST_SPOILS} more: make doctor"


def _machine(subject: Subject) -> str:
    machine = subject.description.machine
    cores = machine.cores_physical or machine.cores_logical
    facts = [machine.label or machine.system]
    facts += [f"{cores} core{'s' * (cores > 1)}"] if cores else []
    facts += [] if machine.gpus else ["no GPU"]
    return printable(", ".join(facts))


def _versioned(subject: Subject, spec: Spec) -> str:
    """`torch 2.13.0`; the bare name where it tells its version already, or none is known."""
    own = dict(spec.own.packages) if spec.own else {}
    packages = own or subject.packages.get(str(spec.environment), {})
    named = spec.facts.packages if spec.facts and not spec.environment.version else ()
    version = next((packages[name] for name in named if name in packages), "")
    return f"{spec.text} {printable(version).partition('+')[0]}".strip()


def _wrapped(words: Sequence[str], width: int) -> Iterator[str]:
    text = "  ".join(words)
    found = textwrap.wrap(
        text,
        width,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from (line.replace("\0", " ") for line in found)
