"""What speaks for a run: read once from its records and the files beside them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from bench import bounded_lines, records
from bench.machine.identity import identity
from bench.records import RejectedLine
from bench.schema import Contender, Run
from bench.trust import sidecars, signing, vouching
from bench.trust.signing import Signature
from bench.trust.vouching import Word
from reports.frame import NULL
from reports.hardware import physical_limits
from reports.hardware.physical_limits import Bound
from reports.trust.consistency import Account, Trouble
from reports.trust.figures import Figure, Figures
from reports.verdicts import untimed


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Of one run; small, so that those of thousands fit into memory."""

    sha256: str
    """Of its bytes, unpacked."""
    named: str
    """What its name, or a manifest, says that is; empty where nothing does."""
    lines: int
    refused: tuple[str, ...]
    """Lines that are no records, by number and reason."""
    signature: Signature | None = None
    """None where it has none."""
    words: tuple[Word, ...] = ()
    """Of those who asked for it."""
    run: str = ""
    """Its id, as it says itself."""
    commit: str = ""
    seed: int = 0
    machine_id: str = ""
    received_at: str = ""
    """When the store got it, ISO 8601 in UTC; empty where nobody says."""
    figures: tuple[Figure, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    """What cannot be, by its own records and by its hardware."""
    unbounded: frozenset[str] = frozenset()
    """Contenders of which nothing says what their device can do at most."""


def of_file(
    path: Path,
    *,
    named: str = "",
    signatures: Sequence[bytes] = (),
    works: Sequence[bytes] = (),
    signers: Path | None = None,
    received_at: str = "",
) -> Evidence:
    """Of a run's records, `.jsonl` or `.jsonl.gz`; `signatures` and `works` are the contents of the
    files beside it, in the order of receipt, `signers` is the reader's own list of keys.

    Raises NotRecords, NoKeygen, OSError.
    """
    read = _read(path)
    sha256 = _hash(path, read)
    signed = signing.first(
        () if read.refused else signatures, lambda: bounded_lines.content(path), signers
    )
    if signatures and read.refused:
        signed = Signature(problem="lines of it are no records, so its signature was not looked at")
    run = read.figures.run
    return Evidence(
        sha256=sha256,
        named=named,
        lines=read.lines,
        refused=tuple(read.refused),
        signature=signed,
        words=tuple(vouching.read(work, sha256, signers) for work in works),
        received_at=received_at,
        **(_of_run(run) if run else {}),
        figures=tuple(read.figures.all),
        troubles=() if read.refused else (*read.account.troubles, *_impossible(read.figures)),
        unbounded=_unbounded(run) if run else frozenset(),
    )


def beside(path: Path, signers: Path | None = None, received_at: str = "") -> Evidence:
    """Of a run on this machine, with the files beside its records; `received_at` where it is of a
    store that told.

    Raises NotRecords, NoKeygen, OSError.
    """
    found = sidecars.of(path)
    return of_file(
        path,
        named=sidecars.named(path),
        signatures=found[".sig"],
        works=found[".work.json"],
        signers=signers,
        received_at=received_at,
    )


@dataclass
class _Read:
    """What one reading of the file gave."""

    lines: int = 0
    refused: list[str] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    account: Account = field(default_factory=Account)


def _read(path: Path) -> _Read:
    read = _Read()
    for number, found in records.scan(path):
        read.lines += 1
        if isinstance(found, RejectedLine):
            read.refused.append(f"line {number}: {found.reason}")
        elif isinstance(found, Run) and read.figures.run not in (None, found):
            read.refused.append(f"line {number}: another run begins in the same file")
        else:
            read.figures.take(found)
            read.account.take(found)
    return read


def _hash(path: Path, read: _Read) -> str:
    """Of the bytes, unpacked; of what can be read of them, where that is not all."""
    digest = hashlib.sha256()
    try:
        for piece in bounded_lines.content(path):
            digest.update(piece)
    except bounded_lines.RestUnread as rest:
        read.refused = read.refused or [str(rest)]
    return digest.hexdigest()


def _of_run(run: Run) -> dict[str, Any]:
    seed = run.settings.get("seed")
    return {
        "run": run.run,
        "commit": run.commit or "",
        "seed": seed if isinstance(seed, int) else 0,
        "machine_id": identity(run.machine),
    }


def _impossible(figures: Figures) -> Sequence[Trouble]:
    """Results beyond what the device can do at all, whoever programs it."""
    run = figures.run
    rows = [] if run is None else list(_fast(run, figures.all))
    if run is None or not rows:
        return ()
    impossible = untimed.impossible(_table(rows), {run.run: run})
    return [Trouble(why, *key[1:], alone=True) for key, why in impossible.items()]


def _fast(run: Run, figures: Sequence[Figure]) -> Iterator[dict[str, Any]]:
    """Of those that may be, by a look that is quick: most runs have none."""
    contenders = {each.contender: each for each in run.contenders}
    cases = {each.case: each for each in run.cases}
    bounds = {name: _bound(each, run) for name, each in contenders.items()}
    for figure in figures:
        contender, case = contenders[figure.contender], cases[figure.case]
        bound, moved = bounds[figure.contender], case.traffic_bytes.get(contender.precision)
        flop_per_s, bytes_per_s = case.flop / figure.time_s, (moved or 0) / figure.time_s
        if bound is None or contender.framework == NULL:
            continue
        if flop_per_s > bound.flop_per_s or bytes_per_s > (bound.bytes_per_s or math.inf):
            yield {
                "run": run.run,
                "contender": figure.contender,
                "case": figure.case,
                "device_kind": contender.device_kind,
                "device_name": contender.device_name,
                "precision": contender.precision,
                "convolutions": case.convolutions,
                "time_s": figure.time_s,
                "traffic_bytes": moved,
                "flop_per_s": flop_per_s,
                "bytes_per_s": moved and bytes_per_s,
            }


def _bound(contender: Contender, run: Run) -> Bound | None:
    device = contender.device_kind, contender.device_name
    return physical_limits.bound(*device, run.machine, contender.precision)


def _unbounded(run: Run) -> frozenset[str]:
    return frozenset(
        each.contender
        for each in run.contenders
        if each.framework != NULL and _bound(each, run) is None
    )


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    for name in ("traffic_bytes", "bytes_per_s"):
        table[name] = table[name].astype(float)
    table["convolutions"] = table["convolutions"].astype("boolean")
    return table
