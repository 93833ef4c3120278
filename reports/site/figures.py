"""What a site shows of a store: its machines, their runs, and one figure of each framework a case.

Of a machine's runs that have a figure the most trusted counts, and of these the newest: what is
trusted less never takes the place of what is trusted more. A run that something speaks against is
listed and gives no figure. A site takes the names it uses from
here alone, so what others wrote is checked and bounded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reports.formatting import plain
from reports.frame import FAULTS, NULL
from reports.ingest.machine_names import family

MACHINE_ID = re.compile(r"[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

MOST_FIGURES = 5_000
"""Of one machine's page: some 1.5 MB."""

_LONGEST_S = 1e9

Work = tuple[str, str, str]
"""Case, precision and the hash of what is computed."""

KEY = ["machine_id", "case", "precision", "framework", "device_kind"]
"""What has one figure."""


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
    """One run of a machine, as the store and the check of its sender tell it."""

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
    """Whether something speaks against it; the reason says what."""
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


def machines(cells: pd.DataFrame, runs: Sequence[Run]) -> tuple[Machine, ...]:
    """Every machine with a run, that of the newest run first. `cells` has the columns of Figure
    and `verified`; rows of runs that are not among `runs` do not count."""
    sound = [each for each in map(_clean, runs) if each is not None]
    newest = sorted(sound, key=lambda each: (each.received_at, each.sha256), reverse=True)
    figures = _figures(cells, newest)
    grouped: dict[str, list[Run]] = {}
    for each in newest:
        grouped.setdefault(each.machine_id, []).append(each)
    return tuple(_machine(mine, figures.get(name, ())) for name, mine in grouped.items())


def _clean(run: Run) -> Run | None:
    """The run with its texts bounded; None where its names are no names of ours."""
    if not (_SHA256.fullmatch(run.sha256) and MACHINE_ID.fullmatch(run.machine_id)):
        return None
    return replace(
        run,
        run=plain(run.run, 80),
        label=plain(run.label, 80) or "a machine without a name",
        chip=plain(run.chip, 60),
        gpu=plain(run.gpu, 80),
        system=plain(run.system, 40),
        received_at=plain(run.received_at, 40),
        tier=plain(run.tier, 30),
        reason=plain(run.reason, 300),
    )


def _machine(runs: Sequence[Run], figures: Sequence[Figure]) -> Machine:
    # Of several as good the newest, which come first.
    told = max(runs, key=lambda each: (not each.against, each.rank))
    gpus = [told.gpu] if told.gpu else []
    return Machine(
        told.machine_id,
        *(told.label, told.chip or told.label, told.gpu, told.system),
        family(gpus, told.system),
        tuple(runs),
        tuple(figures[:MOST_FIGURES]),
        len(figures[MOST_FIGURES:]),
    )


# --- which figures count ----------------------------------------------------------------------


def _figures(cells: pd.DataFrame, newest: Sequence[Run]) -> dict[str, list[Figure]]:
    """The figures of each machine."""
    order = {run.sha256: at for at, run in enumerate(newest) if not run.against}
    rank = {run.sha256: -run.rank for run in newest}
    owner = {run.sha256: run.machine_id for run in newest}
    rows = cells[cells["sha256"].isin(order) & (cells["framework"] != NULL)]
    rows = rows[~_doubted(rows, newest)]
    timed = rows["time_s"].to_numpy(dtype="float64", na_value=np.nan)
    sane = (timed > 0) & (timed <= _LONGEST_S)
    right = rows["verified"].to_numpy(dtype=bool) & sane
    sized = (rows["size"] > 0).to_numpy()
    kept = sized & (right | rows["status"].isin(FAULTS).to_numpy())
    rows = rows.assign(
        time_s=np.where(right, timed, np.nan),
        status=np.where(right, "ok", rows["status"]),
        # The run says whose it is, in the manifest as in the tables; the manifest decides.
        machine_id=rows["sha256"].map(owner),
        _rank=rows["sha256"].map(rank),
        _order=rows["sha256"].map(order),
    )[kept]
    rows = rows.sort_values(["_rank", "_order", "time_s"], kind="stable").drop_duplicates(KEY)
    rows = rows.sort_values(_ORDER, kind="stable")
    found: dict[str, list[Figure]] = {}
    for figure in _typed(rows):
        found.setdefault(figure.machine_id, []).append(figure)
    return found


def _doubted(rows: pd.DataFrame, runs: Sequence[Run]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows are results that something speaks against, of runs that as a whole are sound."""
    bad = {
        (run.sha256, *cell)
        for run in runs
        for cell, result in run.results.items()
        if result.against
    }
    keys = zip(rows["sha256"], rows["contender"], rows["case"], strict=True)
    return np.fromiter((bool(bad) and key in bad for key in keys), dtype=bool, count=len(rows))


_ORDER = [
    *("suite", "name", "size", "precision", "case", "definition_sha256"),
    *("time_s", "framework", "device_kind"),
]
"""Of a machine's figures: those that compare stand together, the fastest first."""

_LENGTHS = {
    "contender": 200,
    "case": 120,
    "spec": 80,
    "size_of": 40,
    "execution": 30,
    "version": 40,
}
"""Characters of a text; of all others 60."""

_NUMBERS = ("time_s", "low_s", "high_s")


def _typed(rows: pd.DataFrame) -> Iterator[Figure]:
    columns = []
    for name in Figure._fields:
        column = rows[name]
        if name in _NUMBERS:
            columns.append(column.to_numpy(dtype="float64", na_value=np.nan).tolist())
        elif name == "size":
            columns.append(column.to_numpy(dtype="int64").tolist())
        else:
            columns.append(_texts(column, _LENGTHS.get(name, 64)))
    yield from map(Figure._make, zip(*columns, strict=True))


def _texts(column: pd.Series, limit: int) -> list[str]:
    """Bounded and printable; each that differs is looked at once."""
    codes, known = pd.factorize(column)
    cleaned = [plain(str(each), limit) for each in known]
    return [cleaned[code] if code >= 0 else "" for code in codes.tolist()]
