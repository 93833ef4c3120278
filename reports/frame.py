"""Results as tables: one tidy row a cell, one a slice, units in the columns' names.

from reports.frame import load
cells = load(["results"])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from bench.records import NotRecords
from bench.schema import Curves, Failed, Published, Run, Runtime, State
from bench.statistics import combined, estimates, multiplicity
from bench.statistics.estimates import Estimate, Interval, Series, Verdict
from bench.statistics.multiplicity import Family
from reports.cell import Cell, VerifiedCell, rows
from reports.ingest import cpu_time, rounds
from reports.ingest.published import met
from reports.ingest.reading import Absent, Gathered, LeftOut, gather, table
from reports.ingest.record_files import Lost
from reports.ingest.slices import KEY, Key
from reports.planned_cells import planned
from reports.verdicts import busy, failed_checks, unsteady, untimed
from reports.verdicts.failed_checks import Mistake

NULL = "null"
"""The adapter that returns prepared answers; it measures the harness and is ranked nowhere."""

STATUSES = {
    "ok": "verified",
    "wrong": "wrong",
    "untimed": "untimed",
    "failed": "failed",
    "incomplete": "unfinished",
    "withdrawn": "withdrawn",
    "skipped": "skipped",
    "no time": "no time",
}
"""Every status of a cell, in the order and words of reports."""

FAULTS = {"wrong": "wrong answers", "untimed": "untimed", "failed": "failed"}
"""Statuses that make a run's exit code 1 and have no place, in the words of the reason."""


@dataclass(frozen=True)
class Results:
    """What record files hold. Cells that nothing is known about have empty fields, never zeros."""

    cells: pd.DataFrame
    """Planned cells, measured or not: `status` is a key of STATUSES."""
    slices: pd.DataFrame
    """In the order they were measured, without their samples."""
    runs: Mapping[str, Run]
    runtimes: Mapping[tuple[str, str], Runtime]
    """By run and contender; the last start counts."""
    absent: Sequence[Absent]
    failures: Mapping[Key, Failed]
    """By run, contender and reason."""
    left_out: Sequence[LeftOut]
    lost: Sequence[Lost]
    """Machines of a fleet that left no record of some suites."""
    curves: Mapping[Key, Curves]
    """Of cells that train for epochs."""
    warnings: Mapping[Key, Sequence[str]]
    """What frameworks warned of while they gave their answers."""
    worst: Mapping[Key, Mistake]
    """What is off most in a wrong or untimed cell."""
    reach: Mapping[Key, str]
    """How far the answers of a cell could be checked, where that is not all the way."""
    published: Sequence[Published]
    """Figures from elsewhere; none of them is in `cells`."""
    quotable: Sequence[Published]
    """Those of work that was measured here too; all of them where nothing was."""
    states: Mapping[str, Sequence[State]]
    """Of the machine, by run, in the order of its cases."""
    starts_s: Mapping[str, Sequence[float]]
    """Of each start of a worker, by run."""
    files: Mapping[str, Path]
    """Which each run was read from."""

    def ratios(self, pairs: Sequence[tuple[Key, Key]]) -> list[Estimate | None]:
        """How many times as long as its base each cell takes, paired by round; (cell, base).

        Without a range, by which few rounds tell, where other programs held the machine up."""
        found = estimates.ratios([(self.rounds[own], self.rounds[base]) for own, base in pairs])
        held = self._held_up
        if not held:
            return found
        return [
            replace(one, range=None) if one and not held.isdisjoint(pair) else one
            for one, pair in zip(found, pairs, strict=True)
        ]

    @cached_property
    def _held_up(self) -> Set[Key]:
        """Cells while other programs used much of their machine."""
        return {
            cell.key
            for run, cells in self.rows.items()
            for cell in cells
            if cell.others_cpu_s and cell.wall_s
            if busy.is_held_up(
                cell.others_cpu_s / cell.wall_s, self.runs[run].machine.cores_logical
            )
        }

    def cpu_ratios(self, pairs: Sequence[tuple[Key, Key]]) -> list[Estimate | None]:
        """The same of CPU time, where that tells more (`ingest.cpu_time`); None elsewhere."""
        known = self._cpu_rounds
        at = [n for n, pair in enumerate(pairs) if all(key in known for key in pair)]
        found: list[Estimate | None] = [None] * len(pairs)
        ratios = estimates.ratios(
            [(known[own], known[base]) for own, base in map(pairs.__getitem__, at)]
        )
        for number, ratio in zip(at, ratios, strict=True):
            found[number] = ratio
        return found

    @cached_property
    def _cpu_rounds(self) -> dict[Key, Series]:
        return cpu_time.by_round(self.cells, self.slices)

    def unpaired_ratio(self, own: Key, base: Key) -> Estimate:
        """How many times as long as a base that took no turns with it."""
        return combined.unpaired(*(estimates.time(self.rounds[key]) for key in (own, base)))

    def jumps(self, key: Key) -> Interval | None:
        """Seconds of a short and a long round of a cell whose times jump; None of any other."""
        return unsteady.span(self.rounds[key])

    def word(self, estimate: Estimate | None) -> Verdict:
        """The word a ratio deserves among all comparisons that these records can make."""
        return estimates.word(estimate, among=self.family)

    @cached_property
    def family(self) -> Family:
        """That of all runs."""
        return self.family_of(self.runs)

    def family_of(self, runs: Iterable[str]) -> Family:
        """Pairs of verified cells of one case and precision, which words may be chosen from; and
        their noise, told from the pairs of each cell and the first of its run."""
        count, first, pairs = Counter[tuple[str, str]](), dict[tuple[str, ...], Key](), []
        twice = Counter[tuple[str, str]]()  # those that CPU time may decide are asked twice
        for run in runs:
            twice += self._by_cpu.get(run, Counter())
            for cell in self.ranked(run):
                key = cell.key
                count[cell.case, cell.precision] += 1
                base = first.setdefault((run, cell.case, cell.precision), key)
                pairs += [(key, base)] if base is not key else []
        logs = [ratio.logs for ratio in self.ratios(pairs) if ratio and ratio.logs is not None]
        return multiplicity.of(multiplicity.pairs([*count.values(), *twice.values()]), logs)

    @cached_property
    def _by_cpu(self) -> dict[str, Counter[tuple[str, str]]]:
        """How many cells of each run and case have such CPU times."""
        found: dict[str, Counter[tuple[str, str]]] = {}
        for run, _, case in self._cpu_rounds:
            found.setdefault(run, Counter())[case, run] += 1
        return found

    @cached_property
    def rows(self) -> Mapping[str, Sequence[Cell]]:
        """The cells of each run, in the order of the frame."""
        found: dict[str, list[Cell]] = {name: [] for name in self.runs}
        for cell in rows(self.cells):
            found[cell.run].append(cell)
        return found

    def ranked(self, run: str) -> list[VerifiedCell]:
        """The verified cells of a run, without those that measure the harness."""
        return [
            cell
            for cell in self.rows[run]
            if isinstance(cell, VerifiedCell) and cell.framework != NULL
        ]

    @cached_property
    def rounds(self) -> dict[Key, Series]:
        """Round numbers, their medians and their starts, by cell."""
        latest = rounds.latest(self.slices)
        columns = [latest[name].to_numpy() for name in ("round", "median_s", "start")]
        groups = latest.groupby(KEY, sort=False).indices
        return {key: Series(*(column[at] for column in columns)) for key, at in groups.items()}


