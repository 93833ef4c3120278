"""What the records of a part come to: honest cells, and of each lie whether it was found."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from reports import context
from reports.findings import registry
from reports.frame import STATUSES, Results, read
from reports.ingest.slices import Key
from scripts.device_check.lies import BY_NAME, Lie

QUICK = 0.9
"""A time below this share of the honest one is a lie."""

ACCUSED = ("wrong", "untimed", "suspect")


class Cell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contender at a case. What is unknown is absent."""

    part: str
    contender: str
    device: str
    device_name: str
    case: str
    status: str
    """A key of STATUSES, or `suspect`."""
    version: str | None = None
    time_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    flop_per_s: float | None = None
    first_step_s: float | None = None
    reason: str | None = None
    lie: str | None = None
    """Name of the lie that it tells, or would tell in other cases."""
    share: float | None = None
    most_share: float | None = None
    """Of a lie: its time as a share of the honest contender's beside it, the median of the rounds
    and the largest."""
    verdict: str | None = None
    """Of a lie: `found`; `missed`; `time right`, so there was nothing to find; `unclear`, whether
    it was right; `not tried`; `no lie` in this case; or `accused` in such a case."""


def cells(part: str, records: Path) -> list[Cell]:
    """Every cell that the part planned. Raises UserError, OSError where the records are none."""
    results = read([records])
    doubted = _doubted(results)
    table = results.cells.to_dict("records")
    rows = {_key(row): _cell(part, row, doubted) for row in table}
    honest = {(row.device, row.case): key for key, row in rows.items() if not row.lie}
    mates = {key: honest.get((row.device, row.case)) for key, row in rows.items() if row.lie}
    shares = _shares(results, mates)
    late = {
        key: told.asynchronous
        for key, mate in mates.items()
        if mate and (told := results.runtimes.get(mate[:2]))
    }
    return [
        judged(row, shares.get(key), late.get(key, True)) if row.lie else row
        for key, row in rows.items()
    ]


def _key(row: Mapping[str, Any]) -> Key:
    return row["run"], row["contender"], row["case"]


def _shares(results: Results, mates: Mapping[Key, Key | None]) -> dict[Key, tuple[float, float]]:
    """Of the honest time the part that each lie takes, and the largest in any round."""
    known = results.rounds
    pairs = [(own, mate) for own, mate in mates.items() if own in known and mate in known]
    found = zip(pairs, results.ratios(pairs), strict=True)
    return {
        own: (ratio.value, math.exp(ratio.logs.max()))
        for (own, _), ratio in found
        if ratio is not None and ratio.logs is not None
    }


def _doubted(results: Results) -> dict[Key, str]:
    """What the report would say, by cell that it calls suspect."""
    found = registry.find(context.of(results))
    return {key: each.what for each in found for key in each.cells if each.severity == "suspect"}


def _cell(part: str, row: dict[str, Any], doubted: Mapping[Key, str]) -> Cell:
    key = _key(row)
    known = {name: value for name, value in row.items() if _is_known(value)}
    suspect = row["status"] == "ok" and key in doubted
    path = Path(row["spec"])
    return Cell(
        part=part,
        contender=path.stem if row["outside"] else row["spec"],
        device=row["device"],
        device_name=row["device_name"],
        case=row["case"],
        status="suspect" if suspect else row["status"],
        reason=doubted[key] if suspect else known.get("reason"),
        lie=path.stem if row["outside"] and path.stem in BY_NAME else None,
        **{name: known.get(name) for name in _FIGURES},
    )


_FIGURES = ("version", "time_s", "low_s", "high_s", "flop_per_s", "first_step_s")


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def judged(cell: Cell, share: tuple[float, float] | None, late: bool = True) -> Cell:
    """The cell of a lie with what became of it, by the honest time's share that it takes; `late`:
    honest steps return before they are done."""
    middle, most = share or (None, None)
    verdict = _verdict(BY_NAME[cell.lie], cell, share, late)
    return msgspec.structs.replace(cell, share=middle, most_share=most, verdict=verdict)


def _verdict(lie: Lie, cell: Cell, share: tuple[float, float] | None, late: bool) -> str:
    lies_here = cell.case.startswith(lie.work) and cell.device.startswith(
        lie.device_ids or cell.device
    )
    if cell.status in ACCUSED:
        return "found" if lies_here else "accused"
    if not lies_here:
        return "no lie"
    if cell.status != "ok":
        return "not tried"
    if lie.about not in ("wait", "time"):
        return "missed"
    if share is None:
        return "not tried"
    middle, most = share
    if middle >= QUICK or (lie.about == "wait" and not late):
        return "time right"
    return "missed" if most < QUICK else "unclear"


def accused(found: Sequence[Cell]) -> list[Cell]:
    """Honest cells that were called wrong, untimed or suspect."""
    honest = [cell for cell in found if not cell.lie and cell.status in ACCUSED]
    return honest + [cell for cell in found if cell.verdict == "accused"]


LATE = ("no time", "incomplete")


def left_out(found: Sequence[Cell]) -> Iterator[tuple[str, int, Counter[str]]]:
    """By part how many cells were planned, and by suite for how many there was no time."""
    for part in dict.fromkeys(cell.part for cell in found):
        own = [cell for cell in found if cell.part == part]
        late = [cell for cell in own if cell.status in LATE]
        if late:
            yield part, len(own), Counter(cell.case.partition("/")[0] for cell in late)


def word(status: str) -> str:
    """A status in the words of reports."""
    return STATUSES.get(status, status)
