"""The rows of runs, many at once: what each table of a store says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa

from bench.schema import Run
from bench.statistics import estimates
from bench.statistics.estimates import Estimate
from reports.cell import VerifiedCell
from reports.formatting import plain
from reports.frame import Results, read
from reports.history.store import moment
from reports.ingest import machine_names
from reports.isolation import Attempts
from reports.store.schema import NAMES, SCHEMAS, Table
from reports.store.tables import findings
from reports.store.unpacking import Stored
from suites.errors import UserError

MOST_CONTENDERS = 16
"""At one case: of larger groups each is held against the fastest alone."""

MOST_TEXT = 1000
"""Characters of a text that a record tells at length."""


@dataclass(frozen=True)
class Rows:
    """What some runs came to."""

    tables: Mapping[Table, pa.Table]
    runs: tuple[str, ...]
    """Whose rows they are, by hash."""


def each(
    batch: Sequence[Stored], lost: dict[str, str], wanted: Sequence[Table] = NAMES
) -> Iterator[Rows]:
    """The rows of these runs in the tables that are wanted, each run as if alone. One that cannot
    be worked out costs itself alone and goes into `lost`, by hash: why."""
    attempts = Attempts()
    try:
        made = attempts.of("The rows of a run", partial(_of, batch, wanted, lost), lambda _: None)
        wrong = attempts.faults[0].error if attempts.faults else ""
    except UserError as error:
        made, wrong = None, str(error)
    if made is not None:
        yield made
    elif len(batch) == 1:
        lost[batch[0].entry.sha256] = wrong
    else:
        middle = len(batch) // 2
        yield from each(batch[:middle], lost, wanted)
        yield from each(batch[middle:], lost, wanted)


def _of(stored: Sequence[Stored], wanted: Sequence[Table], lost: dict[str, str]) -> Rows:
    """Raises NotRecords where none of them is a run."""
    results = read([one.file for one in stored])
    by_file = {one.file.resolve(): one for one in stored}
    whose = {name: by_file[path] for name, path in results.files.items()}
    known = {one.entry.sha256 for one in whose.values()}
    gone = {
        left.path.name.partition(".")[0]: plain(left.reason, 300)
        for left in results.left_out
        if left.whole
    }
    gone |= {
        one.entry.sha256: "it holds no run"
        for one in stored
        if one.entry.sha256 not in known | gone.keys()
    }
    make: dict[Table, Callable[[], pa.Table]] = {
        "cells": lambda: _cells(results, whose),
        "ratios": lambda: _table("ratios", _ratios(results), results, whose),
        "machines": lambda: _table("machines", _machines(results, whose), results, whose),
        "findings": lambda: _table("findings", findings.of(results), results, whose),
    }
    tables = {name: make[name]() for name in wanted}
    lost |= gone
    whole = (one.entry.sha256 for one in stored)
    return Rows(tables, tuple(sha256 for sha256 in whole if sha256 not in gone))


def _table(
    name: Table, rows: Iterator[dict[str, Any]], results: Results, whose: Mapping[str, Stored]
) -> pa.Table:
    """The rows, each of which names its run, and whose they are."""
    about = {run: _whose(results.runs[run], stored) for run, stored in whose.items()}
    return pa.Table.from_pylist(
        [about[row["run"]] | row | {"run": results.runs[row["run"]].run} for row in rows],
        SCHEMAS[name],
    )


def _whose(run: Run, stored: Stored) -> dict[str, Any]:
    entry, machine = stored.entry, run.machine
    return {
        "sha256": entry.sha256,
        "machine_id": entry.machine_id,
        "received_at": entry.received.astimezone(UTC),
        "chip": machine.cpu and plain(machine.cpu, 200),
        "gpu": plain(", ".join(gpu.name for gpu in machine.gpus), 400) or None,
        "system": plain(machine.system, 40),
    }


def _cells(results: Results, whose: Mapping[str, Stored]) -> pa.Table:
    """The frame's cells; its texts are cut where a record tells at length."""
    cells = results.cells
    runs = cells["run"]
    about = pd.DataFrame.from_dict(
        {run: _whose(results.runs[run], stored) for run, stored in whose.items()}, orient="index"
    )
    schema = SCHEMAS["cells"]
    added = {
        name: runs.map(about[name])
        for name in ("sha256", "machine_id", "received_at", "chip", "gpu", "system")
    }
    hashes = {
        (name, case.case): case.definition_sha256
        for name, run in results.runs.items()
        for case in run.cases
    }
    added["definition_sha256"] = [hashes[key] for key in zip(runs, cells["case"], strict=True)]
    added["run"] = runs.map({name: run.run for name, run in results.runs.items()})
    added["energy_sampled"] = cells["energy_sampled"].eq(True)  # of what was not measured: missing
    for name in ("reason", "stopped"):
        added[name] = cells[name].str.slice(0, MOST_TEXT)
    whole = cells.assign(**added)
    return pa.Table.from_pandas(whole[schema.names], schema, preserve_index=False)


