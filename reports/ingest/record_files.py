"""Record files among the paths that a user names: a run, a folder of runs, a fleet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from bench.fleet import note
from bench.records import NotRecords

NAMES = ("records.jsonl", "records.jsonl.gz")

PARTITION = "machine_id="
"""How folders in a history of runs begin (`reports.history.store`)."""

REMEDY = "`make bench` measures and writes them to results/."


@dataclass(frozen=True)
class Lost:
    """A machine of a fleet of which some suites left no record at all."""

    machine: str
    suites: tuple[str, ...]


def files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Record files, and whether each was named itself and not merely found in a folder of runs.

    RESULTS="results/*" names the history and fleets with the runs: they are passed over where
    anything else is named. Raises NotRecords.
    """
    passed_over, some = "", False
    for path in paths:
        if not path.is_dir():
            if not path.exists():
                raise NotRecords(f"{path} does not exist. Expected records of a run. {REMEDY}")
            yield _real(path), True
            some = True
            continue
        own = [path / name for name in NAMES if (path / name).is_file()]
        below = "*/*" if (path / note.FILE).is_file() else "*"  # of a fleet: machine and suite
        found = own or [file for name in NAMES for file in sorted(path.glob(f"{below}/{name}"))]
        found = found or sorted((*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")))
        if not found and (instead := _instead(path)):
            passed_over = passed_over or instead
            continue
        if not found:
            raise NotRecords(
                f"{path} holds no records. Expected records.jsonl in it or one folder "
                f"below, or the folder of a fleet. {REMEDY}"
            )
        yield from ((_real(file), bool(own)) for file in found)
        some = True
    if passed_over and not some:
        raise NotRecords(passed_over)


def _instead(path: Path) -> str:
    """What to name in place of a folder that lies beside runs and is none; empty of any other."""
    if fleets := sorted(path.glob(f"*/{note.FILE}")):
        return f"{path} holds fleets, not runs. Expected one of them, as in {fleets[-1].parent}"
    if path.name == note.THERE:
        part = next(iter(sorted(path.glob(f"*/*/*/*/{NAMES[0]}"))), None)
        example = f", as in {part.parent.parent}" if part else ""
        return f"{path} holds parts of others' fleets. Expected a suite's folder in it{example}"
    if any(path.glob(f"{PARTITION}*")):
        return (
            f"{path} is a history, which holds no records. Expected folders of runs. "
            "`./metalbench trend` shows a history"
        )
    return ""


def lost(paths: Iterable[Path]) -> Iterator[Lost]:
    """What the fleets among these folders lack."""
    for folder in paths:
        for machine, missing in groupby(note.missing(folder), itemgetter(0)):
            yield Lost(machine, tuple(suite for _, suite in missing))


def _real(path: Path) -> Path:
    """Without links; `resolve` raises where links lead round."""
    return Path(os.path.realpath(path))
