"""Which runs a page shows, where all have more cells than one page can: the newest of each machine.

A page of a hundred thousand cells takes a hundred megabytes and a minute, and nobody reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec import structs

from reports.findings.omissions import Omission
from reports.formatting import count, plain
from reports.frame import Results
from reports.ingest import machine_names

MOST_CELLS = 5_000
"""Of one page: some 4 MB."""

LISTED = 20
"""Runs that are named which the page does not show."""

_K = TypeVar("_K", bound=tuple[str, ...])
_V = TypeVar("_V")


@dataclass(frozen=True)
class Selection:
    """What a page shows."""

    results: Results
    omission: Omission | None
    """What it leaves out, where it does."""


def select(results: Results, most: int = MOST_CELLS) -> Selection:
    """All of the results where they are few; else whole runs, the newest of each machine first, as
    many as there is room for; of a single larger one its first cases."""
    if len(results.cells) <= most:
        return Selection(results, None)
    cells = results.cells["run"].value_counts().to_dict()
    shown, room = list[str](), most
    for run in _by_interest(results):
        if cells.get(run, 0) <= room or not shown:
            shown.append(run)
            room -= cells.get(run, 0)
    kept = _only(results, [run for run in results.runs if run in shown])
    if room < 0:
        kept = _first_cases(kept, most)
    return Selection(kept, _omission(results, kept))


def _by_interest(results: Results) -> list[str]:
    """The newest run of each machine, then all others; of these the newest first."""
    machines = machine_names.names(results.runs)
    newest = sorted(results.runs, key=lambda name: results.runs[name].started_at, reverse=True)
    first = {machines[run]: run for run in reversed(newest)}
    return sorted(newest, key=lambda run: first[machines[run]] != run)


def _only(results: Results, runs: Sequence[str]) -> Results:
    """These runs, as if no others had been read."""
    names = set(runs)

    def of(known: Mapping[_K, _V]) -> dict[_K, _V]:
        return {key: value for key, value in known.items() if key[0] in names}

    return replace(
        results,
        cells=results.cells[results.cells["run"].isin(runs)].reset_index(drop=True),
        slices=results.slices[results.slices["run"].isin(runs)].reset_index(drop=True),
        runs={run: results.runs[run] for run in runs},
        runtimes=of(results.runtimes),
        absent=[absent for absent in results.absent if absent.run in names],
        failures=of(results.failures),
        curves=of(results.curves),
        warnings=of(results.warnings),
        worst=of(results.worst),
        reach=of(results.reach),
    )


def _first_cases(results: Results, most: int) -> Results:
    """Of a single run, as many cases as there is room for."""
    ((name, run),) = results.runs.items()
    cases = run.cases[: max(1, most // max(1, len(run.contenders)))]
    names = {case.case for case in cases}
    cells, slices = (
        table[table["case"].isin(names)].reset_index(drop=True)
        for table in (results.cells, results.slices)
    )
    curves = {key: curve for key, curve in results.curves.items() if key[2] in names}
    return replace(
        results,
        cells=cells,
        slices=slices,
        runs={name: structs.replace(run, cases=cases)},
        curves=curves,
    )


def _omission(every: Results, shown: Results) -> Omission:
    cells, kept = len(every.cells), len(shown.cells)
    gone = [run for run in every.runs if run not in shown.runs]
    places = machine_names.places(machine_names.names(every.runs))
    named = [f"{places[run]}: run {plain(run)}" for run in gone[:LISTED]]
    more = [f"{count(len(gone) - LISTED)} more runs"] if len(gone) > LISTED else []
    first = [] if gone else ["the later cases of its run"]
    return Omission(
        f"{count(cells - kept)} of {count(cells)} cells are not on this page, which holds "
        f"{count(MOST_CELLS)}; nor is what was found about them. cells.csv and cells.parquet hold "
        "all of them; a report on fewer runs (make report RESULTS=FOLDER) or suites shows the rest",
        (*first, *named, *more),
    )