def _machines(results: Results, whose: Mapping[str, Stored]) -> Iterator[dict[str, Any]]:
    verified = results.cells.groupby("run")["verified"].sum().to_dict()
    for name, run in results.runs.items():
        entry, machine = whose[name].entry, run.machine
        gpus = [gpu.name for gpu in machine.gpus]
        versions = {
            f"{each.framework} {_version(results, name, each.contender)}".strip(): None
            for each in run.contenders
        }
        yield {
            "run": name,
            "started_at": moment(run.started_at),
            "machine": plain(machine.label, 200),
            "release": machine.release,
            "architecture": machine.architecture,
            "model": machine.model,
            "family": machine_names.family(gpus, machine.system),
            "cores_physical": machine.cores_physical,
            "cores_logical": machine.cores_logical,
            "memory_bytes": machine.memory_bytes,
            "hypervisor": machine.hypervisor,
            "hackintosh": machine.hackintosh,
            "translated": machine.translated,
            "frameworks": plain(", ".join(versions), MOST_TEXT),
            "suites": plain(", ".join({case.suite: None for case in run.cases}), MOST_TEXT),
            "preset": _text(run.settings.get("preset")),
            "version": run.version,
            "commit": run.commit,
            "bytes": entry.bytes,
            "records": entry.records,
            "ended": entry.ended,
            "contenders": len(run.contenders),
            "cases": len(run.cases),
            "verified": int(verified.get(name, 0)),
        }


def _version(results: Results, run: str, contender: str) -> str:
    runtime = results.runtimes.get((run, contender))
    return next(iter(runtime.versions.values()), "") if runtime else ""


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:MOST_TEXT]


# --- ratios -----------------------------------------------------------------------------------


def _ratios(results: Results) -> Iterator[dict[str, Any]]:
    """Each pair of contenders at a case, the faster of them as base; with the word that a report of
    the run alone would choose."""
    pairs = [pair for run in results.runs for pair in _pairs(results, run)]
    keys = [(own.key, base.key) for own, base in pairs]
    found = zip(pairs, results.ratios(keys), results.cpu_ratios(keys), strict=True)
    families = {run: results.family_of([run]) for run in results.runs}
    for (own, base), ratio, by_cpu in found:
        if ratio is None:
            continue
        among = families[own.run]
        word = estimates.word(ratio, among=among)
        if by_cpu is not None and word == "unresolved":
            told = estimates.word(by_cpu, among=among)
            ratio, word, decided = (by_cpu, told, True) if told != word else (ratio, word, False)
        else:
            decided = False
        unsteady = results.jumps(own.key) or results.jumps(base.key)
        yield _ratio(own, base, ratio) | {
            "word": "unsteady" if unsteady else word,
            "by_cpu_time": decided,
        }


def _pairs(results: Results, run: str) -> Iterator[tuple[VerifiedCell, VerifiedCell]]:
    groups: dict[tuple[str, str], list[VerifiedCell]] = {}
    for cell in results.ranked(run):
        groups.setdefault((cell.case, cell.precision), []).append(cell)
    for cells in groups.values():
        ordered = sorted(cells, key=lambda cell: cell.time_s)
        bases = ordered if len(ordered) <= MOST_CONTENDERS else ordered[:1]
        for number, base in enumerate(bases):
            yield from ((own, base) for own in ordered[number + 1 :])


def _ratio(own: VerifiedCell, base: VerifiedCell, ratio: Estimate) -> dict[str, Any]:
    low, high = ratio.interval or (None, None)
    return {
        "run": own.run,
        "suite": own.suite,
        "case": own.case,
        "name": own.name,
        "size": own.size,
        "precision": own.precision,
        **{name: getattr(own, name) for name in _SIDE},
        **{f"base_{name}": getattr(base, name) for name in _SIDE},
        "ratio": ratio.value,
        "low": low,
        "high": high,
        "repeats": ratio.repeats,
    }


_SIDE = ("contender", "framework", "version", "device_kind", "device_name", "execution")
