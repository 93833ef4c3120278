"""What A and B were, side by side: machines, settings, versions; what differs and what not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.machine import identity
from bench.schema import Contender, Run, Runtime
from reports.compare import words
from reports.compare.comparison import Comparison
from reports.compare.sides import Side
from reports.formatting import ABSENT, digits, plain

_LONGEST = 120
"""Characters of one fact."""

_Facts = Mapping[str, str]


@dataclass(frozen=True)
class Fact:
    """One thing that is known of either side."""

    what: str
    a: str
    b: str

    @property
    def differs(self) -> bool:
        return self.a != self.b


def facts(comparison: Comparison) -> tuple[Fact, ...]:
    """All that is known, of the runs first; of contenders by their names where only some have it
    so."""
    of_runs = [] if comparison.paired else list(_both(_run(comparison.a), _run(comparison.b)))
    found: dict[Fact, list[str]] = {}
    for pair in comparison.pairs:
        sides = ((comparison.a, pair.a), (comparison.b, pair.b))
        for fact in _both(*(_contender(each, side.runtime(each)) for side, each in sides)):
            found.setdefault(fact, []).append(words.short(comparison, pair))
    every = len(comparison.pairs)
    of_pairs = (
        fact if len(names) == every else Fact(f"{name}: {fact.what}", fact.a, fact.b)
        for fact, names in found.items()
        for name in (names[:1] if len(names) == every else names)
    )
    return (*of_runs, *of_pairs)


def _both(a: _Facts, b: _Facts) -> Iterator[Fact]:
    for what in dict.fromkeys((*a, *b)):
        yield Fact(plain(what, 60), _word(a.get(what)), _word(b.get(what)))


def _word(text: str | None) -> str:
    return (plain(text, _LONGEST) if text else "") or ABSENT


def _run(side: Side) -> _Facts:
    head = side.head
    used = side.others_cores
    return {
        "run": head.run,
        "begun": head.started_at[:19],
        **_machine(head),
        "system's release": head.machine.release or "",
        "Metalbench": " ".join(filter(None, (head.version, (head.commit or "")[:10]))),
        "cores that other programs used": digits(used, 2) if used is not None else "",
        "on battery, or saving power": "yes" if side.on_battery else "",
        **{f"setting {name}": str(value) for name, value in head.settings.items()},
    }


def _machine(head: Run) -> _Facts:
    known = identity.facts(head.machine)
    return {name: str(value) for name, value in known.items() if value not in (None, "")}


def _contender(each: Contender, ran: Runtime | None) -> _Facts:
    """What was asked for, and what its worker said it really was."""
    asked = {
        "contender": each.spec,
        "device": f"{each.device} ({each.device_name})",
        "precision": each.precision,
        "execution": each.execution,
    }
    if ran is None:
        return asked
    packages = dict(package.partition("==")[::2] for package in ran.packages)
    return {
        **asked,
        **{f"{name}'s version": version for name, version in ran.versions.items()},
        **{f"{name}'s build": build for name, build in ran.build.items()},
        "Python": ran.python,
        "threads": str(ran.threads) if ran.threads is not None else "",
        **{f"variable {name}": value for name, value in ran.environment.items()},
        **{f"package {name}": version for name, version in packages.items()},
    }
