"""What a site is made of: machines, their runs, and one figure of each framework at a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Work = tuple[str, str, str]
"""Case, precision and the hash of what is computed."""


class Figure(NamedTuple):
    """The fastest contender of a framework on one kind of device, at a case, in one run."""

    machine_id: str
    sha256: str
    """Of the run's records."""
    contender: str
    suite: str
    name: str
    size: int
    size_of: str
    case: str
    definition_sha256: str
    """Of the work: without it two versions of one case would be compared."""
    precision: str
    framework: str
    version: str
    spec: str
    execution: str
    device_kind: str
    status: str
    """`ok`, or a key of FAULTS; only what is `ok` has a time."""
    time_s: float
    low_s: float
    high_s: float
    """Seconds a step and the ends of its 95 % interval; NaN where there is none."""

    @property
    def work(self) -> Work:
        """What is the same for figures that compare with one another."""
        return self.case, self.precision, self.definition_sha256

    @property
    def has_interval(self) -> bool:
        return self.low_s <= self.time_s <= self.high_s


class Result(NamedTuple):
    """How far a single result is trusted."""

    tier: str
    against: bool
    """Whether something speaks against it."""


@dataclass(frozen=True)
class Run:
    """One run of a machine, as its records and the checks of them tell it."""

    sha256: str
    run: str
    machine_id: str
    label: str
    chip: str
    gpu: str
    """Empty where it has none."""
    system: str
    received_at: str
    """ISO 8601, UTC."""
    tier: str
    """How far it is trusted, in a word."""
    rank: int
    """The same as a number: more is more."""
    reason: str
    """Why it has that tier."""
    against: bool = False
    """Whether something speaks against those of its results that have no tier of their own."""
    results: Mapping[tuple[str, str], Result] = field(default_factory=dict)
    """By contender and case, what is told of single results where it differs."""

    def tier_of(self, figure: Figure) -> str:
        """How far one of its figures is trusted."""
        own = self.results.get((figure.contender, figure.case))
        return own.tier if own else self.tier


@dataclass(frozen=True)
class Machine:
    """A machine, described as by the most trusted and then newest of its runs."""

    id: str
    label: str
    chip: str
    gpu: str
    system: str
    family: str
    runs: tuple[Run, ...]
    """The newest first."""
    figures: tuple[Figure, ...]
    """By suite, case, precision; the fastest first."""
    more: int = 0
    """Figures that are left out."""

    @property
    def newest(self) -> str:
        return self.runs[0].received_at

    @property
    def model(self) -> str:
        """What machines of one kind share: the GPU, or without one the chip."""
        return self.gpu or self.chip

    @property
    def versions(self) -> Mapping[str, tuple[str, ...]]:
        """Of each framework that has a figure."""
        found: dict[str, dict[str, None]] = {}
        for figure in self.figures:
            found.setdefault(figure.framework, {})[figure.version] = None
        return {name: tuple(sorted(found[name])) for name in sorted(found)}
