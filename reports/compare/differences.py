"""What two runs differ in beside what is compared: none of it is passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from bench.machine import identity
from bench.schema import Contender, Run, Runtime
from reports.formatting import plain

Kind = Literal["machines", "precisions", "settings"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""What may differ where `--across` says so. Work that differs never has a ratio."""

UNTIMED = frozenset(
    (
        *("preset", "device", "timeout_s", "memory_bytes", "preset_rounds", "preset_min_rounds"),
        *("preset_max_rounds", "preset_target", "preset_budget_s", "preset_step_limit_s"),
        "preset_starts",
    )
)
"""Settings that say which cells are measured and how often, which the intervals account for. All
others change what is timed, and so may any that this version does not know."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs, and the word of `--across` that allows it."""

    kind: Kind
    what: str


def of_runs(a: Run, b: Run) -> tuple[Difference, ...]:
    """What differs between the machines and the settings of two runs."""
    machines = (_known(identity.facts(run.machine)) for run in (a, b))
    timed = ({k: v for k, v in run.settings.items() if k not in UNTIMED} for run in (a, b))
    return (*_between("machines", *machines), *_between("settings", *timed))


def of_contenders(
    a: Contender, b: Contender, ran: tuple[Runtime | None, Runtime | None], same_run: bool
) -> tuple[Difference, ...]:
    """What differs between two contenders; `ran` is what they really were."""
    both = a, b
    found = [*_between("precisions", *({"precision": each.precision} for each in both))]
    if not same_run and a.device == b.device:
        found += _between("machines", *({"device": each.device_name} for each in both))
    if not same_run and (a.framework, a.device) == (b.framework, b.device):
        found += _between("settings", *(_known({"threads": r and r.threads}) for r in ran))
        found += _between("settings", *_variables(ran))
    return tuple(found)


def _variables(ran: tuple[Runtime | None, Runtime | None]) -> Iterator[dict[str, str]]:
    """Tuning variables of both workers, where both told theirs."""
    tuning = [runtime.environment if runtime else None for runtime in ran]
    names = sorted({name for each in tuning for name in each or {}})
    for each in tuning:
        yield {} if None in tuning else {name: (each or {}).get(name, "unset") for name in names}


def circumstances(a: Run, b: Run, ran: tuple[Runtime | None, Runtime | None]) -> Iterator[str]:
    """What also differed between two runs and refuses nothing: updates are often the question."""
    facts = (
        {"system": run.machine.release, "Python": runtime.python if runtime else None}
        for run, runtime in zip((a, b), ran, strict=True)
    )
    yield from (each.what for each in _between("settings", *map(_known, facts)))


def _known(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: fact for name, fact in facts.items() if fact not in (None, "")}


def _between(kind: Kind, a: Mapping[str, object], b: Mapping[str, object]) -> Iterator[Difference]:
    """What both tell and tell differently: what one does not say is no difference."""
    for name, own in a.items():
        if name in b and own != b[name]:
            yield Difference(kind, plain(f"{name}: A {_word(own)}, B {_word(b[name])}", 200))


def _word(value: object) -> str:
    return "not given" if value is None else str(value)