def load(
    paths: Sequence[Path | str] | str, *, where: str = "", columns: Sequence[str] = ()
) -> pd.DataFrame:
    """A row for each planned cell of these files and folders, as in `Results.cells`.

    Of the address of a store, the cells of its tables that `where` holds for, a condition of SQL,
    and these columns alone. Raises UserError, OSError.
    """
    if isinstance(paths, str):
        from reports.store import selection

        return selection.cells(paths, where, columns)
    if where or columns:
        raise NotRecords("`where` and `columns` are of a store. Expected its address, as a text.")
    return read(paths).cells


def load_slices(paths: Sequence[Path | str]) -> pd.DataFrame:
    """A row for each raw slice, as in `Results.slices`, and its `samples_s` as a tuple.

    Raises NotRecords, OSError.
    """
    return table(gather(paths, samples=True))


def read(
    paths: Sequence[Path | str], published: bool = False, refused: Container[Path] = ()
) -> Results:
    """The records of files, of run folders, or of folders of runs, without `refused` files;
    `published` with our own collection of figures from elsewhere. Raises NotRecords, OSError."""
    gathered = gather(paths, published, refused=refused)
    slices = table(gathered)  # first, for it lets go of most of what was gathered
    cells, said = planned(gathered), _said(gathered)
    gathered.let_go()
    cells = cells.merge(rounds.estimates(slices), how="left", on=KEY, validate="one_to_one")
    cells.loc[cells["verified"] & cells["time_s"].isna(), ["verified", "status", "reason"]] = (
        *(False, "incomplete"),
        "its slices cannot be read",
    )
    # The same step runs all through a slice, so the power of the slice is that of the step.
    power_w = cells.pop("energy_j") / cells.pop("metered_s")
    cells["energy_per_step_j"] = power_w * cells["time_s"]
    cells["flop_per_s"] = cells["flop"] / cells["time_s"]
    cells["bytes_per_s"] = cells["traffic_bytes"] / cells["time_s"]
    cells["tokens_per_s"] = cells["tokens"] / cells["time_s"]
    _disbelieve(cells, slices, gathered.runs)
    return Results(
        cells=cells,
        slices=slices,
        runs=gathered.runs,
        runtimes=gathered.runtimes,
        absent=gathered.absent,
        failures=gathered.failures,
        left_out=gathered.left_out,
        lost=gathered.lost,
        **said,
        published=gathered.published,
        quotable=met(gathered.runs, gathered.published),
        states=gathered.states,
        starts_s=gathered.starts,
        files=gathered.files,
    )


def _said(gathered: Gathered) -> dict[str, Any]:
    """What the verifications told besides whether the answers are right: fields of the results."""
    looked = [(key, look) for key, looks in gathered.verified.items() for look in looks]
    verified = gathered.verified.items()
    return {
        "curves": {key: look.curves for key, look in looked if look.curves},
        "warnings": {
            key: [text for look in looks for text in look.warnings] for key, looks in verified
        },
        "worst": {key: worst for key, looks in verified if (worst := failed_checks.worst(looks))},
        "reach": {key: look.reach for key, look in looked if look.reach},
    }


def _disbelieve(cells: pd.DataFrame, slices: pd.DataFrame, runs: Mapping[str, Run]) -> None:
    """Take out of all rankings what passed every check, though nobody can believe it."""
    measured = cells[cells["verified"] & (cells["framework"] != NULL)]
    found = untimed.untimed(measured, slices, runs)
    for at, key in zip(measured.index, zip(*(measured[k] for k in KEY), strict=True), strict=True):
        if key in found:
            cells.loc[at, ["verified", "status", "reason"]] = False, "untimed", found[key]
